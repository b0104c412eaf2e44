"""Endpoints of webhooks.

Revision: 0031, after: 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLE = "webhook_endpoints"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("url", PLAIN_TEXT, nullable=False),
        sa.Column("description", PLAIN_TEXT, nullable=False),
        sa.Column("events", sa.SmallInteger(), nullable=False),
        sa.Column("enabled_at", MOMENT, nullable=True),
        sa.Column("disabled_because", PLAIN_TEXT, nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_version", sa.SmallInteger(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", PLAIN_TEXT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=f"fk_{TABLE}_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table(TABLE)
