"""Refreshes of the general ledger's dataset: a kind of jobs.

Revision: 0021, after: 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLE = "gl_refreshes"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", PLAIN_TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("idempotency_key", PLAIN_TEXT, nullable=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("lost_attempts", PLAIN_TEXT, nullable=True),
        sa.Column("worker", PLAIN_TEXT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("rows_total", sa.BigInteger(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("is_logged", sa.Boolean(), nullable=False),
        sa.Column("activity_number", sa.BigInteger(), nullable=True),
        sa.Column("file_name", PLAIN_TEXT, nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=True),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("failure_code", PLAIN_TEXT, nullable=True),
        sa.Column("failure_message", PLAIN_TEXT, nullable=True),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("imports_through", sa.BigInteger(), nullable=False),
        sa.Column("rates_refresh", sa.BigInteger(), nullable=False),
        sa.Column("manual_through", sa.BigInteger(), nullable=False),
        sa.Column("today", sa.Integer(), nullable=False),
        sa.Column("settings", PLAIN_TEXT, nullable=False),
        sa.Column("reporting_currency", PLAIN_TEXT, nullable=False),
        sa.Column("again_of", sa.BigInteger(), nullable=True),
        sa.Column("made", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{TABLE}"),
        sa.CheckConstraint(
            "status BETWEEN 1 AND 6", name=f"ck_{TABLE}_status_is_known"
        ),
    )
    by_key = ["organisation_id", "idempotency_key"]
    op.create_index(f"ix_{TABLE}_{'_'.join(by_key)}", TABLE, by_key, unique=True)
    for columns in (
        ["status", "organisation_id", "created_at"],
        ["organisation_id", "changed_at"],
    ):
        op.create_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE, columns)


def downgrade() -> None:
    """Revert."""
    op.drop_table(TABLE)
