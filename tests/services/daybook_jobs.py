"""Export jobs for tests: asking for one, and waiting for what becomes of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from daybook.db.engine import Database
from daybook.jobs.commands import ExportRequest, create_export
from daybook.jobs.models import ExportJob
from daybook.jobs.queries import get_job
from daybook.ledger.filters import Pin
from daybook.reports.grouping import Granularity
from daybook.reports.selection import Selection
from daybook_factories import ORGANISATION, pin

SECONDS = 30
NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)


async def ask(
    database: Database,
    *,
    granularity: Granularity = Granularity.DAILY,
    selection: Selection | None = None,
    key: str | None = None,
    its_pin: Pin | None = None,
    now: datetime = NOW,
) -> ExportJob:
    """Ask for an export of the dollar ledger as it is now."""
    request = ExportRequest("USD", selection or Selection(), granularity, key=key)
    return await create_export(
        database,
        ORGANISATION,
        its_pin or await pin(database),
        request,
        now=now,
        requested_by="test",
    )


async def job_of(database: Database, number: int = 1) -> ExportJob:
    """A job as it is now."""
    async with database.runtime.reads() as session:
        job = await get_job(session, ORGANISATION, number)
    assert job is not None
    return job


async def wait_for(
    database: Database,
    is_so: Callable[[ExportJob], Any],
    number: int = 1,
    seconds: float = SECONDS,
) -> ExportJob:
    """A job once something is so; fails where that takes too long."""
    async with asyncio.timeout(seconds):
        while not is_so(job := await job_of(database, number)):
            await asyncio.sleep(0.05)
    return job
