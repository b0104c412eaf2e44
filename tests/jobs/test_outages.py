"""A database that goes away in the middle of a job, which is then taken again."""

import asyncio
import os
from contextlib import suppress

import pytest

from daybook.db.engine import Database
from daybook.db.failures import OUTAGES
from daybook.exports.models import ExportJob
from daybook.jobs.rules import UNFINISHED, JobStatus
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_factories import invoice, pin, record
from daybook_jobs import (
    ask,
    files_in,
    job_of,
    place_of,
    rendered,
    renderers_of,
    until,
    wait_for,
)
from daybook_outages import gone
from daybook_services.database import AT_ANY_TIME, NewDatabase

pytestmark = [pytest.mark.anyio]


async def test_a_job_outlives_an_outage_of_its_database(
    new_postgresql: NewDatabase,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    database = Database(new_postgresql(), AT_ANY_TIME)
    await record(database, invoice())
    expected = await rendered(database, await pin(database))
    await ask(database)

    async def has_ended() -> ExportJob | None:
        with suppress(*OUTAGES):
            job = await job_of(database)
            return None if job.status in UNFINISHED else job
        return None

    async def renders_nothing() -> bool:
        return not renderers_of(os.getpid())

    async with running_jobs(database, settings):
        await wait_for(database, lambda job: job.status == JobStatus.RUNNING)
        outage = gone(database.url)
        await asyncio.to_thread(outage.__enter__)
        # Neither the process nor the runner can say what became of it.
        await until(renders_nothing)
        await asyncio.to_thread(outage.__exit__, None, None, None)
        job = await until(has_ended)
    await database.close()

    assert (job.status, job.attempts) == (JobStatus.READY, 2)
    assert settings.exports is not None
    assert files_in(settings.exports) == {place_of(job): expected}
    assert not [line for line in caplog.records if line.exc_info]
    assert "Traceback" not in capfd.readouterr().err
