"""Background work: jobs, recurring chores and mail, in a server or a worker.

This is its composition root: new kinds of jobs are added here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from daybook.adjustments.recurring.tasks import recurrence_chores
from daybook.db.engine import Database
from daybook.events.tasks import event_chores
from daybook.evidence.tasks import evidence_chores
from daybook.exports.kind import exports_place
from daybook.exports.tasks import export_chores
from daybook.gl.kind import refreshes_place
from daybook.gl.live.loop import syncing
from daybook.gl.tasks import gl_chores
from daybook.jobs.kinds import Workplace
from daybook.jobs.rules import Chore
from daybook.jobs.runner import Runner, kept_running
from daybook.mail.sending import sending_mail
from daybook.sealing import sealing_chores
from daybook.settings import Settings
from daybook.uploads.tasks import upload_chores
from daybook.webhooks.sending import sending_webhooks


@asynccontextmanager
async def running_jobs(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Work on jobs of all kinds while the context lasts, as a server does.

    With Redis, jobs are left to workers unless the settings say otherwise.
    """
    # Workers have no DAYBOOK_SECRET.
    chores = [*_chores(database, settings), *sealing_chores(database, settings)]
    runner = Runner(database, settings, _places(database, settings), chores)
    async with (
        _connected(database, settings),
        kept_running(runner),
        sending_mail(database, settings),
        sending_webhooks(database, settings),
        syncing(database, settings),
    ):
        yield


async def work_until(
    stopped: asyncio.Event,
    database: Database,
    settings: Settings,
    on_start: Callable[[], None] = lambda: None,
) -> None:
    """Work on jobs as one of many workers until it is stopped; needs Redis.

    Then running jobs are given back, and other workers are woken for them. `on_start`
    is called once it takes jobs.
    """
    # Imported here: only workers need them.
    from daybook.jobs.bus import stop  # noqa: PLC0415  (servers may do without)
    from daybook.jobs.waking import be_woken  # noqa: PLC0415  (servers do without)

    url = settings.redis_url.get_secret_value()
    places = _places(database, settings, is_worker=True)
    chores = _chores(database, settings)
    runner = Runner(database, settings, places, chores, is_watching=False)
    async with _connected(database, settings), kept_running(runner):
        waking = asyncio.create_task(be_woken(runner, url))
        on_start()
        try:
            await stopped.wait()
        finally:
            await stop(waking)


@asynccontextmanager
async def _connected(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Give the runtime store its bus while the context lasts, if there is Redis."""
    url = settings.redis_url.get_secret_value()
    if not url:
        yield
        return
    # Imported here: without Redis, nothing of it is needed.
    from daybook.jobs.bus import connected  # noqa: PLC0415  (most servers do without)

    async with connected(database.runtime, url):
        yield


def _places(
    database: Database, settings: Settings, *, is_worker: bool = False
) -> list[Workplace[Any]]:
    exports = exports_place(database, settings, is_worker=is_worker)
    # Whoever makes files makes refreshes, too: one of them takes a process's memory.
    refreshes = refreshes_place(database, settings, at_once=min(exports.at_once, 1))
    return [exports, refreshes]


def _chores(database: Database, settings: Settings) -> list[Chore]:
    return [
        *upload_chores(database, settings),
        *evidence_chores(database, settings),
        *gl_chores(database, settings),
        *recurrence_chores(database, settings),
        *export_chores(database, settings),
        *event_chores(database, settings),
    ]
