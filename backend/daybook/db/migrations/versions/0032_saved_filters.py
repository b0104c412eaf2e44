"""Filters of pages that people save.

Revision: 0032, after: 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "saved_filters"


def upgrade() -> None:
    """Apply."""
    number = sa.Column("filters", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("organisations", number)
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.SmallInteger(), nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("query", PLAIN_TEXT, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("page BETWEEN 1 AND 12", name="page_is_known"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=f"fk_{TABLE}_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        f"ix_{TABLE}_organisation_id_owner_page_name",
        TABLE,
        ["organisation_id", "owner", "page", "name"],
        unique=True,
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table(TABLE)
    op.drop_column("organisations", "filters")
