"""Sums that are kept in the process: read once, dropped after a while, bounded."""

import asyncio

import pytest

import daybook.reports.kept_totals as kept
from daybook.db.engine import Database
from daybook.reports.kept_totals import keep_totals

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
