"""An index of documents' numbers; a setting for lines without a service period.

Revision: 0008, after: 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NUMBERS = "ix_documents_ledger_id_kind_number"

UNDATED_LINES = {
    "ledgers": (
        "undated_lines SMALLINT NOT NULL DEFAULT 1"
        " CONSTRAINT ck_ledgers_undated_lines_is_known"
        " CHECK (undated_lines BETWEEN 1 AND 2)"
    ),
    "ledger_settings": "undated_lines SMALLINT NOT NULL DEFAULT 1",
}
"""SQL that both databases understand. The default 1 refuses such lines, as before."""


def upgrade() -> None:
    """Apply."""
    in_force = sa.text("status <> 2")
    op.create_index(
        NUMBERS,
        "documents",
        ["ledger_id", "kind", "number"],
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    for table, column in UNDATED_LINES.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def downgrade() -> None:
    """Revert."""
    for table in UNDATED_LINES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN undated_lines")
    op.drop_index(NUMBERS, table_name="documents")
