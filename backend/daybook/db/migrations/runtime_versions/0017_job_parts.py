"""Parts of jobs that several workers render.

Revision: 0017, after: 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PARTS = "job_parts"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        PARTS,
        sa.Column("kind", PLAIN_TEXT, nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("coordinator", PLAIN_TEXT, nullable=False),
        sa.Column("task", PLAIN_TEXT, nullable=False),
        sa.Column("helper", PLAIN_TEXT, nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("result", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint(
            "kind", "organisation_id", "number", "index", name=f"pk_{PARTS}"
        ),
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table(PARTS)
