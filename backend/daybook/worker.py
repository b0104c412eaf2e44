"""What the server works at beside its answers: the kinds of jobs, and chores.

The composition root of background work: a kind is added here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from daybook.db.engine import Database
from daybook.exports.kind import exports_place
from daybook.jobs.kinds import Workplace
from daybook.jobs.runner import running
from daybook.settings import Settings
from daybook.uploads.tasks import upload_chores


@asynccontextmanager
async def running_jobs(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Work at all kinds of jobs as long as this lasts."""
    places: list[Workplace[Any]] = [exports_place(database, settings)]
    chores = upload_chores(database, settings)
    async with running(database, settings, places, chores):
        yield
