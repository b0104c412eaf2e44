"""Working on a job that was taken, from its lease to its result."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from daybook import clock
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, log_failure
from daybook.db.live import Progress
from daybook.jobs import leasing
from daybook.jobs.children import Child, working
from daybook.jobs.helping import Helper, Team
from daybook.jobs.kinds import Workplace, folder_key
from daybook.jobs.leasing import Lease
from daybook.jobs.rules import BEAT, ENDED_WITHOUT_FILE, REMOVED, FailureCode, ending_of
from daybook.settings import Settings
from daybook.storage.rules import why_unwritten

Result = TypeVar("Result")


class Worker:
    """Works on jobs of a kind, each in a process of its own."""

    def __init__(
        self, database: Database, settings: Settings, place: Workplace[Any]
    ) -> None:
        self._database, self._url = database, database.url
        self._store = database.runtime
        self._settings = settings
        self._place = place
        self._storage = place.storage

    async def work(self, lease: Lease) -> None:
        """Work on a job that was taken, and end it with its result."""
        try:
            if not await self._prepare(lease):
                return
            async with working(self._url, lease, self._place) as child:
                is_own = await self._accompany(lease, child)
            if is_own:
                await self._conclude(lease, child)
        except asyncio.CancelledError:
            await leasing.give_back(self._store, lease)
            raise
        except OUTAGES as failed:
            # The lease will run out, and the job is then taken again.
            log_failure(failed, f"{lease.kind.noun} {lease.job_id.number} was not made")
        finally:
            await self._discard(lease)

    async def _discard(self, lease: Lease) -> None:
        with suppress(OSError):
            discard = self._storage.discard
            discarding = asyncio.to_thread(discard, lease.key, lease.worker)
            # Its thread may not have begun when the server is told to stop.
            await asyncio.shield(discarding)

    async def _prepare(self, lease: Lease) -> bool:
        """Prepare the storage for the file; if that fails, the job fails."""
        try:
            await self._in_thread(lease, Progress(), self._storage.prepare, lease.key)
        except OSError as error:
            await self._fail_to_store(lease, error)
            return False
        return True

    async def _fail_to_store(self, lease: Lease, error: OSError) -> None:
        message = why_unwritten(error)
        code, now = FailureCode.STORAGE_FAILED, clock.now(self._settings)
        await leasing.fail(self._store, lease, code, message, now=now)

    async def _in_thread(
        self,
        lease: Lease,
        progress: Progress,
        work: Callable[..., Result],
        *arguments: object,
    ) -> Result:
        """Wait for work on the storage, which may take minutes, and keep the job."""
        keeping = asyncio.create_task(self._keep(lease, progress))
        try:
            return await asyncio.to_thread(work, *arguments)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, lease: Lease, progress: Progress) -> None:
        """Extend the lease until the job is lost; an outage is met later, too."""
        is_held = True
        while is_held:
            await asyncio.sleep(BEAT.total_seconds())
            with suppress(*OUTAGES):
                is_held = await leasing.beat(
                    self._store, lease, progress, self._place.lease
                )

    async def _accompany(self, lease: Lease, child: Child) -> bool:
        """Report progress until the process ends; return whether we have the job.

        Once the job is cut into parts, others are called for help. Helpers of our own
        are begun as soon as it is known to be shared.
        """
        duration = self._place.lease
        helper = partial(Helper, self._database, self._place, only=lease.shared)
        team = Team(helper)
        has_called = False
        try:
            while not child.has_ended:
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT.total_seconds()):
                        await child.news.wait()
                        child.news.clear()
                if self._place.sharing is not None:
                    team.resize(min(self._place.sharing.helpers, child.parts))
                if child.is_cut and not has_called:
                    self._store.live.call()
                    has_called = True
                if not await leasing.beat(self._store, lease, child.progress, duration):
                    return False
        finally:
            await team.end()
        return True

    async def _conclude(self, lease: Lease, child: Child) -> None:
        """End a job whose process has ended, after publishing its file."""
        now = clock.now(self._settings)
        if child.failed is not None:
            code, message = child.failed
            # Before others try again: they may need the room that it takes.
            await self._discard(lease)
            await leasing.fail(self._store, lease, code, message, now=now)
            return
        if child.made is None:
            done, total = child.progress.done, child.progress.total
            ending = ending_of(child.exit_status, done, total)
            await leasing.lose(self._store, lease, ending, now=now)
            return
        try:
            is_published = await self._in_thread(
                *(lease, child.progress, self._storage.publish),
                *(lease.key, lease.worker),
            )
        except OSError as error:
            await self._fail_to_store(lease, error)
            return
        if not is_published:
            await leasing.lose(self._store, lease, REMOVED, now=now)
            return
        retention = self._place.retention
        status = await leasing.finish(
            self._store, lease, child.made, now=now, retention=retention
        )
        # It was cancelled meanwhile. If another worker took it, its bytes are the same.
        if status in ENDED_WITHOUT_FILE:
            await asyncio.to_thread(self._storage.remove, folder_key(lease.job_id))
