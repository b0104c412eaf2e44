"""The names of files that were uploaded, for the list of those that wait.

Revision: 0019, after: 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.add_column("uploads", sa.Column("file_name", PLAIN_TEXT, nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("uploads", "file_name")
