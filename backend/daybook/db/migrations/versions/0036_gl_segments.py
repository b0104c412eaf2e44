"""Segments of the general ledger's dataset: a row for each that a refresh made.

Revision: 0036, after: 0035.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLE = "gl_segments"

KEPT = (
    *("organisation_id", "number", "connection", "imports_through", "rates_refresh"),
    *("manual_through", "today", "settings", "reporting_currency", "data_time"),
    *("lines", "lines_by_type", "content_sha256", "file_bytes", "file_sha256"),
    *("positions_bytes", "positions_sha256", "renderer", "notices", "again_of"),
    *("record", "made_at"),
)
"""Columns that never change: all but the person, whom a hash may replace."""
BEHIND = (
    f"NEW.record <= (SELECT max(t.record) FROM {TABLE} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id)"
)
SAME_KEY = (
    f"EXISTS (SELECT 1 FROM {TABLE} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id AND t.number = NEW.number)"
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
        sa.Column("imports_through", sa.BigInteger(), nullable=False),
        sa.Column("rates_refresh", sa.BigInteger(), nullable=False),
        sa.Column("manual_through", sa.BigInteger(), nullable=False),
        sa.Column("today", sa.Integer(), nullable=False),
        sa.Column("settings", PLAIN_TEXT, nullable=False),
        sa.Column("reporting_currency", PLAIN_TEXT, nullable=False),
        sa.Column("data_time", MOMENT, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("lines_by_type", PLAIN_TEXT, nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("positions_bytes", sa.BigInteger(), nullable=False),
        sa.Column("positions_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("renderer", sa.SmallInteger(), nullable=False),
        sa.Column("notices", PLAIN_TEXT, nullable=False),
        sa.Column("again_of", sa.BigInteger(), nullable=True),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "connection"],
            ["gl_connections.organisation_id", "gl_connections.number"],
            name=f"fk_{TABLE}_organisation_id_connection",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    newest = ["organisation_id", "connection", "number"]
    op.create_index(f"ix_{TABLE}_{'_'.join(newest)}", TABLE, newest)
    by_record = ["organisation_id", "record"]
    op.create_index(f"ix_{TABLE}_{'_'.join(by_record)}", TABLE, by_record, unique=True)
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _is_changed(same: str) -> str:
    """Whether an update is anything but erasing a person."""
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in KEPT)
    return (
        f"NOT ({kept} AND NEW.made_by LIKE 'erased person %'"
        " AND OLD.made_by NOT LIKE 'erased person %')"
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
