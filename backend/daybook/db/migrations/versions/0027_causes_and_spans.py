"""Causes of movements, and sums of movements by the days that they span.

Movements that are there get no cause: it wasn't recorded. Their sums are computed here,
as recording after recording would have kept them.

Revision: 0027, after: 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLE = "span_totals"
KEY = (
    *(("ledger_id", sa.BigInteger()), ("first_day", sa.Integer())),
    *(("last_day", sa.Integer()), ("product_id", sa.BigInteger())),
    *(("debit_role", sa.SmallInteger()), ("credit_role", sa.SmallInteger())),
    *(("source", sa.SmallInteger()), ("cause", sa.SmallInteger())),
    *(("side", sa.SmallInteger()), ("recorded_in", sa.BigInteger())),
)
SUMS = (("amount", sa.BigInteger()), ("daily", sa.BigInteger()))

MOVEMENT = (
    *("ledger_id", "journal", "seq", "schedule_id", "debit_role", "credit_role"),
    *("amount", "daily", "first_day", "last_day", "method", "recorded_in"),
    *("debit_product_id", "credit_product_id"),
)
"""The columns of a movement that superseding it doesn't change."""

CLOSED = "rows are added only by a recording in progress"
OPEN = (
    "SELECT 1 FROM open_recordings o WHERE o.ledger_id = {row}.ledger_id"
    " AND o.number = {row}.recorded_in"
)

DEBITED = "coalesce(m.debit_product_id, j.product_id, 0)"
CREDITED = "coalesce(m.credit_product_id, j.product_id, 0)"
SIDES = (
    (DEBITED, f"CASE WHEN {DEBITED} = {CREDITED} THEN 0 ELSE 1 END", "1 = 1"),
    (CREDITED, "2", f"{DEBITED} <> {CREDITED}"),
)
"""A product, its side, and which movements count there."""
RECORDINGS = (("recorded_in", 1), ("superseded_in", -1))
"""A movement is added by one recording, and may be subtracted by another."""


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE movements ADD COLUMN cause SMALLINT")
    op.create_table(
        TABLE,
        *(sa.Column(name, kind, nullable=False) for name, kind in (*KEY, *SUMS)),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name=f"fk_{TABLE}_ledger_id"
        ),
        sa.PrimaryKeyConstraint(*(name for name, _ in KEY), name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    op.execute(_filling())
    op.create_index(
        "ix_movements_caused",
        "movements",
        ["ledger_id", "cause", "journal"],
        sqlite_where=sa.text("cause IS NOT NULL"),
        postgresql_where=sa.text("cause IS NOT NULL"),
    )
    _keep_movements((*MOVEMENT, "cause"))
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _filling() -> str:
    """The statement that sums the movements that are there."""
    parts = " UNION ALL ".join(
        "SELECT m.ledger_id, m.first_day, m.last_day,"  # noqa: S608  (our own text)
        f" {product} AS product_id, m.debit_role, m.credit_role, j.source,"
        f" {side} AS side, m.{recording} AS recorded_in,"
        f" {sign} * m.amount AS amount, {sign} * m.daily AS daily"
        " FROM movements m JOIN journals j"
        " ON j.ledger_id = m.ledger_id AND j.number = m.journal"
        f" WHERE m.{recording} IS NOT NULL AND {which}"
        for product, side, which in SIDES
        for recording, sign in RECORDINGS
    )
    key = (
        "ledger_id, first_day, last_day, product_id, debit_role, credit_role, source,"
        " side, recorded_in"
    )
    return (
        f"INSERT INTO {TABLE} ({key}, cause, amount, daily)"  # noqa: S608  (our own text)
        f" SELECT {key}, 0, sum(amount), sum(daily) FROM ({parts}) AS moved"
        f" GROUP BY {key} HAVING sum(amount) <> 0 OR sum(daily) <> 0"
    )


def _keep_movements(columns: tuple[str, ...]) -> None:
    """Allow superseding a movement once; its other columns never change."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    # SQLite's own spelling, also of versions before 3.39.
    same = "IS NOT DISTINCT FROM" if is_postgresql else "IS"
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in columns)
    condition = (
        "NOT (OLD.superseded_in IS NULL AND NEW.superseded_in IS NOT NULL"
        f" AND {unchanged})"
    )
    if is_postgresql:
        op.execute("DROP TRIGGER movements_keep ON movements")
        op.execute(
            "CREATE TRIGGER movements_keep BEFORE UPDATE ON movements FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute("DROP TRIGGER movements_keep")
    op.execute(
        f"CREATE TRIGGER movements_keep BEFORE UPDATE ON movements WHEN {condition}"
        " BEGIN SELECT RAISE(ABORT, 'movements: rows never change'); END"
    )


def _protect_sqlite() -> None:
    is_closed = f"NOT EXISTS ({OPEN.format(row='NEW')})"
    for name, event, condition, words in (
        ("keep", "UPDATE", "1 = 1", "rows never change"),
        ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ("open", "INSERT", is_closed, CLOSED),
    ):
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE}"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{TABLE}: {words}'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_stay BEFORE DELETE OR TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_keep BEFORE UPDATE ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    # Once for all rows of a COPY: a trigger for each would take longer than it.
    refused = (
        "IF EXISTS (SELECT 1 FROM added WHERE NOT EXISTS"  # noqa: S608  (our own text)
        f" ({OPEN.format(row='added')})) THEN"
        f" RAISE EXCEPTION '{TABLE}: {CLOSED}'; END IF;"
    )
    op.execute(
        f"CREATE FUNCTION {TABLE}_open() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN {refused} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_open AFTER INSERT ON {TABLE}"
        " REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_open()"
    )


def downgrade() -> None:
    """Revert."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_movements_caused", "movements")
    op.drop_table(TABLE)
    if is_postgresql:
        op.execute(f"DROP FUNCTION {TABLE}_open()")
    _keep_movements(MOVEMENT)
    op.execute("ALTER TABLE movements DROP COLUMN cause")
