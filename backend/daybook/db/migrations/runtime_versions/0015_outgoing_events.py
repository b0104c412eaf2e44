"""Outgoing events, and how far consumers have read.

Revision: 0015, after: 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
EVENTS, CURSORS = "outgoing_events", "cursors"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        EVENTS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("id", PLAIN_TEXT, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("subject", PLAIN_TEXT, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", PLAIN_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{EVENTS}"),
        sa.CheckConstraint("kind BETWEEN 1 AND 99", name=f"ck_{EVENTS}_kind_is_known"),
    )
    of_subject = ["organisation_id", "kind", "subject"]
    op.create_index(
        f"ix_{EVENTS}_{'_'.join(of_subject)}", EVENTS, of_subject, unique=True
    )
    op.create_index(f"ix_{EVENTS}_made_at", EVENTS, ["made_at"])
    op.create_table(
        CURSORS,
        sa.Column("consumer", PLAIN_TEXT, nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "organisation_id", name=f"pk_{CURSORS}"),
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table(CURSORS)
    op.drop_table(EVENTS)
