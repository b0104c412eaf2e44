"""Former time zones of organisations, so that an ended day never begins again.

Revision: 0005, after: 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "former_time_zones",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", PLAIN_TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_former_time_zones_organisation_id",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "until", name="pk_former_time_zones"
        ),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER former_time_zones_stay BEFORE DELETE OR TRUNCATE"
            " ON former_time_zones"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER former_time_zones_keep BEFORE UPDATE ON former_time_zones"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        "CREATE TRIGGER former_time_zones_stay BEFORE DELETE ON former_time_zones"
        " BEGIN SELECT RAISE(ABORT, 'former_time_zones: rows are never deleted'); END"
    )
    op.execute(
        "CREATE TRIGGER former_time_zones_keep BEFORE UPDATE ON former_time_zones"
        " BEGIN SELECT RAISE(ABORT, 'former_time_zones: rows never change'); END"
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table("former_time_zones")
