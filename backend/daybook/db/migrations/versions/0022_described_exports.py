"""An exported file's options and manifest, in its record.

No row is written: the earlier files had neither.

Revision: 0022, after: 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "export_records"
COLUMNS = ("options", "manifest")

KEPT = (
    *("organisation_id", "number", "made_at", "ledger_id", "recording", "renamings"),
    *("divides_on", "selection", "filters", "format", "granularity", "group_by"),
    *("renderer", "file_name", "row_count", "debit_total", "credit_total"),
    *("file_bytes", "file_sha256", "audit_record", "audit_hash", "job_number"),
    "compression",
)
"""Columns that never change: all but `made_by`, which a hash may replace."""

ERASED = "NEW.made_by LIKE 'erased person %' AND OLD.made_by NOT LIKE 'erased person %'"


def upgrade() -> None:
    """Apply."""
    _drop_trigger()
    for column in COLUMNS:
        op.add_column(TABLE, sa.Column(column, PLAIN_TEXT, nullable=True))
    _protect(*KEPT, *COLUMNS)


def downgrade() -> None:
    """Revert."""
    _drop_trigger()
    for column in COLUMNS:
        op.drop_column(TABLE, column)
    _protect(*KEPT)


def _is_on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _drop_trigger() -> None:
    on = f" ON {TABLE}" if _is_on_postgresql() else ""
    op.execute(f"DROP TRIGGER {TABLE}_keep{on}")


def _protect(*columns: str) -> None:
    """Refuse updates of these columns."""
    same = "IS NOT DISTINCT FROM" if _is_on_postgresql() else "IS"
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in columns)
    is_changed = f"NOT ({kept} AND {ERASED})"
    if _is_on_postgresql():
        op.execute(
            f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE} FOR EACH ROW"
            f" WHEN ({is_changed}) EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE}"
            f" WHEN {is_changed} BEGIN"
            f" SELECT RAISE(ABORT, '{TABLE}: rows never change'); END"
        )
