"""Reference rates that were added after the shipped ones.

Revision: 0017, after: 0016.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

CHANGED = "rows never change"
DELETED = "rows are never deleted"
BEHIND = "rows are only added behind the last one"
TAKEN = "a row with this key is there already, and rows are never replaced"

LAST = "(SELECT max(t.number) FROM rate_refreshes t)"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rate_refreshes",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", PLAIN_TEXT, nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_rate_refreshes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reference_rates",
        sa.Column("currency", PLAIN_TEXT, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("mantissa", sa.BigInteger(), nullable=False),
        sa.Column("decimals", sa.SmallInteger(), nullable=False),
        sa.Column("refresh", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mantissa > 0", name="mantissa_is_positive"),
        sa.CheckConstraint("decimals BETWEEN 0 AND 8", name="decimals_are_few"),
        sa.ForeignKeyConstraint(
            ["refresh"], ["rate_refreshes.number"], name="fk_reference_rates_refresh"
        ),
        sa.PrimaryKeyConstraint("currency", "day", name="pk_reference_rates"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _inserts() -> Iterator[tuple[str, str]]:
    """Tables, and the condition on which a new row is refused.

    Refreshes are numbered in order, and rates are added by the last refresh.
    """
    yield "rate_refreshes", f"NEW.number <= {LAST}"
    yield "reference_rates", f"NEW.refresh <> {LAST}"


def _protect_sqlite() -> None:
    # SQLite's INSERT OR REPLACE replaces a row without running DELETE triggers.
    is_taken = (
        "EXISTS (SELECT 1 FROM reference_rates t"
        " WHERE t.currency = NEW.currency AND t.day = NEW.day)"
    )
    _refuse_sqlite("reference_rates", "untaken", "INSERT", is_taken, TAKEN)
    for table, condition in _inserts():
        _refuse_sqlite(table, "behind", "INSERT", condition, BEHIND)
        _refuse_sqlite(table, "keep", "UPDATE", "1 = 1", CHANGED)
        _refuse_sqlite(table, "stay", "DELETE", "1 = 1", DELETED)


def _refuse_sqlite(
    table: str, name: str, event: str, condition: str, words: str
) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
    )


def _protect_postgresql() -> None:
    for table, condition in _inserts():
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON"
            f" {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE FUNCTION {table}_behind() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {condition} THEN RAISE EXCEPTION '{table}: {BEHIND}'; END IF;"
            " RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_behind BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_behind()"
        )


def downgrade() -> None:
    """Revert."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("reference_rates", "rate_refreshes"):
        op.drop_table(table)
        if is_postgresql:
            op.execute(f"DROP FUNCTION {table}_behind()")
