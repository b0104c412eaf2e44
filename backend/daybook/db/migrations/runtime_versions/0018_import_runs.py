"""Runs of uploads: how far a file is being looked at or taken, and what came of it.

Revision: 0018, after: 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RUNS = "import_runs"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        RUNS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("key", PLAIN_TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("work", sa.SmallInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("runner", PLAIN_TEXT, nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follows_lost", sa.Boolean(), nullable=False),
        sa.Column("answer", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=f"pk_{RUNS}"),
        sa.CheckConstraint("work BETWEEN 1 AND 2", name=f"ck_{RUNS}_work_is_known"),
        sa.CheckConstraint("stage BETWEEN 1 AND 2", name=f"ck_{RUNS}_stage_is_known"),
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table(RUNS)
