"""Who made a sign-in link: it also opens what they administer elsewhere.

Revision: 0010, after: 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("sign_in_links", sa.Column("maker_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("sign_in_links", "maker_id")
