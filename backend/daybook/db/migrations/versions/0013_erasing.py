"""A person's name may give way to the hash that stands for it, and nothing else.

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
"""Where persons are named in rows that never change otherwise."""

ERASED = "erased person %"


def upgrade() -> None:
    """Apply."""
    for table, names in NAMES.items():
        _protect(table, names)


def downgrade() -> None:
    """Take back."""
    for table in NAMES:
        _protect(table, ())


def _protect(table: str, names: tuple[str, ...]) -> None:
    """Refuse every change of a row but that of names into hashes."""
    bind = op.get_bind()
    is_postgresql = bind.dialect.name == "postgresql"
    columns = [one["name"] for one in sa.inspect(bind).get_columns(table)]
    same = "IS NOT DISTINCT FROM" if is_postgresql else "IS"
    kept = [f"NEW.{one} {same} OLD.{one}" for one in columns if one not in names]
    erased = [
        # With NULL, nothing is true and nothing false.
        f"coalesce(NEW.{one} LIKE '{ERASED}' AND OLD.{one} NOT LIKE '{ERASED}', 1 = 0)"
        for one in names
    ]
    either = [
        f"(NEW.{one} {same} OLD.{one} OR {its})"
        for one, its in zip(names, erased, strict=True)
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
