"""Deliveries of webhooks, and their attempts.

Revision: 0016, after: 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
DELIVERIES, ATTEMPTS = "webhook_deliveries", "webhook_attempts"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        DELIVERIES,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.BigInteger(), nullable=False),
        sa.Column("message_id", PLAIN_TEXT, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("body", PLAIN_TEXT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("failed_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("worker", PLAIN_TEXT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{DELIVERIES}"),
        sa.CheckConstraint(
            "state BETWEEN 1 AND 3", name=f"ck_{DELIVERIES}_state_is_known"
        ),
    )
    for columns in (
        ["state", "next_attempt_at"],
        ["organisation_id", "endpoint", "number"],
    ):
        op.create_index(f"ix_{DELIVERIES}_{'_'.join(columns)}", DELIVERIES, columns)
    op.create_table(
        ATTEMPTS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("endpoint", sa.BigInteger(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_success", sa.Boolean(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("failure", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint(
            "organisation_id", "delivery", "number", name=f"pk_{ATTEMPTS}"
        ),
    )
    columns = ["organisation_id", "endpoint", "made_at"]
    op.create_index(f"ix_{ATTEMPTS}_{'_'.join(columns)}", ATTEMPTS, columns)


def downgrade() -> None:
    """Revert."""
    op.drop_table(ATTEMPTS)
    op.drop_table(DELIVERIES)
