"""What came in of the general ledger: a row for each input.

Revision: 0034, after: 0033.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLE = "gl_imports"

KEPT = (
    *("organisation_id", "number", "connection", "kind", "origin", "file_name"),
    *("source_sha256", "file_key", "file_bytes", "file_sha256", "rows", "documents"),
    *("first_number", "last_number", "data_time", "record", "imported_at"),
)
"""Columns that never change: all but the person, whom a hash may replace."""
BEHIND = (
    f"NEW.number <= (SELECT max(t.number) FROM {TABLE} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id)"
)
SAME_KEY = (
    f"EXISTS (SELECT 1 FROM {TABLE} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id AND t.file_key = NEW.file_key)"
)
REFUSED = {
    f"{TABLE}_behind": (BEHIND, "rows are only added behind the last one"),
    f"{TABLE}_keys": (SAME_KEY, "rows are never replaced"),
}
"""Which rows are not added, by the names of triggers."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("origin", sa.SmallInteger(), nullable=False),
        sa.Column("file_name", PLAIN_TEXT, nullable=False),
        sa.Column("source_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_key", PLAIN_TEXT, nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=True),
        sa.Column("last_number", sa.BigInteger(), nullable=True),
        sa.Column("data_time", MOMENT, nullable=True),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.Column("imported_by", PLAIN_TEXT, nullable=True),
        sa.CheckConstraint("kind BETWEEN 1 AND 99", name="kind_is_known"),
        sa.CheckConstraint("origin BETWEEN 1 AND 99", name="origin_is_known"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "connection"],
            ["gl_connections.organisation_id", "gl_connections.number"],
            name=f"fk_{TABLE}_organisation_id_connection",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    by_kind = ["organisation_id", "connection", "kind", "number"]
    op.create_index(f"ix_{TABLE}_{'_'.join(by_kind)}", TABLE, by_kind)
    by_key = ["organisation_id", "file_key"]
    op.create_index(f"ix_{TABLE}_{'_'.join(by_key)}", TABLE, by_key, unique=True)
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _is_changed(same: str) -> str:
    """Whether an update is anything but erasing a person."""
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in KEPT)
    return (
        f"NOT ({kept} AND NEW.imported_by LIKE 'erased person %'"
        " AND OLD.imported_by NOT LIKE 'erased person %')"
    )


def _protect_sqlite() -> None:
    _refuse_on_sqlite(f"{TABLE}_keep", "UPDATE", _is_changed("IS"), "rows never change")
    _refuse_on_sqlite(f"{TABLE}_stay", "DELETE", "1 = 1", "rows are never deleted")
    for name, (condition, words) in REFUSED.items():
        _refuse_on_sqlite(name, "INSERT", condition, words)


def _refuse_on_sqlite(name: str, event: str, condition: str, words: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE}"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{TABLE}: {words}'); END"
    )


def _protect_postgresql() -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_stay BEFORE DELETE OR TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE} FOR EACH ROW"
        f" WHEN ({_is_changed('IS NOT DISTINCT FROM')})"
        " EXECUTE FUNCTION refuse_change()"
    )
    for name, (condition, words) in REFUSED.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {condition} THEN RAISE EXCEPTION '{TABLE}: {words}';"
            " END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON {TABLE}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    """Revert."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        for name in REFUSED:
            op.execute(f"DROP FUNCTION {name}()")
