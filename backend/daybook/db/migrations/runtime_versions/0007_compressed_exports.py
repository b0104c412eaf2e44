"""How an export's file is compressed.

Revision: 0007, after: 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.add_column("export_jobs", sa.Column("compression", PLAIN_TEXT, nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("export_jobs", "compression")
