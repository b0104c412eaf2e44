"""Links to exports' files, and when a file was first downloaded.

Revision: 0013, after: 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

EPOCH = sa.Column("link_epoch", sa.BigInteger(), nullable=False, server_default="0")
DOWNLOADED = sa.Column("first_downloaded_at", sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    """Apply."""
    for column in (EPOCH, DOWNLOADED):
        op.add_column("export_jobs", column)


def downgrade() -> None:
    """Revert."""
    for column in (DOWNLOADED, EPOCH):
        op.drop_column("export_jobs", column.name)
