"""Who waits for a commit is woken by it, whichever connection made it."""

import asyncio
import gc
import subprocess
import sys
from weakref import WeakSet

import pytest
from sqlalchemy import text

from daybook.db.changes import SHARED_MAX
from daybook.db.engine import Database
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio

SECONDS = 60

WRITER = """
import asyncio, sys
from sqlalchemy import make_url, text
from daybook.db.engine import Database

async def main():
    database = Database(make_url(sys.argv[1]))
    async with database.writes() as session:
        await session.execute(text("UPDATE organisations SET name = 'Other'"))
    await database.close()

asyncio.run(main())
"""


async def settle(changed: asyncio.Event) -> None:
    """Wait until the watch has begun, which wakes once."""
    async with asyncio.timeout(SECONDS):
        await changed.wait()
    changed.clear()


async def test_everybody_is_woken_by_a_commit(database: Database) -> None:
    async with database.changes.waiting() as first, database.changes.waiting() as last:
        await settle(first)
        last.clear()

        await record(database, invoice())

        async with asyncio.timeout(SECONDS):
            await first.wait()
            await last.wait()


async def test_another_process_wakes_too(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    async with database.changes.waiting() as changed:
        await settle(changed)

        await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", WRITER, url], check=True
        )

        async with asyncio.timeout(SECONDS):
            await changed.wait()


async def test_what_is_not_committed_wakes_nobody(database: Database) -> None:
    async def fail() -> None:
        async with database.writes() as session:
            await session.execute(text("UPDATE organisations SET name = 'Never'"))
            raise KeyError

    async with database.changes.waiting() as changed:
        await settle(changed)

        with pytest.raises(KeyError):
            await fail()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await changed.wait()


async def test_what_changed_is_read_once_for_all_who_ask(database: Database) -> None:
    loaded = []

    async def load() -> int:
        loaded.append(1)
        await asyncio.sleep(0)
        return len(loaded)

    async with database.changes.waiting() as changed:
        await settle(changed)
        one, other = await asyncio.gather(
            database.changes.once("key", load), database.changes.once("key", load)
        )
        assert (one, other) == (1, 1)
        assert await database.changes.once("other", load) == 2

        await record(database, invoice())
        await settle(changed)

        assert await database.changes.once("key", load) == 3


class Found:
    """Something that was read."""


async def test_what_was_read_is_kept_until_a_change_and_not_without_bound(
    database: Database,
) -> None:
    kept: WeakSet[Found] = WeakSet()

    async def load() -> Found:
        found = Found()
        kept.add(found)
        return found

    async with database.changes.waiting() as changed:
        await settle(changed)
        for at in range(SHARED_MAX + 10):
            await database.changes.once(at, load)
        gc.collect()
        assert len(kept) == SHARED_MAX

        await record(database, invoice())
        await settle(changed)
        gc.collect()
        assert not kept


async def test_who_asks_after_a_change_reads_anew_and_who_asked_before_is_answered(
    database: Database,
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> str:
        begun.set()
        await go_on.wait()
        return "before"

    async def load() -> str:
        return "after"

    async with database.changes.waiting() as changed:
        await settle(changed)
        first = asyncio.create_task(database.changes.once("key", slowly))
        await begun.wait()

        await record(database, invoice())
        await settle(changed)

        assert await database.changes.once("key", load) == "after"
        go_on.set()
        assert await first == "before"


async def test_nothing_is_watched_once_nobody_waits(database: Database) -> None:
    before = asyncio.all_tasks()
    async with database.changes.waiting() as changed:
        await settle(changed)
        assert len(asyncio.all_tasks()) > len(before)

    assert asyncio.all_tasks() == before


async def test_who_is_cancelled_while_the_watch_ends_stays_cancelled(
    database: Database,
) -> None:
    async with database.changes.waiting() as changed:
        await settle(changed)
        closing = asyncio.create_task(database.changes.close())
        await asyncio.sleep(0)  # it has told the watch to end, and waits for that

        closing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await closing
