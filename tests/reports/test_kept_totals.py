"""Sums that are kept in the process: read once, dropped after a while, bounded."""

import asyncio

import pytest
from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncSession

import daybook.reports.kept_totals as kept
from daybook.db.engine import POSTGRESQL_READERS, SQLITE_READERS, Database
from daybook.reports.kept_totals import keep_figures, keep_totals

pytestmark = pytest.mark.anyio


class Source:
    """Counts its readings."""

    def __init__(self) -> None:
        self.count = 0

    async def read(self) -> int:
        """The number of the reading."""
        self.count += 1
        await asyncio.sleep(0)
        return self.count

    async def ask(self, database: Database, key: object = "key") -> int:
        """Ask for the sum."""
        async with database.reads() as session:
            return await keep_totals(session, key, self.read)


async def test_many_who_ask_wait_for_one_reading(database: Database) -> None:
    source = Source()

    found = await asyncio.gather(*(source.ask(database) for _ in range(5)))

    assert found == [1] * 5
    assert await source.ask(database, "another key") == 2


async def test_sums_are_read_again_after_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source()
    await source.ask(database)
    monkeypatch.setattr(kept, "KEPT_SECONDS", -1)

    assert await source.ask(database) == 2


async def test_no_more_are_kept_than_the_maximum(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "KEPT_MAX", 2)
    source = Source()
    for key in ("first", "second", "third"):
        await source.ask(database, key)

    assert await source.ask(database, "third") == 3
    assert await source.ask(database, "first") == 4


async def test_a_reading_that_fails_is_not_kept(database: Database) -> None:
    async def fail() -> int:
        raise ValueError("no answer")

    async with database.reads() as session:
        with pytest.raises(ValueError, match="no answer"):
            await keep_totals(session, "key", fail)
    assert await Source().ask(database) == 1


async def test_figures_never_take_the_place_of_sums(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FIGURES_MAX", 2)
    source = Source()
    await source.ask(database)
    async with database.reads() as session:
        for key in ("first", "second", "third", "second"):
            found = await keep_figures(session, key, source.read)

        assert found == 3, "the second one's, which is kept"
        assert await keep_figures(session, "first", source.read) == 5
    assert await source.ask(database) == 1


async def test_who_waits_for_figures_never_has_the_connection_of_who_reads(
    database: Database,
) -> None:
    size = SQLITE_READERS if database.is_sqlite else POSTGRESQL_READERS
    all_hold, last_asks = asyncio.Event(), asyncio.Event()
    holding = 0

    async def ask(session: AsyncSession) -> int | None:
        return await keep_figures(
            session, "key", lambda: session.scalar(select(literal(7)))
        )

    async def hold_and_ask() -> int | None:
        nonlocal holding
        async with database.pinned_reads() as session:
            await session.scalar(select(1))
            holding += 1
            if holding == size:
                all_hold.set()
            await last_asks.wait()
            return await ask(session)

    async def ask_last() -> int | None:
        async with database.pinned_reads() as session:
            await all_hold.wait()
            last_asks.set()
            return await ask(session)

    found = await asyncio.gather(ask_last(), *(hold_and_ask() for _ in range(size)))

    assert found == [7] * (size + 1)
