"""The embedded runner: takes jobs from the table and renders them beside the server."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from daybook import clock
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, log_failure
from daybook.exports.ends import tell_end, untold_ends
from daybook.exports.queries import jobs_by_number
from daybook.jobs import leasing
from daybook.jobs.children import Rendering, rendering
from daybook.jobs.leasing import Lease
from daybook.jobs.rules import (
    BEAT,
    ENDED_WITHOUT_FILE,
    REMOVED,
    SWEEP,
    FailureCode,
    JobId,
    ending_of,
)
from daybook.settings import Settings
from daybook.storage.local import (
    exports_folder,
    file_of,
    is_written_by,
    part_of,
    publish,
    remove,
    stored,
)
from daybook.uploads import files as uploaded
from daybook.uploads.commands import expire_uploads
from daybook.uploads.queries import with_files

LITTER_SECONDS = 60.0
"""How often it is looked for files that nobody will ask for."""


@asynccontextmanager
async def running_jobs(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Take and render jobs as long as this lasts; what runs then is given back."""
    if not settings.exports_at_once:
        yield
        return
    runner = asyncio.create_task(Runner(database, settings).run())
    try:
        yield
    finally:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner


class Runner:
    """Renders some jobs at a time, each in a process of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._store = database.runtime
        self._settings = settings
        self._folder = exports_folder(database, settings)
        self._uploads = uploaded.uploads_folder(database, settings)
        self._lease = timedelta(seconds=settings.export_lease_seconds)
        self._working: set[asyncio.Task[None]] = set()
        self._telling: asyncio.Task[None] | None = None
        self._swept_at = self._tidied_at = float("-inf")

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
            await self._take(changed)
            await self._sweep()
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, "export jobs could not be looked after")

    async def _end(self) -> None:
        tasks = list(self._working)
        if self._telling is not None:
            tasks.append(self._telling)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, changed: asyncio.Event) -> None:
        """Begin as many jobs as there are and may run at a time."""
        while len(self._working) < self._settings.exports_at_once:
            worker = f"{os.getpid()}-{uuid4().hex}"
            its = await leasing.take_job(
                self._store, worker, lease=self._lease, now=clock.now(self._settings)
            )
            if its is None:
                return
            task = asyncio.create_task(self._work(its))
            self._working.add(task)
            task.add_done_callback(lambda one: self._ended(one, changed))

    def _ended(self, task: asyncio.Task[None], changed: asyncio.Event) -> None:
        """There is room for another job, and an end to tell of."""
        self._working.discard(task)
        self._swept_at = float("-inf")
        changed.set()

    async def _work(self, its: Lease) -> None:
        """Render a job that was taken, and say what came of it."""
        part: Path | None = None
        try:
            part = await self._part(its)
            if part is None:
                return
            url = self._database.url
            async with rendering(url, its.job_id, part) as state:
                is_own = await self._accompany(its, state)
            if is_own:
                await self._conclude(its, state, part)
        except asyncio.CancelledError:
            await leasing.give_back(self._store, its)
            raise
        except OUTAGES as failed:
            # The lease runs out, and then the job is taken again.
            log_failure(failed, f"export {its.job_id.number} was not rendered")
        finally:
            if part is not None:
                part.unlink(missing_ok=True)

    async def _part(self, its: Lease) -> Path | None:
        """Where to write; without a place for it the job fails."""
        try:
            return await asyncio.to_thread(part_of, self._folder, its)
        except OSError as error:
            await self._fail_to_store(its, error)
            return None

    async def _fail_to_store(self, its: Lease, error: OSError) -> None:
        message = f"the file could not be written: {error.strerror or error}"
        code, now = FailureCode.STORAGE_FAILED, clock.now(self._settings)
        await leasing.fail(self._store, its, code, message, now=now)

    async def _accompany(self, its: Lease, state: Rendering) -> bool:
        """Tell how far a rendering is until it ends; whether the job is still its."""
        while not state.ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT.total_seconds()):
                    await state.ended.wait()
            if not await leasing.beat(self._store, its, state.progress, self._lease):
                return False
        return True

    async def _conclude(self, its: Lease, state: Rendering, part: Path) -> None:
        """End a job whose rendering has ended; the file gets its name before that."""
        now = clock.now(self._settings)
        if state.failed is not None:
            code, message = state.failed
            await leasing.fail(self._store, its, code, message, now=now)
            return
        if state.made is None:
            done, total = state.progress.done, state.progress.total
            ending = ending_of(state.exit_status, done, total)
            await leasing.lose(self._store, its, ending, now=now)
            return
        file = file_of(self._folder, its.job_id, its.file_name)
        try:
            is_whole = await asyncio.to_thread(publish, part, file)
        except OSError as error:
            await self._fail_to_store(its, error)
            return
        if not is_whole:
            await leasing.lose(self._store, its, REMOVED, now=now)
            return
        keep = timedelta(days=self._settings.export_days)
        status = await leasing.finish(self._store, its, state.made, now=now, keep=keep)
        # It was cancelled meanwhile. What another renders again has the same bytes.
        if status in ENDED_WITHOUT_FILE:
            await asyncio.to_thread(remove, self._folder, its.job_id)

    async def _sweep(self) -> None:
        """Look for what is over, and for ends that the activity log doesn't tell of.

        The table is read for it, so not at each change: when a job has ended here, and
        every few seconds for those that ended elsewhere.
        """
        if self._swept_at > time.monotonic() - SWEEP.total_seconds():
            return
        self._swept_at = time.monotonic()
        now = clock.now(self._settings)
        for one in await leasing.expire_jobs(self._store, now=now):
            await asyncio.to_thread(remove, self._folder, one)
        for gone in await expire_uploads(self._store, now=clock.real_now()):
            await asyncio.to_thread(uploaded.remove, self._uploads, gone)
        if self._telling is None or self._telling.done():
            ends = await untold_ends(self._store)
            # A program that ends must not have to wait for an import.
            if ends and await self._database.writes_at_once():
                self._telling = asyncio.create_task(self._tell(ends))
        if self._tidied_at < time.monotonic() - LITTER_SECONDS:
            self._tidied_at = time.monotonic()
            await self._tidy()

    async def _tell(self, ends: list[JobId]) -> None:
        try:
            for one in ends:
                await tell_end(self._database, one)
        except OUTAGES as failed:
            log_failure(failed, "the activity log was not told of exports")

    async def _tidy(self) -> None:
        """Remove what killed programs left behind."""
        await self._tidy_uploads()
        found = await asyncio.to_thread(stored, self._folder)
        numbers = defaultdict(list)
        for one in found:
            numbers[one.organisation_id].append(one.number)
        for organisation_id, some in numbers.items():
            async with self._store.reads() as session:
                jobs = await jobs_by_number(session, organisation_id, some)
            for job in jobs:
                job_id = JobId(organisation_id, job.number)
                if job.status in ENDED_WITHOUT_FILE:
                    await asyncio.to_thread(remove, self._folder, job_id)
                    continue
                for part in found[job_id]:
                    if not is_written_by(part, job.worker):
                        part.unlink(missing_ok=True)

    async def _tidy_uploads(self) -> None:
        # First the files, then the rows: a file has its row before it is there.
        found = await asyncio.to_thread(uploaded.stored, self._uploads)
        async with self._store.reads() as session:
            kept = await with_files(session, found)
        for one in set(found) - kept:
            await asyncio.to_thread(uploaded.remove, self._uploads, one)
