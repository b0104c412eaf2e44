"""Turns of organisations with waiting jobs, and leases of chores.

Revision: 0011, after: 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JOBS, TURNS, CHORES = "export_jobs", "job_turns", "chore_leases"
STATUS_INDEX = f"ix_{JOBS}_status"
QUEUE_INDEX = f"ix_{JOBS}_status_organisation_id_created_at"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TURNS,
        sa.Column("kind", PLAIN_TEXT, nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "organisation_id", name=f"pk_{TURNS}"),
    )
    op.create_table(
        CHORES,
        sa.Column("chore", PLAIN_TEXT, nullable=False),
        sa.Column("runner", PLAIN_TEXT, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chore", name=f"pk_{CHORES}"),
    )
    op.drop_index(STATUS_INDEX, table_name=JOBS)
    op.create_index(QUEUE_INDEX, JOBS, ["status", "organisation_id", "created_at"])


def downgrade() -> None:
    """Revert."""
    op.drop_index(QUEUE_INDEX, table_name=JOBS)
    op.create_index(STATUS_INDEX, JOBS, ["status"])
    op.drop_table(CHORES)
    op.drop_table(TURNS)
