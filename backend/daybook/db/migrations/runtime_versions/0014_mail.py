"""The outbox of mail.

Revision: 0014, after: 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MAIL = "mail_messages"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        MAIL,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("message_id", PLAIN_TEXT, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("subject", PLAIN_TEXT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{MAIL}"),
        sa.CheckConstraint("kind BETWEEN 1 AND 99", name=f"ck_{MAIL}_kind_is_known"),
        sa.CheckConstraint("state BETWEEN 1 AND 4", name=f"ck_{MAIL}_state_is_known"),
        sa.CheckConstraint(
            "(state = 1) = (next_attempt_at IS NOT NULL)",
            name=f"ck_{MAIL}_queued_waits",
        ),
    )
    op.create_index(f"ix_{MAIL}_message_id", MAIL, ["message_id"], unique=True)
    op.create_index(f"ix_{MAIL}_next_attempt_at", MAIL, ["next_attempt_at"])


def downgrade() -> None:
    """Revert."""
    op.drop_table(MAIL)
