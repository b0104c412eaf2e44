"""What becomes of statements that nobody waits for any longer."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from itertools import count
from types import coroutine
from typing import Any, TypeAlias

import pytest
from sqlalchemy import URL, literal_column, select, text

from daybook.db.engine import Database
from daybook.db.fast.compiled import CompiledSelect, fetch_rows, fetch_rows_in

pytestmark = pytest.mark.anyio

SECONDS = 30
SLOW = {
    "sqlite": "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"
    " WHERE x < 200000000) SELECT count(*) FROM c)",
    "postgresql": "cast(pg_sleep(60) AS text)",
}
RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'"
    " AND state = 'active' AND pid <> pg_backend_pid()"
)
Way: TypeAlias = Callable[[Database, str], Awaitable[object]]


async def alone(database: Database, slow: str) -> object:
    return await fetch_rows(
        database, CompiledSelect(select(literal_column(slow).label("n"))), {}
    )


async def pinned(database: Database, slow: str) -> object:
    kept = CompiledSelect(select(literal_column(slow).label("n")))
    async with database.pinned_reads() as session:
        return await fetch_rows_in(session, kept, {})


async def in_a_transaction(database: Database, slow: str) -> object:
    kept = CompiledSelect(select(literal_column(slow).label("n")))
    async with database.reads() as session:
        return await fetch_rows_in(session, kept, {})


async def by_a_session(database: Database, slow: str) -> object:
    async with database.reads() as session:
        return await session.scalar(text(f"SELECT {slow}"))


async def writing(database: Database, slow: str) -> object:
    async with database.writes() as session:
        return await session.scalar(text(f"SELECT {slow}"))


async def writing_beside_a_stream(database: Database, slow: str) -> object:
    """What is open is interrupted too, and nobody asks it for another row."""
    async with database.writes() as session:
        rows = await session.stream(text("SELECT 1 UNION ALL SELECT 2"))
        first = await rows.fetchone()
        return first, await session.scalar(text(f"SELECT {slow}"))


@pytest.mark.parametrize(
    "way",
    [alone, pinned, in_a_transaction, by_a_session, writing, writing_beside_a_stream],
)
async def test_a_cancelled_statement_ends_and_holds_nobody_up(
    scarce_database: Database, database: Database, way: Way
) -> None:
    kind = scarce_database.url.get_backend_name()
    one = CompiledSelect(select(literal_column("1").label("n")))
    await fetch_rows(scarce_database, one, {})

    for _ in range(3):
        task = asyncio.ensure_future(way(scarce_database, SLOW[kind]))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async with asyncio.timeout(SECONDS):
        assert [tuple(row) for row in await fetch_rows(scarce_database, one, {})] == [
            (1,)
        ]
        async with scarce_database.writes() as session:
            assert await session.scalar(text("SELECT 2")) == 2
        if kind == "postgresql":
            await asyncio.sleep(0.5)
            async with database.reads() as session:
                assert await session.scalar(RUNNING) == 0
        else:
            before = time.process_time()
            await asyncio.sleep(0.5)
            assert time.process_time() - before < 0.2


async def reading(database: Database) -> None:
    async with database.reads() as session:
        await session.execute(text("SELECT 1"))


async def reading_alone(database: Database) -> None:
    await fetch_rows(database, CompiledSelect(select(literal_column("1"))), {})


@pytest.mark.parametrize(
    ("work", "waits_min"), [(reading, 6), (reading_alone, 2)], ids=["session", "alone"]
)
def test_a_loop_that_ends_leaves_no_connection_behind(
    database_url: URL,
    work: Callable[[Database], Coroutine[Any, Any, None]],
    waits_min: int,
) -> None:
    """Whichever wait of a reading task is the one in which the program ends."""

    async def ended_at(wait: int) -> bool:
        database = Database(database_url)
        reached = asyncio.Event()
        task = asyncio.ensure_future(telling(reached, wait, work(database)))
        waiting = asyncio.ensure_future(reached.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0)  # what gives the connection back is a task by now
        await database.close()
        assert not database.engine.pool.checkedout()  # type: ignore[attr-defined]  # a queue pool
        return not reached.is_set()

    for wait in count():
        if asyncio.run(ended_at(wait)):
            break
        gc.collect()  # a connection that nobody gave back warns

    assert wait >= waits_min, "it waits for each statement"


@coroutine
def telling(
    reached: asyncio.Event, wait: int, work: Coroutine[Any, Any, None]
) -> Generator[Any, Any, None]:
    """Do work, and set an event as it waits for so many times."""
    for waits, awaited in enumerate(work.__await__()):
        if waits == wait:
            reached.set()
        yield awaited
