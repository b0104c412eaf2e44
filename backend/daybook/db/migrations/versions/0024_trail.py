"""Filters of the audit trail and the activity log, and changes after close.

Earlier recordings get no row: whether they changed a closed day wasn't noted.

Revision: 0024, after: 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "changes_after_close"
CLOSED = "rows are added only by a recording in progress"
OPEN = (
    "SELECT 1 FROM open_recordings o WHERE o.ledger_id = {row}.ledger_id"
    " AND o.number = {row}.recorded_in"
)
INDEXES = (
    ("audit_records", "organisation_id", "recorded_at", "number"),
    ("audit_records", "organisation_id", "made_by", "number"),
    ("audit_records", "organisation_id", "action", "number"),
    ("audit_records", "organisation_id", "subject_kind", "number"),
    ("audit_records", "organisation_id", "made_by", "action", "number"),
    ("audited_recordings", "ledger_id", "record"),
    (TABLE, "ledger_id", "record"),
    ("activities", "organisation_id", "made_by", "id"),
    ("activities", "organisation_id", "kind", "id"),
    ("activities", "organisation_id", "ledger_id", "id"),
    ("activities", "organisation_id", "is_failed", "id"),
    ("activities", "organisation_id", "started_at", "id"),
)
"""Tables and their indexed columns."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name=f"fk_{TABLE}_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", "recorded_in", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    for table, *columns in INDEXES:
        op.create_index("_".join(("ix", table, *columns)), table, columns)
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    is_closed = f"NOT EXISTS ({OPEN.format(row='NEW')})"
    for name, event, condition, words in (
        ("keep", "UPDATE", "1 = 1", "rows never change"),
        ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ("open", "INSERT", is_closed, CLOSED),
    ):
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE}"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{TABLE}: {words}'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_stay BEFORE DELETE OR TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE FUNCTION {TABLE}_open() RETURNS trigger LANGUAGE plpgsql AS $$"  # noqa: S608  (our own text)
        " BEGIN IF EXISTS (SELECT 1 FROM added WHERE NOT EXISTS"
        f" ({OPEN.format(row='added')})) THEN"
        f" RAISE EXCEPTION '{TABLE}: {CLOSED}'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_open AFTER INSERT ON {TABLE}"
        " REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_open()"
    )


def downgrade() -> None:
    """Revert."""
    for table, *columns in reversed(INDEXES):
        op.drop_index("_".join(("ix", table, *columns)), table)
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {TABLE}_open()")
