"""The currency in which a target keeps its books, in an integration's settings.

No row is written: nobody said it of the earlier settings.

Revision: 0021, after: 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "integrations"
COLUMN = "base_currency"


def upgrade() -> None:
    """Apply."""
    op.add_column(TABLE, sa.Column(COLUMN, PLAIN_TEXT, nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column(TABLE, COLUMN)
