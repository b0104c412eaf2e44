"""What mail users want.

Revision: 0030, after: 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name, everything in (("mail_format", "2"), ("mail_events", "7")):
        op.add_column(
            "users",
            sa.Column(
                name, sa.SmallInteger(), nullable=False, server_default=everything
            ),
        )


def downgrade() -> None:
    """Revert."""
    op.drop_column("users", "mail_events")
    op.drop_column("users", "mail_format")
