"""A record of each exported file.

Revision: 0015, after: 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "export_records"

KEPT = (
    *("organisation_id", "number", "made_at", "ledger_id", "recording", "renamings"),
    *("divides_on", "selection", "filters", "format", "granularity", "group_by"),
    *(
        "renderer",
        "file_name",
        "row_count",
        "debit_total",
        "credit_total",
        "file_bytes",
    ),
    *("file_sha256", "audit_record", "audit_hash", "job_number"),
)
"""Columns that never change: all but `made_by`, which a hash may replace."""

ERASED = "NEW.made_by LIKE 'erased person %' AND OLD.made_by NOT LIKE 'erased person %'"
BEHIND = (
    f"NEW.number <= (SELECT max(t.number) FROM {TABLE} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id)"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", PLAIN_TEXT, nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("recording", sa.BigInteger(), nullable=False),
        sa.Column("renamings", sa.BigInteger(), nullable=False),
        sa.Column("divides_on", sa.Integer(), nullable=False),
        sa.Column("selection", PLAIN_TEXT, nullable=False),
        sa.Column("filters", PLAIN_TEXT, nullable=True),
        sa.Column("format", sa.SmallInteger(), nullable=False),
        sa.Column("granularity", PLAIN_TEXT, nullable=False),
        sa.Column("group_by", PLAIN_TEXT, nullable=True),
        sa.Column("renderer", sa.SmallInteger(), nullable=False),
        sa.Column("file_name", PLAIN_TEXT, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("debit_total", sa.BigInteger(), nullable=False),
        sa.Column("credit_total", sa.BigInteger(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("audit_record", sa.BigInteger(), nullable=True),
        sa.Column("audit_hash", sa.LargeBinary(), nullable=True),
        sa.Column("job_number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_export_records_organisation_id",
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_export_records_ledger_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name="pk_export_records"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_export_records_organisation_id_job_number",
        TABLE,
        ["organisation_id", "job_number"],
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _is_changed(same: str) -> str:
    """Whether an update is anything but erasing a person."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    return f"NOT ({kept} AND {ERASED})"


def _protect_sqlite() -> None:
    for name, event, condition, words in (
        ("keep", "UPDATE", _is_changed("IS"), "rows never change"),
        ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ("behind", "INSERT", BEHIND, "rows are only added behind the last one"),
    ):
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE}"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{TABLE}: {words}'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_stay BEFORE DELETE OR TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE} FOR EACH ROW"
        f" WHEN ({_is_changed('IS NOT DISTINCT FROM')})"
        " EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE FUNCTION {TABLE}_behind() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {BEHIND} THEN RAISE EXCEPTION"
        f" '{TABLE}: rows are only added behind the last one'; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_behind BEFORE INSERT ON {TABLE}"
        f" FOR EACH ROW EXECUTE FUNCTION {TABLE}_behind()"
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {TABLE}_behind()")
