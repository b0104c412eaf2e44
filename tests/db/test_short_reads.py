"""Short reads of a SQLite file answer at once, and never hold others up for long."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from sqlalchemy import func, insert, literal_column, select

from daybook.db.engine import Database
from daybook.db.fast.compiled import (
    GIVEN_UP_FOR,
    CompiledSelect,
    fetch_rows,
    fetch_rows_in,
)
from daybook.ledger.models import Customer
from daybook.settings import is_fast
from daybook_services.database import NewDatabase

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not is_fast(), reason="a session reads all statements then"),
]

DEADLINE_SECONDS = 120
SHORT = CompiledSelect(select(func.count(Customer.id)), is_short=True)
ENDLESS = (
    "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
    " SELECT count(*) FROM c)"
)
LONG = ENDLESS.replace("FROM c)", "FROM c LIMIT 5000000)", 1)


@pytest.fixture
async def sqlite(new_sqlite: NewDatabase) -> AsyncIterator[Database]:
    """An empty SQLite database."""
    opened = Database(new_sqlite())
    yield opened
    await opened.close()


async def begun(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A coroutine's task at its first wait; it is done if there is none."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    return task


async def add_customer(database: Database, number: int) -> None:
    async with database.writes() as session:
        await session.execute(
            insert(Customer).values(
                organisation_id=1,
                id=number,
                external_id=f"cus_{number}",
                name="A",
                legal_name="",
            )
        )


async def pinned(database: Database) -> Any:
    async with database.pinned_reads() as session:
        return await fetch_rows_in(session, SHORT, {})


async def test_they_answer_without_waiting_and_see_every_change(
    sqlite: Database,
) -> None:
    for number in (1, 2):
        await add_customer(sqlite, number)

        for work in (fetch_rows(sqlite, SHORT, {}), pinned(sqlite)):
            task = await begun(work)
            assert task.done()
            assert task.result() == [(number,)]


async def test_a_long_read_goes_on_in_a_thread_while_short_ones_answer(
    sqlite: Database,
) -> None:
    long = CompiledSelect(select(literal_column(ENDLESS).label("n")), is_short=True)
    reading = asyncio.ensure_future(fetch_rows(sqlite, long, {}))
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            for number in range(1, 11):
                await add_customer(sqlite, number)
                assert await fetch_rows(sqlite, SHORT, {}) == [(number,)]

        assert not reading.done()
    finally:
        threads = threading.active_count()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while threading.active_count() >= threads:  # noqa: ASYNC110  (its own tells nobody)
                await asyncio.sleep(0.01)


async def test_a_statement_that_took_too_long_is_left_to_threads_for_a_while(
    sqlite: Database,
) -> None:
    long = CompiledSelect(select(literal_column(LONG).label("n")), is_short=True)

    assert long.short_rows(sqlite, {}) is None
    assert await fetch_rows(sqlite, long, {}) == [(5_000_000,)]
    for _ in range(GIVEN_UP_FOR - 1):
        assert long.short_rows(sqlite, {}) is None
    assert SHORT.short_rows(sqlite, {}) == [(0,)]


async def test_a_session_with_a_connection_reads_by_it(sqlite: Database) -> None:
    async with sqlite.pinned_reads() as session:
        await session.execute(select(1))

        assert session.in_transaction()
        task = await begun(fetch_rows_in(session, SHORT, {}))
        assert not task.done()
        assert await task == [(0,)]


async def test_a_closed_store_reads_again(sqlite: Database) -> None:
    assert await fetch_rows(sqlite, SHORT, {}) == [(0,)]
    await sqlite.close()

    assert await fetch_rows(sqlite, SHORT, {}) == [(0,)]


async def test_another_thread_reads_by_connections_of_its_own(sqlite: Database) -> None:
    assert SHORT.short_rows(sqlite, {}) == [(0,)]
    found: list[object] = []

    def read() -> None:
        found.append(SHORT.short_rows(sqlite, {}))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()

    assert found == [None]
