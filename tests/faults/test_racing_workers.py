"""Workers that race for a job: each is made once."""

import asyncio
from typing import Any

import pytest

from daybook.jobs.rules import JobStatus
from daybook_installation import SHARED, NewInstallation
from daybook_outcomes import outcome_of
from daybook_services.figures import Note

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

SMALL: dict[str, Any] = {"granularity": "MONTHLY"}
LARGE: dict[str, Any] = {}
ROUNDS = 30
TOGETHER = 20


@pytest.mark.parametrize("others", [{}, SHARED], ids=["alone", "shared"])
async def test_two_workers_race_for_each_job(
    new_installation: NewInstallation, note: Note, others: dict[str, str]
) -> None:
    # Together they render the large one, and race for its parts.
    large = LARGE if others else SMALL
    async with new_installation(**others) as installation:
        await installation.start_server()
        workers = [await installation.start_worker() for _ in range(2)]
        winners = []
        for _ in range(ROUNDS):
            # Both have nothing to do, and both are woken.
            await installation.request(**large)
            job = await installation.once(lambda job: job.status != JobStatus.QUEUED)
            winners.append(str(job.worker).partition("-")[0])
            await installation.ended()
        await asyncio.gather(*(installation.request(**large) for _ in range(TOGETHER)))
        jobs = await installation.jobs()
        outcome = await outcome_of(installation)
        jobs = await installation.jobs()

    assert {job.attempts for job in jobs} == {1}
    assert (outcome.ready, outcome.lost) == (ROUNDS + TOGETHER, 0)
    assert (outcome.mail_copies, outcome.hook_copies) == (0, 0)
    shares = [winners.count(str(worker.pid)) for worker in workers]
    note(
        f"{ROUNDS} races won {shares[0]} to {shares[1]}, {TOGETHER} at once: {outcome}"
    )
