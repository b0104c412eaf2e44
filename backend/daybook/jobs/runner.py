"""The runner: works on jobs and does chores, beside the server or as a worker."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import chain
from typing import Any

from daybook import clock
from daybook.clock import ClockRefused
from daybook.db.engine import Database, Store
from daybook.db.failures import log_failure, outage_of
from daybook.jobs import forking, leasing
from daybook.jobs.chores import Chores
from daybook.jobs.ends import log_end, unlogged_ends
from daybook.jobs.kinds import JobKind, Workplace, folder_key
from daybook.jobs.leasing import new_name
from daybook.jobs.rules import LITTER, PREPARE, SWEEP, Chore, JobId
from daybook.jobs.seats import Seats
from daybook.jobs.tidying import tidy
from daybook.settings import Settings

logger = logging.getLogger(__name__)

REFUSED_SECONDS = 60.0
"""How long logging ends is put off after the clock was refused."""


@asynccontextmanager
async def running(
    database: Database,
    settings: Settings,
    places: Sequence[Workplace[Any]],
    chores: Sequence[Chore] = (),
) -> AsyncIterator[None]:
    """Work on jobs while the context lasts; then running jobs are given back."""
    async with kept_running(Runner(database, settings, places, chores)):
        yield


@asynccontextmanager
async def kept_running(runner: "Runner") -> AsyncIterator[None]:
    """Have a runner work while the context lasts."""
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Runner:
    """Works on some jobs of each kind at a time, and does the features' chores.

    Where there is room and no job waits, it helps with others' jobs.

    It looks for jobs whenever the store changes, unless it isn't `watching` the store:
    then whenever it is woken, and every few seconds.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        places: Sequence[Workplace[Any]],
        chores: Sequence[Chore] = (),
        *,
        is_watching: bool = True,
    ) -> None:
        self._database = database
        self._store = database.runtime
        self._settings = settings
        self._places = places
        self._is_watching = is_watching
        self._taking = asyncio.Lock()
        self._changed = asyncio.Event()
        self.on_room: Callable[[bool], None] | None = None
        """Called after each look for jobs, with whether there is room for more."""
        self._seats = [
            Seats(database, settings, place, self._job_ended) for place in places
        ]
        self._logging: asyncio.Task[None] | None = None
        every = [*chores, *(_litter(self._store, place) for place in places)]
        lease = 2 * max((place.lease for place in places), default=SWEEP)
        self._chores = Chores(self._store, new_name(), every, lease)
        self._swept_at = self._log_after = float("-inf")
        self._unloggable: set[tuple[str, JobId]] = set()
        """Ends that can't be logged because of a bug, with the noun of their kind."""

    @property
    def has_room(self) -> bool:
        """Whether another job could be begun."""
        return any(seats.free for seats in self._seats)

    async def run(self) -> None:
        """Take jobs, sweep and do chores until the program ends."""
        async with self._changes() as changed:
            self._changed = changed
            self._store.live.on_call = changed.set
            chores = asyncio.create_task(self._chores.run())
            later = PREPARE.total_seconds()
            loading = asyncio.get_running_loop().call_later(later, self._prepare)
            try:
                while not self._store.changes.has_ended:
                    changed.clear()
                    await self._turn()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(SWEEP.total_seconds()):
                            await changed.wait()
            finally:
                loading.cancel()
                await _to_the_end(self._end(chores))

    async def take(self) -> None:
        """Begin waiting jobs, as many as there is room for, and help with others."""
        try:
            # One at a time, since two would count the same room.
            async with self._taking:
                for seats in self._seats:
                    await seats.fill()
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, "jobs could not be taken")
        finally:
            if self.on_room is not None:
                self.on_room(self.has_room)

    def _prepare(self) -> None:
        """Have the modules loaded that processes of jobs import."""
        modules = (place.modules for place in self._places)
        forking.prepare(dict.fromkeys(chain.from_iterable(modules)))

    @asynccontextmanager
    async def _changes(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set when there may be another job."""
        if not self._is_watching:
            yield self._changed
            return
        async with self._store.changes.waiting() as changed:
            yield changed

    async def _turn(self) -> None:
        """Take jobs and sweep; after a failure, the next sweep tries again."""
        await self.take()
        try:
            await self._sweep()
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, "jobs could not be swept")

    async def _end(self, chores: asyncio.Task[None]) -> None:
        tasks = [chores, *([] if self._logging is None else [self._logging])]
        for task in tasks:
            task.cancel()
        ends = [seats.end() for seats in self._seats]
        await asyncio.gather(*tasks, *ends, return_exceptions=True)

    def _job_ended(self) -> None:
        """Take another job, and log the end of the one that ended."""
        self._swept_at = float("-inf")
        self._changed.set()

    async def _sweep(self) -> None:
        """Expire files and log ends of jobs.

        This reads tables, so it isn't done at each change: only when a job has ended
        here, and every few seconds for those that ended elsewhere.
        """
        if self._swept_at > time.monotonic() - SWEEP.total_seconds():
            return
        self._swept_at = time.monotonic()
        now = clock.now(self._settings)
        for place in self._places:
            expired = await leasing.expire_jobs(self._store, place.kind, now=now)
            for job_id in expired:
                await asyncio.to_thread(place.storage.remove, folder_key(job_id))
        await self._begin_logging()

    async def _begin_logging(self) -> None:
        is_logging = self._logging is not None and not self._logging.done()
        if is_logging or time.monotonic() < self._log_after:
            return
        ends = [
            (place.kind, job_id)
            for place in self._places
            for job_id in await unlogged_ends(self._store, place.kind.model)
            if (place.kind.noun, job_id) not in self._unloggable
        ]
        # A stopping server must not have to wait for an import.
        if ends and await self._database.writes_at_once():
            self._logging = asyncio.create_task(self._log(ends))

    async def _log(self, ends: Sequence[tuple[JobKind[Any], JobId]]) -> None:
        for kind, job_id in ends:
            try:
                now = clock.now(self._settings)
                await log_end(self._database, kind, job_id, now=now)
            except ClockRefused as refused:
                logger.warning("%s %s has no record: %s", kind.noun, job_id[1], refused)
                self._log_after = time.monotonic() + REFUSED_SECONDS
            except Exception as failed:  # noqa: BLE001  (the worker's edge)
                what = f"{kind.noun} {job_id[1]} has no line in the activity log"
                log_failure(failed, what)
                if outage_of(failed) is not None:
                    return
                self._unloggable.add((kind.noun, job_id))


async def _to_the_end(ending: Coroutine[Any, Any, None]) -> None:
    """Wait for an ending, also if this is cancelled meanwhile.

    A server that is told to stop ends its runner twice: when the stores wake it for the
    last time, and when its context ends. What gives a job back must not be cancelled.
    """
    task = asyncio.create_task(ending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def _litter(store: Store, place: Workplace[Any]) -> Chore:
    """The chore of removing files without a use, on each machine by itself.

    What a killed worker wrote aside may lie where no other machine sees it.
    """
    name = f"tidy {place.kind.nouns} on {socket.gethostname()}"
    return Chore(name, LITTER, partial(tidy, store, place))
