"""Outages by what the databases themselves raise, and who waits to write."""

import asyncio
import errno
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import URL, event, text

from daybook.db import engine
from daybook.db.engine import Database
from daybook.db.failures import DatabaseOutage, OutageKind, outage_of
from daybook.ledger.commands import lock_organisation
from daybook_factories import invoice, record
from daybook_services.database import AT_ANY_TIME, NewDatabase

pytestmark = pytest.mark.anyio

SECONDS = 60
"""Nothing that a test waits for takes as long as this, unless something is wrong."""
WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("writing", flush=True)
sys.stdin.read()
"""


def kind_of(error: BaseException) -> OutageKind | None:
    found = outage_of(error)
    return found and found.kind


async def journals(database: Database) -> int:
    async with database.reads() as session:
        return await session.scalar(text("SELECT count(*) FROM journals")) or 0


def test_what_is_no_outage_is_a_mistake_of_ours() -> None:
    assert outage_of(KeyError("x")) is None
    assert outage_of(OSError(errno.EACCES, "no")) is None
    assert kind_of(OSError(errno.ENOSPC, "full")) is OutageKind.FULL
    assert kind_of(ConnectionRefusedError()) is OutageKind.UNREACHABLE
    lost = asyncpg.InternalClientError("cannot switch to state 12")
    assert kind_of(lost) is OutageKind.UNREACHABLE


async def test_a_full_disk_takes_nothing_and_can_be_read(
    new_sqlite: NewDatabase,
) -> None:
    database = Database(new_sqlite(), AT_ANY_TIME)
    await record(database, invoice("before"))
    before = await journals(database)

    def is_full(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count = 1")  # SQLite takes it as: no more
        cursor.close()

    await database.writing.dispose()
    event.listen(database.writing.sync_engine.pool, "connect", is_full)
    with pytest.raises(Exception, match="full") as failed:
        await record(database, *(invoice(f"inv_{at}") for at in range(500)))

    assert kind_of(failed.value) is OutageKind.FULL
    assert await journals(database) == before
    event.remove(database.writing.sync_engine.pool, "connect", is_full)
    await database.writing.dispose()
    await record(database, invoice("after"))
    assert await journals(database) > before
    await database.close()


@pytest.mark.parametrize("damage", ["not a database", "header", "middle", "truncated"])
def test_a_damaged_file_is_named(new_sqlite: NewDatabase, damage: str) -> None:
    url = new_sqlite()
    path = Path(str(url.database))
    spoil(path, damage)

    with pytest.raises(Exception, match=r"(?i)database") as failed:
        asyncio.run(journals(Database(url)))

    found = outage_of(failed.value)
    assert found is not None
    assert found.words.startswith(f"{path} is damaged (")
    assert found.words.endswith("): restore it from a copy")


def spoil(path: Path, damage: str) -> None:
    size = path.stat().st_size
    with path.open("r+b") as stream:
        match damage:
            case "not a database":
                stream.truncate(0)
                stream.write(b"invoices\n" * 1_000)
            case "header":
                stream.write(bytes(range(100)))
            case "middle":
                stream.seek(4_096)
                stream.write(b"\xa5" * (size - 8_192))
            case "truncated":
                stream.truncate(size // 2)


async def test_too_many_readers_are_told_soon(
    database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SQLITE_READERS", "POSTGRESQL_READERS"):
        monkeypatch.setattr(engine, name, 1)
    monkeypatch.setattr(engine, "READER_WAITS_SECONDS", 0.2)
    database = Database(database_url)

    async with database.reads() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Exception, match="QueuePool") as failed:
            await journals(database)

    assert kind_of(failed.value) is OutageKind.CROWDED
    await database.close()


async def test_while_another_program_writes_many_wait_and_all_read(
    new_sqlite: NewDatabase,
) -> None:
    url = new_sqlite()
    database = Database(url, AT_ANY_TIME)
    await record(database, invoice("first"))
    with subprocess.Popen(  # noqa: ASYNC220  (it is left to write meanwhile)
        [sys.executable, "-c", WRITER, str(url.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        other.stdout.readline()
        changes = [
            asyncio.create_task(record(database, invoice(f"inv_{at}")))
            for at in range(60)
        ]
        await asyncio.sleep(0.2)
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*(journals(database) for _ in range(50)))
        refused = [change for change in changes if change.done()]
        cancelled = changes[-len(refused) - 1]
        cancelled.cancel()
        await asyncio.wait([cancelled], timeout=SECONDS)
        left_at_once = cancelled.done()
        other.stdin.close()
    ended = await asyncio.gather(*changes, return_exceptions=True)

    assert left_at_once
    busy = [end for end in ended if isinstance(end, DatabaseOutage)]
    assert len(busy) == len(refused) == 60 - engine.WRITERS_WAITING_MAX - 1
    assert {outage.kind for outage in busy} == {OutageKind.BUSY}
    assert sum(isinstance(end, asyncio.CancelledError) for end in ended) == 1
    assert not [end for end in ended if isinstance(end, sqlite3.Error)]
    await database.close()


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """Another program that has the same database open."""
    opened = Database(database.url, AT_ANY_TIME)
    yield opened
    await opened.close()


async def test_a_cancelled_writer_stops_waiting_at_once(
    database: Database, other: Database
) -> None:
    async with other.writes() as session:
        await lock_organisation(session, 1)
        task = asyncio.create_task(record(database, invoice()))
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.wait([task], timeout=SECONDS)
        left_at_once = task.done()

    assert left_at_once
    assert task.cancelled()
    await record(database, invoice())


async def test_a_writer_that_waits_is_told_so_once(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[None] = []
    told = asyncio.Event()

    def report() -> None:
        waits.append(None)
        told.set()

    database.on_waiting = report
    monkeypatch.setattr(engine, "WAITING_REPORTED_SECONDS", SECONDS)
    await record(database, invoice("first"))
    assert not waits

    monkeypatch.setattr(engine, "WAITING_REPORTED_SECONDS", 0.05)
    async with other.writes() as session:
        await lock_organisation(session, 1)
        task = asyncio.create_task(record(database, invoice()))
        async with asyncio.timeout(SECONDS):
            await told.wait()
        monkeypatch.setattr(engine, "WAITING_REPORTED_SECONDS", SECONDS)
    await task

    assert len(waits) == 1
