"""The audit trail, the activity log, and documents by their recordings.

Revision: 0003, after: 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

APPEND_ONLY = ("audit_records", "audited_recordings", "activities")
"""Tables whose rows never change."""

COUNTERS = ("activities", "audit_records")

INDEXES = (
    ("documents", "recorded_in"),
    ("document_versions", "made_in"),
)


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for counter in COUNTERS:
        op.execute(
            f"ALTER TABLE organisations ADD COLUMN {counter} BIGINT NOT NULL DEFAULT 0"
        )
    binary = "BYTEA" if is_postgresql else "BLOB"
    op.execute(f"ALTER TABLE organisations ADD COLUMN audit_hash {binary}")
    _create_audit_tables()
    _create_activities()
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_ledger_id_{column}", table, ["ledger_id", column])
    op.create_index(
        "ix_documents_ledger_id_revised_in",
        "documents",
        ["ledger_id", "revised_in"],
        sqlite_where=sa.text("revised_in IS NOT NULL"),
        postgresql_where=sa.text("revised_in IS NOT NULL"),
    )
    for table in APPEND_ONLY:
        _protect(table, is_postgresql=is_postgresql)


def _create_audit_tables() -> None:
    op.create_table(
        "audit_records",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", PLAIN_TEXT, nullable=False),
        sa.Column("made_by", PLAIN_TEXT, nullable=True),
        sa.Column("action", PLAIN_TEXT, nullable=False),
        sa.Column("subject_kind", PLAIN_TEXT, nullable=False),
        sa.Column("subject_id", PLAIN_TEXT, nullable=False),
        sa.Column("details", PLAIN_TEXT, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_audit_records_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name="pk_audit_records"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_audit_records_organisation_id_subject_kind_subject_id_number",
        "audit_records",
        ["organisation_id", "subject_kind", "subject_id", "number"],
    )
    op.create_table(
        "audited_recordings",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("recording", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id", "recording"],
            ["recordings.ledger_id", "recordings.number"],
            name="fk_audited_recordings_ledger_id",
        ),
        sa.PrimaryKeyConstraint("ledger_id", "recording", name="pk_audited_recordings"),
        sqlite_with_rowid=False,
    )


def _create_activities() -> None:
    op.create_table(
        "activities",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=True),
        sa.Column("first_recording", sa.BigInteger(), nullable=True),
        sa.Column("last_recording", sa.BigInteger(), nullable=True),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("journals", sa.BigInteger(), nullable=False),
        sa.Column("movements", sa.BigInteger(), nullable=False),
        sa.Column("problems", sa.BigInteger(), nullable=False),
        sa.Column("is_failed", sa.Boolean(), nullable=False),
        sa.Column("message", PLAIN_TEXT, nullable=False),
        sa.Column("made_by", PLAIN_TEXT, nullable=True),
        sa.CheckConstraint("kind BETWEEN 1 AND 6", name="kind_is_known"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_activities_organisation_id",
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_activities_ledger_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_activities"),
        sqlite_with_rowid=False,
    )


def _protect(table: str, *, is_postgresql: bool) -> None:
    """Refuse changes of recorded rows."""
    if is_postgresql:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows are never deleted'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows never change'); END"
    )


def downgrade() -> None:
    """Revert."""
    op.drop_index("ix_documents_ledger_id_revised_in", table_name="documents")
    for table, column in reversed(INDEXES):
        op.drop_index(f"ix_{table}_ledger_id_{column}", table_name=table)
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)
    for column in ("audit_hash", *reversed(COUNTERS)):
        op.execute(f"ALTER TABLE organisations DROP COLUMN {column}")
