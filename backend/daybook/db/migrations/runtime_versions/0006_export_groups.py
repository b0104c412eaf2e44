"""What an export groups by.

Revision: 0006, after: 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.add_column("export_jobs", sa.Column("group_by", PLAIN_TEXT, nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("export_jobs", "group_by")
