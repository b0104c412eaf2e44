"""Files that are about to be attached as evidence.

Revision: 0009, after: 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INCOMING = "incoming_evidence"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        INCOMING,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("key", PLAIN_TEXT, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=f"pk_{INCOMING}"),
    )
    op.create_index(f"ix_{INCOMING}_begun_at", INCOMING, ["begun_at"])


def downgrade() -> None:
    """Revert."""
    op.drop_table(INCOMING)
