"""The embedded runner: takes jobs of some kinds, and does chores beside the server."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

from daybook import clock
from daybook.clock import ClockRefused
from daybook.db.engine import Database
from daybook.db.failures import log_failure, outage_of
from daybook.jobs import leasing
from daybook.jobs.ends import tell_end, untold_ends
from daybook.jobs.kinds import JobKind, Workplace, folder_key
from daybook.jobs.rules import LITTER, SWEEP, Chore, JobId
from daybook.jobs.tidying import tidy
from daybook.jobs.working import Worker
from daybook.settings import Settings

logger = logging.getLogger(__name__)

REFUSED_SECONDS = 60.0
"""After so long it is tried again to tell of ends, where the clock is refused."""


@asynccontextmanager
async def running(
    database: Database,
    settings: Settings,
    places: Sequence[Workplace[Any]],
    chores: Sequence[Chore] = (),
) -> AsyncIterator[None]:
    """Work at jobs as long as this lasts; what runs then is given back."""
    runner = asyncio.create_task(Runner(database, settings, places, chores).run())
    try:
        yield
    finally:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner


class Runner:
    """Works at some jobs of each kind at a time, and does the features' chores."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        places: Sequence[Workplace[Any]],
        chores: Sequence[Chore] = (),
    ) -> None:
        self._database = database
        self._store = database.runtime
        self._settings = settings
        self._places = places
        self._working: list[set[asyncio.Task[None]]] = [set() for _ in places]
        self._telling: asyncio.Task[None] | None = None
        litter = [Chore(LITTER, partial(tidy, self._store, one)) for one in places]
        self._chores = [*chores, *litter]
        self._done_at = [float("-inf")] * len(self._chores)
        self._swept_at = self._tell_after = float("-inf")
        self._untellable: set[tuple[str, JobId]] = set()
        """Ends that can't be written, by the noun of their kind: a mistake of ours."""

    async def run(self) -> None:
        """Take jobs and sweep until the program ends."""
        async with self._store.changes.waiting() as changed:
            try:
                while not self._store.changes.has_ended:
                    changed.clear()
                    await self._turn(changed)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(SWEEP.total_seconds()):
                            await changed.wait()
            finally:
                await self._end()

    async def _turn(self, changed: asyncio.Event) -> None:
        """Do what there is to do now; what fails is tried again by the next sweep."""
        try:
            for place, working in zip(self._places, self._working, strict=True):
                await self._take(place, working, changed)
            await self._sweep()
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, "jobs could not be looked after")

    async def _end(self) -> None:
        tasks = [one for working in self._working for one in working]
        if self._telling is not None:
            tasks.append(self._telling)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(
        self,
        place: Workplace[Any],
        working: set[asyncio.Task[None]],
        changed: asyncio.Event,
    ) -> None:
        """Begin as many jobs of a kind as there are and may run at a time."""
        while len(working) < place.at_once:
            its = await leasing.take_job(
                self._store,
                place.kind,
                f"{os.getpid()}-{uuid4().hex}",
                lease=place.lease,
                now=clock.now(self._settings),
            )
            if its is None:
                return
            worker = Worker(self._database, self._settings, place)
            task = asyncio.create_task(worker.work(its))
            working.add(task)

            def ended(one: asyncio.Task[None]) -> None:
                """There is room for another job, and an end to tell of."""
                working.discard(one)
                self._swept_at = float("-inf")
                changed.set()

            task.add_done_callback(ended)

    async def _sweep(self) -> None:
        """Look for what is over, and for ends that the activity log doesn't tell of.

        The tables are read for it, so not at each change: when a job has ended here,
        and every few seconds for those that ended elsewhere.
        """
        if self._swept_at > time.monotonic() - SWEEP.total_seconds():
            return
        self._swept_at = time.monotonic()
        now = clock.now(self._settings)
        for place in self._places:
            for one in await leasing.expire_jobs(
                self._store, place.kind.model, now=now
            ):
                await asyncio.to_thread(place.storage.remove, folder_key(one))
        await self._begin_telling()
        for at, chore in enumerate(self._chores):
            if self._done_at[at] <= time.monotonic() - chore.every.total_seconds():
                self._done_at[at] = time.monotonic()
                await chore.work()

    async def _begin_telling(self) -> None:
        is_telling = self._telling is not None and not self._telling.done()
        if is_telling or time.monotonic() < self._tell_after:
            return
        ends = [
            (place.kind, job_id)
            for place in self._places
            for job_id in await untold_ends(self._store, place.kind.model)
            if (place.kind.noun, job_id) not in self._untellable
        ]
        # A program that ends must not have to wait for an import.
        if ends and await self._database.writes_at_once():
            self._telling = asyncio.create_task(self._tell(ends))

    async def _tell(self, ends: Sequence[tuple[JobKind[Any], JobId]]) -> None:
        for kind, job_id in ends:
            try:
                now = clock.now(self._settings)
                await tell_end(self._database, kind, job_id, now=now)
            except ClockRefused as refused:
                logger.warning("%s %s has no record: %s", kind.noun, job_id[1], refused)
                self._tell_after = time.monotonic() + REFUSED_SECONDS
            except Exception as failed:  # noqa: BLE001  (the worker's edge)
                what = f"{kind.noun} {job_id[1]} has no line in the activity log"
                log_failure(failed, what)
                if outage_of(failed) is not None:
                    return
                self._untellable.add((kind.noun, job_id))
