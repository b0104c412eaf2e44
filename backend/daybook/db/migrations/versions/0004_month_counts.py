"""The number of a month's journals by recording, stored like its totals.

Revision: 0004, after: 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A journal counts from its first movement until all its movements are superseded.
FILL = """
INSERT INTO month_counts (ledger_id, month, source, recorded_in, change)
SELECT ledger_id, month, source, recorded_in, SUM(change) FROM (
    SELECT j.ledger_id, j.month, j.source, MIN(m.recorded_in) AS recorded_in,
        1 AS change
    FROM journals j
    JOIN movements m ON m.ledger_id = j.ledger_id AND m.journal = j.number
    GROUP BY j.ledger_id, j.number, j.month, j.source
    UNION ALL
    SELECT j.ledger_id, j.month, j.source, MAX(m.superseded_in), -1
    FROM journals j
    JOIN movements m ON m.ledger_id = j.ledger_id AND m.journal = j.number
    GROUP BY j.ledger_id, j.number, j.month, j.source
    HAVING COUNT(*) = COUNT(m.superseded_in)
) AS changes
GROUP BY ledger_id, month, source, recorded_in
HAVING SUM(change) <> 0
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "month_counts",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_month_counts_ledger_id"
        ),
        sa.PrimaryKeyConstraint(
            *("ledger_id", "month", "source", "recorded_in"), name="pk_month_counts"
        ),
        sqlite_with_rowid=False,
    )
    op.execute(FILL)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER month_counts_stay BEFORE DELETE OR TRUNCATE"
            " ON month_counts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER month_counts_keep BEFORE UPDATE"
            " ON month_counts FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for name, event, message in (
        ("stay", "DELETE", "rows are never deleted"),
        ("keep", "UPDATE", "rows never change"),
    ):
        op.execute(
            f"CREATE TRIGGER month_counts_{name} BEFORE {event} ON month_counts"
            f" BEGIN SELECT RAISE(ABORT, 'month_counts: {message}'); END"
        )


def downgrade() -> None:
    """Revert."""
    op.drop_table("month_counts")
