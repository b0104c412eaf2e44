"""An index of documents by customer, for lists of one customer's.

Revision: 0035, after: 0034.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INDEX = "ix_documents_ledger_id_customer_id"


def upgrade() -> None:
    """Apply."""
    op.create_index(INDEX, "documents", ["ledger_id", "customer_id"])
    # SQLite prefers the primary key to an index that it knows nothing about.
    if op.get_bind().scalar(sa.text("SELECT 1 FROM documents LIMIT 1")):
        op.execute("ANALYZE documents")


def downgrade() -> None:
    """Revert."""
    op.drop_index(INDEX, "documents")
