"""Export jobs: the request, the worker and the result.

Revision: 0002, after: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "export_jobs",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", PLAIN_TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idempotency_key", PLAIN_TEXT, nullable=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("granularity", PLAIN_TEXT, nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", PLAIN_TEXT, nullable=False),
        sa.Column("recording", sa.BigInteger(), nullable=False),
        sa.Column("today", sa.Integer(), nullable=False),
        sa.Column("renamings", sa.BigInteger(), nullable=False),
        sa.Column("selection", PLAIN_TEXT, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("worker", PLAIN_TEXT, nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renderer", sa.SmallInteger(), nullable=True),
        sa.Column("rows_total", sa.BigInteger(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_logged", sa.Boolean(), nullable=False),
        sa.Column("file_name", PLAIN_TEXT, nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=True),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("debit_total", sa.BigInteger(), nullable=True),
        sa.Column("credit_total", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure_code", PLAIN_TEXT, nullable=True),
        sa.Column("failure_message", PLAIN_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "number", name="pk_export_jobs"),
        sa.CheckConstraint(
            "status BETWEEN 1 AND 6", name="ck_export_jobs_status_is_known"
        ),
    )
    op.create_index(
        "ix_export_jobs_organisation_id_idempotency_key",
        "export_jobs",
        ["organisation_id", "idempotency_key"],
        unique=True,
    )
    op.create_index("ix_export_jobs_status", "export_jobs", ["status"])
    op.create_index(
        "ix_export_jobs_organisation_id_changed_at",
        "export_jobs",
        ["organisation_id", "changed_at"],
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table("export_jobs")
