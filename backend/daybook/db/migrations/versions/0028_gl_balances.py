"""Balances of the general ledger, by recording.

Revision: 0028, after: 0027.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "gl_balances"
CLOSED = "rows are added only by a recording in progress"
BEHIND = "rows are only added behind the last one"
OPEN = (
    "SELECT 1 FROM open_recordings o WHERE o.ledger_id = {row}.ledger_id"
    " AND o.number = {row}.recorded_in"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("label", PLAIN_TEXT, nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("note", PLAIN_TEXT, nullable=False),
        sa.CheckConstraint("role BETWEEN 1 AND 99", name="role_is_known"),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name=f"fk_{TABLE}_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", "number", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    columns = ["ledger_id", "role", "day"]
    op.create_index("_".join(("ix", TABLE, *columns)), TABLE, columns)
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    is_closed = f"NOT EXISTS ({OPEN.format(row='NEW')})"
    # SQLite's INSERT OR REPLACE replaces a row without running DELETE triggers.
    is_before = (
        f"NEW.number <= (SELECT max(t.number) FROM {TABLE} t"  # noqa: S608  (our own text)
        " WHERE t.ledger_id = NEW.ledger_id)"
    )
    for name, event, condition, words in (
        ("keep", "UPDATE", "1 = 1", "rows never change"),
        ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ("open", "INSERT", is_closed, CLOSED),
        ("behind", "INSERT", is_before, BEHIND),
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
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {TABLE}_open()")
