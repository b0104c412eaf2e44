"""Files of the general ledger on their way into the storage.

Revision: 0020, after: 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "incoming_gl_files"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("key", PLAIN_TEXT, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_begun_at", TABLE, ["begun_at"])


def downgrade() -> None:
    """Revert."""
    op.drop_table(TABLE)
