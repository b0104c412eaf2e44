"""The fast ways to a database and the plain ones do the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from daybook.db.engine import Database
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.fast.compiled import fetch_rows as rows_of_compiled
from daybook.db.fast.visits import DriverConnection
from daybook.db.lists import in_numbers, numbered
from daybook.ledger.models import Customer, Recording
from daybook.settings import is_fast
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio

ROWS = [(1, number, f"c{number}", "ä\t\\N\n'", "") for number in range(45_000)]


@pytest.fixture(params=["yes", "no"], autouse=True)
def is_switched_on(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[bool]:
    """The switch, on and off."""
    monkeypatch.setenv("DAYBOOK_FAST", request.param)
    is_fast.cache_clear()
    yield request.param == "yes"
    monkeypatch.undo()
    is_fast.cache_clear()


async def test_a_file_is_visited_as_the_switch_says(
    database: Database, *, is_switched_on: bool
) -> None:
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        is_ours = isinstance(raw.dbapi_connection, DriverConnection)

    assert is_ours == (is_switched_on and database.is_sqlite)


async def test_many_rows_go_in_and_come_back(database: Database) -> None:
    async with database.writes() as session:
        await insert_rows(session, table_rows(Customer, ROWS), table_rows(Customer, []))

    async with database.reads() as session:
        table = Customer.__table__
        found = await session.execute(select(*table.columns).order_by(table.c.id))
        assert [tuple(row) for row in found] == ROWS


async def test_rows_that_are_taken_back_were_never_there(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.writes() as session:
            await insert_rows(session, table_rows(Customer, ROWS[:3]))
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_fail()

    async with database.reads() as session:
        assert (await session.scalars(select(Customer))).all() == []


@pytest.mark.parametrize("way", ["alone", "pinned", "in a transaction"])
async def test_a_kept_statement_answers_in_the_types_of_its_columns(
    database: Database, way: str
) -> None:
    await record(database, invoice())
    since: Any = bindparam("since", type_=Recording.recorded_at.type, required=False)
    kept = CompiledSelect(
        select(Recording.ledger_id, Recording.recorded_at, Recording.reason).where(
            Recording.number == bindparam("number", required=False),
            Recording.recorded_at > since,
        )
    )
    given = {"number": 1, "since": datetime(2024, 12, 31, tzinfo=UTC)}

    for _ in range(2):  # the second time it is made already
        if way == "alone":
            found = await rows_of_compiled(database, kept, given)
        else:
            reads = database.reads if way != "pinned" else database.pinned_reads
            async with reads() as session:
                found = await fetch_rows_in(session, kept, given)

        moment = datetime(2025, 1, 1, 12, tzinfo=UTC)
        assert [tuple(row) for row in found] == [(1, moment, "test")]


async def test_statements_of_one_structure_keep_their_own_values(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"))
    await record(database, invoice("inv_2"), on="2025-01-02")

    async def numbers(*conditions: Any) -> list[int]:
        kept = CompiledSelect(
            select(Recording.number)
            .where(Recording.ledger_id == bindparam("ledger", required=False))
            .where(*conditions)
            .order_by(Recording.number)
        )
        return [row[0] for row in await rows_of_compiled(database, kept, {"ledger": 1})]

    for number in (2, 1, 3):
        found = await numbers(Recording.number == number)
        assert found == [wanted for wanted in (1, 2) if wanted == number]
    for wanted in ([1], [1, 2], [2], []):
        assert await numbers(Recording.number.in_(wanted)) == wanted


async def test_lists_of_numbers_find_what_is_among_them(database: Database) -> None:
    rows = [(1, number, f"c{number}", "", "") for number in range(1, 1_200)]
    async with database.writes() as session:
        await insert_rows(session, table_rows(Customer, rows))

    for wanted in (set(), {7}, {1, 7, 5_000}, set(range(3, 1_100, 2))):
        found = set()
        for parameters in numbered(wanted):
            is_among = in_numbers(Customer.id, len(parameters))
            kept = CompiledSelect(select(Customer.id).where(is_among))
            rows_found = await rows_of_compiled(database, kept, parameters)
            found |= {number for (number,) in rows_found}

        assert found == {number for number in wanted if number < 1_200}
