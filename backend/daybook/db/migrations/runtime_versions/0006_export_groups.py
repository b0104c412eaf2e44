"""The groupings of an export, and the requested filters.

Revision: 0006, after: 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

COLUMNS = ("group_by", "filters")


def upgrade() -> None:
    """Apply."""
    for column in COLUMNS:
        op.add_column("export_jobs", sa.Column(column, PLAIN_TEXT, nullable=True))


def downgrade() -> None:
    """Revert."""
    for column in COLUMNS:
        op.drop_column("export_jobs", column)
