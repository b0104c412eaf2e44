"""When a provider vouched for a user's address, and names that organisations gave.

Revision: 0014, after: 0013.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    moment = "TIMESTAMPTZ" if is_postgresql else "DATETIME"
    op.execute(f"ALTER TABLE users ADD COLUMN verified_at {moment}")
    text = 'TEXT COLLATE "C"' if is_postgresql else "TEXT"
    op.execute(f"ALTER TABLE memberships ADD COLUMN name {text}")


def downgrade() -> None:
    """Revert."""
    op.execute("ALTER TABLE memberships DROP COLUMN name")
    op.execute("ALTER TABLE users DROP COLUMN verified_at")
