"""The time of an organisation's last recording, and clocks that were accepted.

Revision: 0009, after: 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    moment = "TIMESTAMPTZ" if is_postgresql else "DATETIME"
    op.execute(f"ALTER TABLE organisations ADD COLUMN recorded_at {moment}")
    _keep_last_times(is_postgresql=is_postgresql)
    op.create_table(
        "clock_acceptances",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", PLAIN_TEXT, nullable=False),
        sa.Column("made_by", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_clock_acceptances_organisation_id",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "record", name="pk_clock_acceptances"
        ),
        sqlite_with_rowid=False,
    )
    _protect("clock_acceptances", is_postgresql=is_postgresql)


def _keep_last_times(*, is_postgresql: bool) -> None:
    """The time of an organisation's latest recording or audit record, if any."""
    # Audit records store their time as text, and so does SQLite all moments.
    audited = (
        "max(a.recorded_at)::timestamptz"
        if is_postgresql
        else "replace(substr(max(a.recorded_at), 1, 26), 'T', ' ')"
    )
    op.execute(
        "UPDATE organisations SET recorded_at = (SELECT max(moments.moment) FROM ("  # noqa: S608  (names from our own tables)
        "SELECT max(r.recorded_at) AS moment FROM recordings r"
        " JOIN ledgers l ON l.id = r.ledger_id"
        " WHERE l.organisation_id = organisations.id"
        f" UNION ALL SELECT {audited} FROM audit_records a"
        " WHERE a.organisation_id = organisations.id) moments)"
    )


def _protect(table: str, *, is_postgresql: bool) -> None:
    """Refuse changes of recorded rows."""
    if is_postgresql:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows are never deleted'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows never change'); END"
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table("clock_acceptances")
    op.execute("ALTER TABLE organisations DROP COLUMN recorded_at")
