"""Workers that are killed at any moment: others finish their jobs."""

import asyncio
import random
import time

import pytest

from daybook_installation import SHARED, SHORT_LEASES, Installation, NewInstallation
from daybook_outcomes import outcome_of
from daybook_services.figures import Note

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

KILLS = 100
WAITING = 3
"""How many jobs there are for two workers at any time."""
WORKBOOK = {"format": "XLSX", "compress": None, "granularity": "MONTHLY"}
WORKBOOK_EVERY = 4
"""One export of so many is a workbook, which takes temporary files."""
SHARE = 0.8
"""The share of kills that wait until the worker has a job."""


async def have_jobs(installation: Installation) -> None:
    """See to it that jobs wait."""
    while await installation.unfinished() < WAITING:
        is_workbook = installation.requested % WORKBOOK_EVERY == WORKBOOK_EVERY - 1
        await installation.request(**(WORKBOOK if is_workbook else {}))
    await asyncio.sleep(0.05)


@pytest.mark.parametrize("others", [{}, SHARED], ids=["alone", "shared"])
@pytest.mark.parametrize("storage", ["local", "bucket"])
async def test_workers_are_killed_a_hundred_times(
    new_installation: NewInstallation, note: Note, storage: str, others: dict[str, str]
) -> None:
    moments = random.Random(18)  # noqa: S311  (any moments do)
    rendering = 0
    async with new_installation(storage, **SHORT_LEASES, **others) as installation:
        await installation.start_server()
        workers = [await installation.start_worker() for _ in range(2)]
        began = time.monotonic()
        await installation.request()
        await installation.ended()
        its_time = time.monotonic() - began
        for _ in range(KILLS):
            at = moments.randrange(2)
            await have_jobs(installation)
            if moments.random() < SHARE:
                while await installation.job_held_by(workers[at]) is None:
                    await have_jobs(installation)
            # Any moment of a job, and of what follows it.
            await asyncio.sleep(moments.uniform(0, 1.2 * its_time))
            rendering += await installation.job_held_by(workers[at]) is not None
            await workers[at].kill()
            workers[at] = await installation.start_worker(is_awaited=False)
        outcome = await outcome_of(installation)

    assert outcome.ready > 1
    note(f"{KILLS} kills, {rendering} of them of a worker with a job: {outcome}")
