"""Files that are written anew hold what they held, in less room."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from daybook.db import compacting
from daybook.db.compacting import NoRoom, compact
from daybook.db.engine import Database
from daybook.db.failures import DatabaseOutage, OutageKind
from daybook_factories import invoice, record
from daybook_services.database import AT_ANY_TIME, NewDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
async def filled(new_sqlite: NewDatabase) -> AsyncIterator[Database]:
    database = Database(new_sqlite(), AT_ANY_TIME)
    await record(database, *(invoice(f"inv_{at}") for at in range(400)))
    yield database
    await database.close()


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.iterdump())


async def test_all_stays_and_the_file_is_smaller(filled: Database) -> None:
    before = content(filled.path)

    ledger, runtime = await compact(filled)

    assert (ledger.name, runtime.name) == (filled.path.name, filled.runtime.path.name)
    assert ledger.after == filled.path.stat().st_size
    assert ledger.after < 0.95 * ledger.before
    assert not ledger.is_in_use
    assert content(filled.path) == before
    await record(filled, invoice("after"))
    assert (await compact(filled))[0].after >= ledger.after


async def test_who_reads_goes_on_and_keeps_the_files_end(filled: Database) -> None:
    async with filled.reads() as session:
        connection = await session.connection()
        count = "SELECT count(*) FROM journals"
        before = (await connection.exec_driver_sql(count)).scalar_one()
        ledger, _ = await compact(filled)

        assert ledger.is_in_use
        assert (await connection.exec_driver_sql(count)).scalar_one() == before


async def test_it_waits_for_who_writes(filled: Database) -> None:
    with closing(sqlite3.connect(filled.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        work = asyncio.create_task(compact(filled))
        await asyncio.sleep(0.5)
        assert not work.done()
        other.execute("ROLLBACK")
        ledger, _ = await work

    assert ledger.after < ledger.before


async def test_who_writes_for_too_long_is_named(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "WRITER_WAITS_SECONDS", 0.2)
    with closing(sqlite3.connect(filled.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseOutage) as failed:
            await compact(filled)

    assert failed.value.kind is OutageKind.BUSY


async def test_given_up_it_changes_nothing(filled: Database) -> None:
    before = content(filled.path)
    with closing(sqlite3.connect(filled.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        work = asyncio.create_task(compact(filled))
        await asyncio.sleep(0.2)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    assert content(filled.path) == before


async def test_without_room_it_does_not_begin(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    size = filled.path.stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(2 * size - 1))
    with pytest.raises(NoRoom, match=f"{2 * size:,}"):
        await compact(filled)

    assert filled.path.stat().st_size == size
