"""Uploads: files that were sent to be imported.

Revision: 0004, after: 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "uploads",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("key", PLAIN_TEXT, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("made_by", PLAIN_TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("taken_by", PLAIN_TEXT, nullable=True),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_words", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "key", name="pk_uploads"),
        sa.CheckConstraint("status BETWEEN 1 AND 3", name="ck_uploads_status_is_known"),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])


def downgrade() -> None:
    """Revert."""
    op.drop_table("uploads")
