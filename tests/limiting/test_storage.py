"""Counts in the runtime store: exact, shared, kept, and together or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from sqlalchemy import select

from daybook.db.engine import Database
from daybook.limiting.models import Hit
from daybook.limiting.storage import StoredHits, moment_of
from daybook_people import NOON

pytestmark = pytest.mark.anyio

FIVE = RateLimitItemPerMinute(5)


@asynccontextmanager
async def stored(
    database: Database, after: timedelta = timedelta(0)
) -> AsyncIterator[StoredHits]:
    async with database.runtime.writes() as runtime:
        yield StoredHits(runtime, NOON + after)


async def hit(
    database: Database,
    after: timedelta = timedelta(0),
    item: RateLimitItem = FIVE,
    cost: int = 1,
) -> bool:
    async with stored(database, after) as hits:
        return await MovingWindowRateLimiter(hits).hit(item, "ada", cost=cost)


async def test_a_moving_window_lets_so_many_in_and_then_one_for_one(
    database: Database,
) -> None:
    at = [timedelta(seconds=number) for number in (0, 10, 20, 30, 40, 50, 59)]
    assert [await hit(database, one) for one in at] == [True] * 5 + [False] * 2

    async with stored(database, timedelta(seconds=59)) as hits:
        until, left = await MovingWindowRateLimiter(hits).get_window_stats(FIVE, "ada")
        assert (moment_of(until), left) == (NOON + timedelta(minutes=1), 0)
    later = [timedelta(seconds=number) for number in (60, 61, 70, 79)]
    assert [await hit(database, one) for one in later] == [True, False, True, False]


async def test_a_limit_of_one_name_is_not_another_s(database: Database) -> None:
    async with stored(database) as hits:
        limiter = MovingWindowRateLimiter(hits)
        for name in ("ada", "bob"):
            assert [await limiter.hit(FIVE, name) for _ in range(6)].count(True) == 5
        assert await limiter.hit(RateLimitItemPerMinute(9), "ada")


async def test_what_costs_more_counts_more(database: Database) -> None:
    costs = [await hit(database, cost=number) for number in (4, 2, 1, 1, 6)]

    assert costs == [True, False, True, False, False]


async def test_of_many_at_once_no_more_are_let_in(database: Database) -> None:
    # Two servers of one database.
    other = Database(database.url)
    try:
        found = await asyncio.gather(
            *(hit(one) for one in (database, other) for _ in range(15))
        )
    finally:
        await other.close()

    assert found.count(True) == 5


async def test_counts_outlive_the_process(database: Database) -> None:
    url = database.url
    for _ in range(5):
        again = Database(url)
        assert await hit(again)
        await again.close()

    assert not await hit(database)


async def test_what_is_rolled_back_was_not_counted(database: Database) -> None:
    async def fail() -> None:
        async with stored(database) as hits:
            assert await MovingWindowRateLimiter(hits).hit(FIVE, "ada", cost=5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await hit(database, cost=5)


async def test_hits_are_taken_back_and_keys_cleared(database: Database) -> None:
    await hit(database, cost=3)
    async with stored(database) as hits:
        limiter = MovingWindowRateLimiter(hits)
        assert await limiter.hit(FIVE, "ada", cost=2)
        assert not await limiter.test(FIVE, "ada")
        await hits.take_back(hits.counted)
        assert await limiter.hit(FIVE, "ada", cost=2)
        await limiter.clear(FIVE, "ada")
        assert await limiter.hit(FIVE, "ada", cost=5)
        assert await hits.check()
        await hits.reset()
        assert await limiter.hit(FIVE, "ada", cost=5)


async def test_a_fixed_window_begins_with_the_first(database: Database) -> None:
    async def counted(seconds: int) -> tuple[bool, int, float]:
        async with stored(database, timedelta(seconds=seconds)) as hits:
            limiter = FixedWindowRateLimiter(hits)
            is_in = await limiter.hit(FIVE, "ada", cost=2)
            until, left = await limiter.get_window_stats(FIVE, "ada")
            return is_in, left, until - NOON.timestamp()

    found = [await counted(number) for number in (0, 30, 59, 60)]

    assert found == [(True, 3, 60), (True, 1, 60), (False, 0, 60), (True, 3, 120)]


async def test_what_counts_no_more_is_cleared_away(database: Database) -> None:
    await hit(database, cost=5)
    await hit(database, timedelta(minutes=1))

    async with database.runtime.reads() as runtime:
        assert len((await runtime.scalars(select(Hit))).all()) == 1
