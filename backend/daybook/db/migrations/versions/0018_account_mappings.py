"""Integrations, mapped accounts and charts of accounts, by recording.

Revision: 0018, after: 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLES = ("integrations", "account_mappings", "target_accounts")
CLOSED = "rows are added only by a recording in progress"
OPEN = (
    "SELECT 1 FROM open_recordings o WHERE o.ledger_id = {row}.ledger_id"
    " AND o.number = {row}.recorded_in"
)


def upgrade() -> None:
    """Apply."""
    _create(
        "integrations",
        ("integration",),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("preset", PLAIN_TEXT, nullable=True),
        sa.Column("date_form", PLAIN_TEXT, nullable=True),
        sa.Column("closed_through", sa.Integer(), nullable=True),
    )
    _create(
        "account_mappings",
        ("integration", "role", "scope"),
        sa.Column("fields", PLAIN_TEXT, nullable=False),
    )
    _create(
        "target_accounts",
        ("integration", "account"),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("type", PLAIN_TEXT, nullable=False),
        sa.Column("tax_rate", PLAIN_TEXT, nullable=False),
        sa.Column("is_there", sa.Boolean(), nullable=False),
    )
    protect = (
        _protect_postgresql
        if op.get_bind().dialect.name == "postgresql"
        else _protect_sqlite
    )
    for table in TABLES:
        protect(table)


def _create(table: str, keys: tuple[str, ...], *columns: "sa.Column[object]") -> None:
    """A table whose key is the ledger, the keys and the recording."""
    numbers = ("integration", "role")
    key_columns = [
        sa.Column(
            name, sa.SmallInteger() if name in numbers else PLAIN_TEXT, nullable=False
        )
        for name in keys
    ]
    checks = [
        sa.CheckConstraint(f"{name} BETWEEN 1 AND 99", name=f"{name}_is_known")
        for name in keys
        if name in numbers
    ]
    op.create_table(
        table,
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        *key_columns,
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        *columns,
        *checks,
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name=f"fk_{table}_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", *keys, "recorded_in", name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )


def _protect_sqlite(table: str) -> None:
    is_closed = f"NOT EXISTS ({OPEN.format(row='NEW')})"
    for name, event, condition, words in (
        ("keep", "UPDATE", "1 = 1", "rows never change"),
        ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ("open", "INSERT", is_closed, CLOSED),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
        )


def _protect_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE FUNCTION {table}_open() RETURNS trigger LANGUAGE plpgsql AS $$"  # noqa: S608  (names from our own tables)
        " BEGIN IF EXISTS (SELECT 1 FROM added WHERE NOT EXISTS"
        f" ({OPEN.format(row='added')})) THEN"
        f" RAISE EXCEPTION '{table}: {CLOSED}'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_open AFTER INSERT ON {table}"
        " REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_open()"
    )


def downgrade() -> None:
    """Revert."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        op.drop_table(table)
        if is_postgresql:
            op.execute(f"DROP FUNCTION {table}_open()")
