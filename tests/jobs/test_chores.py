"""Chores are done by one runner at a time, and by another once that one is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from daybook.db.engine import Database, Store
from daybook.jobs.chores import Chores, hold, release
from daybook.jobs.models import ChoreLease
from daybook.jobs.rules import Chore
from daybook_jobs import until

pytestmark = pytest.mark.anyio

LEASE = timedelta(hours=1)
OFTEN = timedelta(0)
NAMES = ["sweep", "tidy"]


async def run_out(store: Store, **values: object) -> None:
    """Let all leases run out, as those of a killed runner do."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with store.writes() as session:
        await session.execute(update(ChoreLease).values(until=past, **values))


async def rows(store: Store) -> list[tuple[str, str]]:
    """Which runner has which chore."""
    async with store.reads() as session:
        found = await session.scalars(select(ChoreLease).order_by(ChoreLease.chore))
        return [(lease.chore, lease.runner) for lease in found]


@asynccontextmanager
async def doing(store: Store, runner: str, *chores: Chore) -> AsyncIterator[None]:
    """A runner that does chores meanwhile."""
    task = asyncio.create_task(Chores(store, runner, chores, LEASE).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Counted:
    """Work that counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    async def work(self) -> None:
        """Count once more."""
        self.times += 1

    async def was_done(self) -> bool:
        """Whether it was done at all."""
        return self.times > 0


async def test_a_chore_has_one_runner(database: Database) -> None:
    store = database.runtime

    assert await hold(store, "a", NAMES[:1], LEASE) == ["sweep"]
    assert await hold(store, "b", NAMES, LEASE) == ["tidy"]
    assert await hold(store, "a", NAMES, LEASE) == ["sweep"]
    assert await rows(store) == [("sweep", "a"), ("tidy", "b")]


async def test_runners_that_race_share_the_chores(database: Database) -> None:
    store = database.runtime

    held = await asyncio.gather(
        *(hold(store, f"runner {at}", NAMES, LEASE) for at in range(5))
    )

    assert sorted(name for names in held for name in names) == NAMES


async def test_a_lost_runners_chores_are_taken_over(database: Database) -> None:
    store = database.runtime
    await hold(store, "a", NAMES, LEASE)
    await run_out(store)

    assert await hold(store, "b", NAMES, LEASE) == NAMES
    assert await hold(store, "a", NAMES, LEASE) == []


async def test_what_is_given_back_is_free_at_once(database: Database) -> None:
    store = database.runtime
    await hold(store, "a", NAMES, LEASE)

    await release(store, "a")

    assert await hold(store, "b", NAMES, LEASE) == NAMES


async def test_a_lease_that_is_long_enough_is_not_written_again(
    database: Database,
) -> None:
    store = database.runtime
    await hold(store, "a", NAMES, LEASE)
    async with store.reads() as session:
        before = (await session.scalars(select(ChoreLease.until))).all()

    await hold(store, "a", NAMES, LEASE)
    async with store.reads() as session:
        after = (await session.scalars(select(ChoreLease.until))).all()
    await hold(store, "a", NAMES, 3 * LEASE)
    async with store.reads() as session:
        extended = (await session.scalars(select(ChoreLease.until))).all()

    assert before == after
    assert min(extended) > max(after) + LEASE


async def test_leases_of_machines_that_are_gone_are_removed(
    database: Database,
) -> None:
    store = database.runtime
    await hold(store, "gone", ["tidy on a machine"], LEASE)
    async with store.writes() as session:
        long_ago = datetime.now(UTC) - timedelta(days=2)
        await session.execute(update(ChoreLease).values(until=long_ago))

    await hold(store, "a", NAMES, LEASE)

    assert [chore for chore, _ in await rows(store)] == NAMES


async def test_one_of_two_runners_does_it_and_then_the_other(
    database: Database,
) -> None:
    store, first, second = database.runtime, Counted(), Counted()

    async with doing(store, "b", Chore("tidy", OFTEN, second.work)):
        await until(second.was_done)
        async with doing(store, "a", Chore("tidy", OFTEN, first.work)):
            await asyncio.sleep(0.5)
            assert first.times == 0
    async with doing(store, "a", Chore("tidy", OFTEN, first.work)):
        await until(first.was_done)

    assert await rows(store) == [], "who stops gives them back"


async def test_a_chore_that_fails_or_hangs_holds_up_no_other(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ends = asyncio.Event()

    async def fail() -> None:
        raise ValueError("a moment of no time zone")

    async def hang() -> None:
        await ends.wait()

    tidy = Counted()
    chores = (
        Chore("fail", OFTEN, fail),
        Chore("hang", OFTEN, hang),
        Chore("tidy", OFTEN, tidy.work),
    )

    async with doing(database.runtime, "a", *chores):
        await until(tidy.was_done)

    assert "a chore failed: fail" in caplog.text
