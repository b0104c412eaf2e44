"""What was posted stays as it was posted: the databases themselves refuse a change."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.db.engine import Database
from daybook_factories import credit_note, invoice, record
from daybook_services.database import NewDatabase
from daybook_stored import dump

pytestmark = pytest.mark.anyio

# ruff: noqa: S608  (table and column names are those below)

COLUMNS = {
    "journals": "number month document_id customer_id product_id source",
    "recordings": "number reason rules",
    "month_totals": "month debit_role credit_role source recorded_in change",
    "span_totals": "first_day last_day product_id debit_role credit_role source cause"
    " side recorded_in amount daily",
    "month_counts": "month source recorded_in change",
    "movements": "journal seq schedule_id debit_role credit_role amount daily first_day"
    " last_day method recorded_in",
}
CHANGES = [
    *(f"DELETE FROM {table}" for table in COLUMNS),
    *(
        f"UPDATE {table} SET {column} = {column}"
        for table, columns in COLUMNS.items()
        for column in columns.split()
    ),
    "UPDATE recordings SET recorded_at = recorded_at",
    "UPDATE movements SET superseded_in = NULL WHERE superseded_in IS NOT NULL",
    "UPDATE movements SET superseded_in = 9 WHERE superseded_in IS NOT NULL",
    "UPDATE movements SET superseded_in = NULL WHERE superseded_in IS NULL",
    "UPDATE movements SET superseded_in = 9, amount = amount + 1",
    "UPDATE movements SET superseded_in = 9, last_day = last_day - 1",
    "UPDATE movements SET superseded_in = 9, recorded_in = 9",
]

REFUSED = "rows (never change|are never deleted|are superseded only by a recording in)"


async def test_posted_rows_are_never_changed(database: Database) -> None:
    await record(database, invoice())
    await record(database, credit_note(), on="2025-09-01")
    before = await dump(database)

    for change in CHANGES:
        with pytest.raises(DBAPIError, match=REFUSED):
            await execute(database, change)

    assert await dump(database) == before


async def test_postgresql_refuses_to_truncate(new_postgresql: NewDatabase) -> None:
    database = Database(new_postgresql())
    await record(database, invoice())

    for table in COLUMNS:
        with pytest.raises(DBAPIError, match="rows never change"):
            await execute(database, f"TRUNCATE {table} CASCADE")
    await database.close()


async def test_a_movement_may_end_once(database: Database) -> None:
    await record(database, invoice())
    await begin_recordings(database, 2, 3)

    await execute(database, "UPDATE movements SET superseded_in = 2 WHERE journal = 1")

    with pytest.raises(DBAPIError, match="rows never change"):
        await execute(database, "UPDATE movements SET superseded_in = 3")


@pytest.mark.parametrize(
    "change",
    [
        "amount = 0",
        "amount = -1",
        "daily = -1",
        "daily = amount + 1",
        "first_day = last_day + 1",
        "debit_role = credit_role",
        "debit_role = 100",
        "credit_role = 0",
        "method = 100",
        "journal = 99",
        "ledger_id = 99",
    ],
)
async def test_a_movement_that_makes_no_sense_is_refused(
    database: Database, change: str
) -> None:
    await record(database, invoice())
    await begin_recordings(database, 2)
    column, _, value = change.partition(" = ")
    columns = f"ledger_id {COLUMNS['movements']}".split()
    values = [value if one == column else one for one in columns]
    values[2] = "seq + 100"
    values[columns.index("recorded_in")] = "2"

    # In another ledger no recording is in progress.
    expected = "(?i)constraint" + "|in progress" * (column == "ledger_id")
    with pytest.raises(DBAPIError, match=expected):
        await execute(
            database,
            f"INSERT INTO movements ({', '.join(columns)})"
            f" SELECT {', '.join(values)} FROM movements WHERE journal = 2",
        )


async def execute(database: Database, statement: str) -> None:
    async with database.writes() as session:
        await session.execute(text(statement))


async def begin_recordings(database: Database, *numbers: int) -> None:
    """Begin recordings of the first ledger that no audit record ever names."""
    for number in numbers:
        await execute(
            database,
            "INSERT INTO recordings (ledger_id, number, recorded_at, reason)"
            f" VALUES (1, {number}, '2025-01-01 12:00:00+00', 'test')",
        )
