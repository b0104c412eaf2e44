"""What a sync with Xero has fetched, but not imported yet.

Revision: 0023, after: 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SYNCS = "gl_syncs"
COLUMNS = ("ahead_pages", "ahead_documents")


def upgrade() -> None:
    """Apply."""
    for name in COLUMNS:
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column(SYNCS, column)


def downgrade() -> None:
    """Revert."""
    for name in COLUMNS:
        op.drop_column(SYNCS, name)
