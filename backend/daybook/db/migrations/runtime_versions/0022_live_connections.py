"""The live connection to Xero: its tokens, sign-ins under way, and syncs.

Revision: 0022, after: 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TOKENS = "connection_tokens"
SIGN_INS = "connection_sign_ins"
SYNCS = "gl_syncs"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TOKENS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("refreshed_at", MOMENT, nullable=False),
        sa.Column("scopes", PLAIN_TEXT, nullable=False),
        sa.Column("tenant", PLAIN_TEXT, nullable=False),
        sa.Column("tenant_name", PLAIN_TEXT, nullable=False),
        sa.Column("requested_by", PLAIN_TEXT, nullable=False),
        sa.Column("connected_at", MOMENT, nullable=False),
        sa.Column("lost", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "connection", name=f"pk_{TOKENS}"),
    )
    op.create_table(
        SIGN_INS,
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("verifier", PLAIN_TEXT, nullable=False),
        sa.Column("redirect_uri", PLAIN_TEXT, nullable=False),
        sa.Column("requested_by", PLAIN_TEXT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=f"pk_{SIGN_INS}"),
    )
    op.create_table(
        SYNCS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", PLAIN_TEXT, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("course", PLAIN_TEXT, nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("message", PLAIN_TEXT, nullable=True),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("worker", PLAIN_TEXT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "connection", name=f"pk_{SYNCS}"),
        sa.CheckConstraint(
            "status BETWEEN 1 AND 4", name=f"ck_{SYNCS}_status_is_known"
        ),
    )
    op.create_index(f"ix_{SYNCS}_status", SYNCS, ["status"])


def downgrade() -> None:
    """Revert."""
    for table in (SYNCS, SIGN_INS, TOKENS):
        op.drop_table(table)
