"""Connections to accounting systems, their dataset's settings, and manual rates.

Revision: 0033, after: 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
CONNECTIONS, SETTINGS, RATES = "gl_connections", "gl_settings", "manual_rates"

KEPT = (
    *("organisation_id", "number", "currency", "day", "mantissa", "decimals"),
    *("reason", "entered_at"),
)
"""Columns of rates, which never change: all but the person, whom a hash replaces."""
BEHIND = (
    f"NEW.number <= (SELECT max(t.number) FROM {RATES} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id)"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        CONNECTIONS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("system", sa.SmallInteger(), nullable=False),
        sa.Column("base_currency", PLAIN_TEXT, nullable=False),
        sa.Column("year_end_month", sa.SmallInteger(), nullable=False),
        sa.Column("year_end_day", sa.SmallInteger(), nullable=False),
        sa.Column("period_lock", sa.Integer(), nullable=True),
        sa.Column("year_lock", sa.Integer(), nullable=True),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("takes_exports", PLAIN_TEXT, nullable=False),
        sa.Column("accounts", PLAIN_TEXT, nullable=False),
        sa.Column("budget_id", PLAIN_TEXT, nullable=True),
        sa.Column("counts_forecasts", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", PLAIN_TEXT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("system BETWEEN 1 AND 99", name="system_is_known"),
        _of_organisation(CONNECTIONS),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{CONNECTIONS}"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        SETTINGS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("reporting_currency", PLAIN_TEXT, nullable=True),
        _of_organisation(SETTINGS),
        sa.PrimaryKeyConstraint("organisation_id", name=f"pk_{SETTINGS}"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        RATES,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("currency", PLAIN_TEXT, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("mantissa", sa.BigInteger(), nullable=True),
        sa.Column("decimals", sa.SmallInteger(), nullable=False),
        sa.Column("reason", PLAIN_TEXT, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by", PLAIN_TEXT, nullable=True),
        sa.CheckConstraint("mantissa > 0", name="mantissa_is_positive"),
        sa.CheckConstraint("decimals BETWEEN 0 AND 8", name="decimals_are_few"),
        _of_organisation(RATES),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{RATES}"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id"], ["organisations.id"], name=f"fk_{table}_organisation_id"
    )


def _is_changed(same: str) -> str:
    """Whether an update is anything but erasing a person."""
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in KEPT)
    return (
        f"NOT ({kept} AND NEW.entered_by LIKE 'erased person %'"
        " AND OLD.entered_by NOT LIKE 'erased person %')"
    )


def _protect_sqlite() -> None:
    for name, event, condition, words in (
        ("keep", "UPDATE", _is_changed("IS"), "rows never change"),
        ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ("behind", "INSERT", BEHIND, "rows are only added behind the last one"),
    ):
        op.execute(
            f"CREATE TRIGGER {RATES}_{name} BEFORE {event} ON {RATES}"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{RATES}: {words}'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        f"CREATE TRIGGER {RATES}_stay BEFORE DELETE OR TRUNCATE ON {RATES}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {RATES}_keep BEFORE UPDATE ON {RATES} FOR EACH ROW"
        f" WHEN ({_is_changed('IS NOT DISTINCT FROM')})"
        " EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE FUNCTION {RATES}_behind() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {BEHIND} THEN RAISE EXCEPTION"
        f" '{RATES}: rows are only added behind the last one';"
        " END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {RATES}_behind BEFORE INSERT ON {RATES}"
        f" FOR EACH ROW EXECUTE FUNCTION {RATES}_behind()"
    )


def downgrade() -> None:
    """Revert."""
    for table in (RATES, SETTINGS, CONNECTIONS):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {RATES}_behind()")
