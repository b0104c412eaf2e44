"""Working off refreshes in the program that asked for them, as a command does."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from daybook import clock
from daybook.db.engine import Database
from daybook.gl.kind import REFRESHES, refreshes_place
from daybook.gl.models import GlRefresh
from daybook.jobs.ends import log_end
from daybook.jobs.queries import jobs_by_number
from daybook.jobs.rules import BEAT, UNFINISHED
from daybook.jobs.runner import running
from daybook.settings import Settings


async def work_off(
    database: Database,
    settings: Settings,
    jobs: Sequence[GlRefresh],
    progress: Callable[[Sequence[GlRefresh]], None] = lambda _jobs: None,
) -> list[GlRefresh]:
    """The jobs once they have ended and are recorded; a server may make them, too.

    Interrupted, they wait for a server. Raises ClockRefused if nothing can be recorded.
    """
    async with (
        running(database, settings, [refreshes_place(database, settings)]),
        database.runtime.changes.waiting() as changed,
    ):
        while True:
            changed.clear()
            found = await _as_they_are(database, jobs)
            progress(found)
            if all(job.status not in UNFINISHED for job in found):
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT.total_seconds()):
                    await changed.wait()
    for job in found:
        now = clock.now(settings)
        await log_end(database, REFRESHES, job.job_id, now=now)
    return found


async def _as_they_are(
    database: Database, jobs: Sequence[GlRefresh]
) -> list[GlRefresh]:
    organisation_id = jobs[0].organisation_id
    async with database.runtime.reads() as session:
        found = await jobs_by_number(
            session, GlRefresh, organisation_id, [job.number for job in jobs]
        )
    return sorted(found, key=lambda job: job.number)
