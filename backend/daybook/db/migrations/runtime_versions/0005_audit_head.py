"""The audit head of an export, and the ends of its lost attempts.

Revision: 0005, after: 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    for column in (
        sa.Column("audit_record", sa.BigInteger(), nullable=True),
        sa.Column("audit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("lost_attempts", PLAIN_TEXT, nullable=True),
        sa.Column("activity_number", sa.BigInteger(), nullable=True),
    ):
        op.add_column("export_jobs", column)


def downgrade() -> None:
    """Revert."""
    for name in ("activity_number", "lost_attempts", "audit_hash", "audit_record"):
        op.drop_column("export_jobs", name)
