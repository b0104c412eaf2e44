"""Which exported files were loaded into their targets, and which postings were undone.

Revision: 0020, after: 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
POSTINGS, UNDONE = "export_postings", "undone_postings"

KEPT = {
    POSTINGS: (
        *("organisation_id", "number", "record", "posted_on", "reference"),
        "marked_at",
    ),
    UNDONE: ("organisation_id", "posting", "reason", "undone_at"),
}
"""Columns that never change: all but the person, whom a hash may replace."""
PERSONS = {POSTINGS: "marked_by", UNDONE: "undone_by"}

BEHIND = (
    f"NEW.number <= (SELECT max(t.number) FROM {POSTINGS} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id)"
)
POSTED = (
    f"EXISTS (SELECT 1 FROM {POSTINGS} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id AND t.record = NEW.record"
    f" AND NOT EXISTS (SELECT 1 FROM {UNDONE} u"
    " WHERE u.organisation_id = t.organisation_id AND u.posting = t.number))"
)
ENDED = (
    f"EXISTS (SELECT 1 FROM {UNDONE} u"  # noqa: S608  (our own text)
    " WHERE u.organisation_id = NEW.organisation_id AND u.posting = NEW.posting)"
)
REFUSED = {
    f"{POSTINGS}_behind": (POSTINGS, BEHIND, "rows are only added behind the last one"),
    f"{POSTINGS}_once": (POSTINGS, POSTED, "a record is posted once at a time"),
    f"{UNDONE}_once": (UNDONE, ENDED, "rows are never replaced"),
}
"""Which rows are not added, by the names of triggers."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        POSTINGS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("posted_on", sa.Integer(), nullable=False),
        sa.Column("reference", PLAIN_TEXT, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "record"],
            ["export_records.organisation_id", "export_records.number"],
            name=f"fk_{POSTINGS}_organisation_id_record",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{POSTINGS}"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        f"ix_{POSTINGS}_organisation_id_record", POSTINGS, ["organisation_id", "record"]
    )
    op.create_table(
        UNDONE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("posting", sa.BigInteger(), nullable=False),
        sa.Column("reason", PLAIN_TEXT, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "posting"],
            [f"{POSTINGS}.organisation_id", f"{POSTINGS}.number"],
            name=f"fk_{UNDONE}_organisation_id_posting",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "posting", name=f"pk_{UNDONE}"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _is_changed(table: str, same: str) -> str:
    """Whether an update is anything but erasing a person."""
    person = PERSONS[table]
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in KEPT[table])
    return (
        f"NOT ({kept} AND NEW.{person} LIKE 'erased person %'"
        f" AND OLD.{person} NOT LIKE 'erased person %')"
    )


def _protect_sqlite() -> None:
    for table in (POSTINGS, UNDONE):
        for name, event, condition, words in (
            ("keep", "UPDATE", _is_changed(table, "IS"), "rows never change"),
            ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ):
            _refuse_on_sqlite(f"{table}_{name}", table, event, condition, words)
    for name, (table, condition, words) in REFUSED.items():
        _refuse_on_sqlite(name, table, "INSERT", condition, words)


def _refuse_on_sqlite(
    name: str, table: str, event: str, condition: str, words: str
) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
    )


def _protect_postgresql() -> None:
    for table in (POSTINGS, UNDONE):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({_is_changed(table, 'IS NOT DISTINCT FROM')})"
            " EXECUTE FUNCTION refuse_change()"
        )
    for name, (table, condition, words) in REFUSED.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {condition} THEN RAISE EXCEPTION '{table}: {words}';"
            " END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    """Revert."""
    op.drop_table(UNDONE)
    op.drop_table(POSTINGS)
    if op.get_bind().dialect.name == "postgresql":
        for name in REFUSED:
            op.execute(f"DROP FUNCTION {name}()")
