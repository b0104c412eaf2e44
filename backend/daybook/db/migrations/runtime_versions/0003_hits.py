"""Hits of rate limits, and the permissions of a link's maker.

Revision: 0003, after: 0002. Failed attempts to sign in are counted from zero.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", PLAIN_TEXT, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hits"),
    )
    op.create_index("ix_hits_key_counted_at", "hits", ["key", "counted_at"])
    op.create_index("ix_hits_expires_at", "hits", ["expires_at"])
    op.drop_table("failed_sign_ins")
    op.add_column(
        "sign_in_links", sa.Column("permissions", sa.SmallInteger(), nullable=True)
    )


def downgrade() -> None:
    """Revert."""
    op.drop_column("sign_in_links", "permissions")
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", PLAIN_TEXT, nullable=False),
        sa.Column("address", PLAIN_TEXT, nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_sign_ins"),
    )
    op.create_index("ix_failed_sign_ins_address", "failed_sign_ins", ["address"])
    op.create_index("ix_failed_sign_ins_email", "failed_sign_ins", ["email"])
    op.drop_table("hits")
