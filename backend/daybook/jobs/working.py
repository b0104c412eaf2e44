"""Working at one job that was taken, from its lease to what came of it."""

import asyncio
from contextlib import suppress
from typing import Any

from daybook import clock
from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, log_failure
from daybook.jobs import leasing
from daybook.jobs.children import Child, working
from daybook.jobs.kinds import Workplace, folder_key
from daybook.jobs.leasing import Lease
from daybook.jobs.rules import BEAT, ENDED_WITHOUT_FILE, REMOVED, FailureCode, ending_of
from daybook.settings import Settings


class Worker:
    """Works at jobs of one kind, each in a process of its own."""

    def __init__(
        self, database: Database, settings: Settings, place: Workplace[Any]
    ) -> None:
        self._url = database.url
        self._store = database.runtime
        self._settings = settings
        self._place = place
        self._storage = place.storage

    async def work(self, its: Lease) -> None:
        """Work at a job that was taken, and say what came of it."""
        try:
            if not await self._prepare(its):
                return
            async with working(self._url, its, self._storage) as child:
                is_own = await self._accompany(its, child)
            if is_own:
                await self._conclude(its, child)
        except asyncio.CancelledError:
            await leasing.give_back(self._store, its)
            raise
        except OUTAGES as failed:
            # The lease runs out, and then the job is taken again.
            log_failure(failed, f"{its.kind.noun} {its.job_id.number} was not made")
        finally:
            with suppress(OSError):
                self._storage.discard(its.key, its.worker)

    async def _prepare(self, its: Lease) -> bool:
        """Make room for the file; without any the job fails."""
        try:
            await asyncio.to_thread(self._storage.prepare, its.key)
        except OSError as error:
            await self._fail_to_store(its, error)
            return False
        return True

    async def _fail_to_store(self, its: Lease, error: OSError) -> None:
        message = f"the file could not be written: {error.strerror or error}"
        code, now = FailureCode.STORAGE_FAILED, clock.now(self._settings)
        await leasing.fail(self._store, its, code, message, now=now)

    async def _accompany(self, its: Lease, child: Child) -> bool:
        """Tell how far the work is until it ends; whether the job is still its."""
        lease = self._place.lease
        while not child.ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT.total_seconds()):
                    await child.ended.wait()
            if not await leasing.beat(self._store, its, child.progress, lease):
                return False
        return True

    async def _conclude(self, its: Lease, child: Child) -> None:
        """End a job whose process has ended; the file gets its name before that."""
        now = clock.now(self._settings)
        if child.failed is not None:
            code, message = child.failed
            await leasing.fail(self._store, its, code, message, now=now)
            return
        if child.made is None:
            done, total = child.progress.done, child.progress.total
            ending = ending_of(child.exit_status, done, total)
            await leasing.lose(self._store, its, ending, now=now)
            return
        try:
            publish = self._storage.publish
            is_whole = await asyncio.to_thread(publish, its.key, its.worker)
        except OSError as error:
            await self._fail_to_store(its, error)
            return
        if not is_whole:
            await leasing.lose(self._store, its, REMOVED, now=now)
            return
        life = self._place.life
        status = await leasing.finish(self._store, its, child.made, now=now, life=life)
        # It was cancelled meanwhile. What another makes again has the same bytes.
        if status in ENDED_WITHOUT_FILE:
            await asyncio.to_thread(self._storage.remove, folder_key(its.job_id))
