"""A person's name may be replaced with its hash; nothing else may change.

Revision: 0013, after: 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NAMES = {
    "recordings": ("made_by",),
    "audit_records": ("made_by", "subject_id"),
    "activities": ("made_by",),
    "clock_acceptances": ("made_by",),
}
"""Columns with persons' names in rows that otherwise never change."""

ERASED = "erased person %"


def upgrade() -> None:
    """Apply."""
    for table, names in NAMES.items():
        _protect(table, names)


def downgrade() -> None:
    """Revert."""
    for table in NAMES:
        _protect(table, ())


def _protect(table: str, names: tuple[str, ...]) -> None:
    """Refuse every change of a row except replacing names with hashes."""
    bind = op.get_bind()
    is_postgresql = bind.dialect.name == "postgresql"
    columns = [column["name"] for column in sa.inspect(bind).get_columns(table)]
    same = "IS NOT DISTINCT FROM" if is_postgresql else "IS"
    kept = [
        f"NEW.{column} {same} OLD.{column}" for column in columns if column not in names
    ]
    erased = [
        # A comparison with NULL is neither true nor false.
        f"coalesce(NEW.{name} LIKE '{ERASED}'"
        f" AND OLD.{name} NOT LIKE '{ERASED}', 1 = 0)"
        for name in names
    ]
    either = [
        f"(NEW.{name} {same} OLD.{name} OR {is_erased})"
        for name, is_erased in zip(names, erased, strict=True)
    ]
    permitted = " AND ".join([*kept, *either, f"({' OR '.join(erased)})"])
    condition = f"NOT ({permitted})" if names else "1 = 1"
    on = f" ON {table}" if is_postgresql else ""
    op.execute(f"DROP TRIGGER {table}_keep{on}")
    if is_postgresql:
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} WHEN {condition} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows never change'); END"
    )
