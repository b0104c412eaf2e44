"""Redis and PostgreSQL go away in the middle of jobs, and come back."""

import asyncio
import random
import time

import pytest

from daybook.jobs.rules import JobStatus
from daybook_installation import SHARED, SHORT_LEASES, NewInstallation
from daybook_outcomes import outcome_of
from daybook_services.figures import Note
from daybook_services.postgresql import StoppingServer
from daybook_services.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

ROUNDS = 10


BOTH = pytest.mark.parametrize("others", [{}, SHARED], ids=["alone", "shared"])


@BOTH
async def test_redis_is_stopped_during_jobs(
    new_installation: NewInstallation,
    redis: RedisServer,
    note: Note,
    others: dict[str, str],
) -> None:
    async with new_installation(**others) as installation:
        await installation.start_server()
        for _ in range(2):
            await installation.start_worker()
        for number in range(ROUNDS):
            during = await installation.request()
            await installation.once(lambda job: job.status == JobStatus.RUNNING)
            await asyncio.to_thread(redis.stop)
            # Without a wake-up, workers find it by looking.
            without = await installation.request()
            if number % 2:
                await installation.ended(without)
            await asyncio.to_thread(redis.start)
            await installation.ended(during)
            await installation.ended(without)
        outcome = await outcome_of(installation)

    # The row is the truth: no attempt is lost with Redis.
    assert (outcome.ready, outcome.lost) == (2 * ROUNDS, 0)
    assert (outcome.mail_copies, outcome.hook_copies) == (0, 0)
    note(f"{ROUNDS} stops during a job: {outcome}")


@BOTH
async def test_postgresql_is_restarted_during_jobs(
    new_installation: NewInstallation,
    stopping_server: StoppingServer,
    note: Note,
    others: dict[str, str],
) -> None:
    moments = random.Random(18)  # noqa: S311  (any moments do)
    during = 0
    async with new_installation(**SHORT_LEASES, **others) as installation:
        await installation.start_server()
        for _ in range(2):
            await installation.start_worker()
        began = time.monotonic()
        await installation.request()
        await installation.ended()
        its_time = time.monotonic() - began
        for number in range(ROUNDS):
            await installation.request()
            await asyncio.sleep(moments.uniform(0, its_time))
            during += (await installation.unfinished()) > 0
            # By turns as a crash does it, and as an operator does.
            mode = ("immediate", "fast")[number % 2]
            await asyncio.to_thread(stopping_server.stop, mode)
            await asyncio.sleep(number % 4)
            await asyncio.to_thread(stopping_server.start)
            await installation.ended()
        # What was being sent is sent again once its lease is over.
        installation.let_pass(hours=1)
        outcome = await outcome_of(installation)

    assert outcome.ready > 1
    note(f"{ROUNDS} restarts, {during} of them during a job: {outcome}")
