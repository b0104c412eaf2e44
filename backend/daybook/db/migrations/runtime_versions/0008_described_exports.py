"""An export's options, and the manifest of its file.

Revision: 0008, after: 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COLUMNS = ("options", "manifest")


def upgrade() -> None:
    """Apply."""
    for column in COLUMNS:
        op.add_column("export_jobs", sa.Column(column, PLAIN_TEXT, nullable=True))


def downgrade() -> None:
    """Revert."""
    for column in COLUMNS:
        op.drop_column("export_jobs", column)
