"""The server's background work: the kinds of jobs, and recurring chores.

This is its composition root: new kinds of jobs are added here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from daybook.adjustments.recurring.tasks import recurrence_chores
from daybook.db.engine import Database
from daybook.events.tasks import event_chores
from daybook.evidence.tasks import evidence_chores
from daybook.exports.kind import exports_place
from daybook.exports.tasks import export_chores
from daybook.jobs.kinds import Workplace
from daybook.jobs.runner import running
from daybook.settings import Settings
from daybook.uploads.tasks import upload_chores
from daybook.webhooks.sending import sending_webhooks


@asynccontextmanager
async def running_jobs(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Work on jobs of all kinds while the context lasts."""
    places: list[Workplace[Any]] = [exports_place(database, settings)]
    chores = [
        *upload_chores(database, settings),
        *evidence_chores(database, settings),
        *recurrence_chores(database, settings),
        *export_chores(database, settings),
        *event_chores(database, settings),
    ]
    async with (
        running(database, settings, places, chores),
        sending_webhooks(database, settings),
    ):
        yield
