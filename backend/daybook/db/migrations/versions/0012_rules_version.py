"""Recordings have the version of the rules that made them.

Earlier recordings have none.

Revision: 0012, after: 0011.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE recordings ADD COLUMN rules SMALLINT")


def downgrade() -> None:
    """Revert."""
    op.execute("ALTER TABLE recordings DROP COLUMN rules")
