"""The activity log keeps the name of the file that an import was of.

Of earlier lines it is what their message begins with, up to the first colon of a failed
import, and up to the first semicolon of one that was taken.

Revision: 0037, after: 0036.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = "activities"
PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
IMPORT = 1
BEGINS = "import of "
REST = f"substr(message, {len(BEGINS) + 1})"
END = "CASE WHEN is_failed THEN ': ' ELSE ';' END"
ERASED = "erased person %"


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    _drop_trigger(is_postgresql=is_postgresql)
    op.add_column(TABLE, sa.Column("file", PLAIN_TEXT))
    file = f"substr({REST}, 1, instr({REST} || {END}, {END}) - 1)"
    if is_postgresql:
        file = f"split_part({REST}, {END}, 1)"
    op.execute(
        f"UPDATE {TABLE} SET file = {file} WHERE kind = {IMPORT}"  # noqa: S608  (our own text)
        f" AND substr(message, 1, {len(BEGINS)}) = '{BEGINS}'"
    )
    _protect(is_postgresql=is_postgresql)


def downgrade() -> None:
    """Revert."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    _drop_trigger(is_postgresql=is_postgresql)
    op.drop_column(TABLE, "file")
    _protect(is_postgresql=is_postgresql)


def _drop_trigger(*, is_postgresql: bool) -> None:
    on = f" ON {TABLE}" if is_postgresql else ""
    op.execute(f"DROP TRIGGER {TABLE}_keep{on}")


def _protect(*, is_postgresql: bool) -> None:
    """Refuse every change of a row except replacing a person's name with its hash."""
    same = "IS NOT DISTINCT FROM" if is_postgresql else "IS"
    found = sa.inspect(op.get_bind()).get_columns(TABLE)
    columns = [column["name"] for column in found if column["name"] != "made_by"]
    kept = [f"NEW.{column} {same} OLD.{column}" for column in columns]
    # A comparison with NULL is neither true nor false.
    erased = (
        f"coalesce(NEW.made_by LIKE '{ERASED}'"
        f" AND OLD.made_by NOT LIKE '{ERASED}', 1 = 0)"
    )
    condition = f"NOT ({' AND '.join([*kept, erased])})"
    if is_postgresql:
        op.execute(
            f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE} FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE} WHEN {condition} BEGIN"
        f" SELECT RAISE(ABORT, '{TABLE}: rows never change'); END"
    )
