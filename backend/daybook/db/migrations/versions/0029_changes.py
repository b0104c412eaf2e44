"""Indexes of what later recordings changed: journals' movements, and names.

Revision: 0029, after: 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOVEMENTS = {
    "added": ("recorded_in", "seq > 1"),
    "superseded": ("superseded_in", "superseded_in IS NOT NULL"),
}
"""What each index of movements is ordered by, and which rows are in it."""
NAMES = ("customer_names", "product_names")


def upgrade() -> None:
    """Apply."""
    for name, (recording, rows) in MOVEMENTS.items():
        op.create_index(
            f"ix_movements_{name}",
            "movements",
            ["ledger_id", recording, "journal"],
            sqlite_where=sa.text(rows),
            postgresql_where=sa.text(rows),
        )
    for table in NAMES:
        columns = ["organisation_id", "until"]
        op.create_index("_".join(("ix", table, *columns)), table, columns)


def downgrade() -> None:
    """Revert."""
    for table in NAMES:
        op.drop_index(f"ix_{table}_organisation_id_until", table)
    for name in MOVEMENTS:
        op.drop_index(f"ix_movements_{name}", "movements")
