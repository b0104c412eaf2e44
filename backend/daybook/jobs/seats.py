"""The seats of a process for jobs of a kind: each has a job, or helps others."""

import asyncio
from collections.abc import Callable
from typing import Any

from daybook import clock
from daybook.db.engine import Database
from daybook.jobs import leasing
from daybook.jobs.helping import Helper, Team
from daybook.jobs.kinds import Workplace
from daybook.jobs.parts import count_free
from daybook.jobs.working import Worker
from daybook.settings import Settings


class Seats:
    """As many seats as a workplace works on jobs at once; `on_end` is called for each.

    A job that waits comes first: who helps in its seat gives back what it has.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        place: Workplace[Any],
        on_end: Callable[[], None],
    ) -> None:
        self._database, self._settings = database, settings
        self._store, self._place = database.runtime, place
        self._on_end = on_end
        self._jobs: set[asyncio.Task[None]] = set()
        self._passed: set[str] = set()
        """Leases of other workers that can't be helped here."""
        self._team = Team(lambda: Helper(database, place, passed=self._passed))

    @property
    def free(self) -> int:
        """How many seats have no job."""
        return self._place.at_once - len(self._jobs)

    async def fill(self) -> None:
        """Begin waiting jobs; in the seats that are left, help with others'."""
        while self.free > 0 and await self._take():
            pass
        await self._help()

    async def end(self) -> None:
        """Give back all jobs, and what helpers have."""
        jobs = [*self._jobs]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, self._team.end(), return_exceptions=True)

    async def _take(self) -> bool:
        """Begin a waiting job, if there is one."""
        place = self._place
        lease = await leasing.take_job(
            self._store,
            place.kind,
            leasing.new_name(),
            lease=place.lease,
            running_max=place.running_max,
            now=clock.now(self._settings),
        )
        if lease is None:
            return False
        worker = Worker(self._database, self._settings, place)
        task = asyncio.create_task(worker.work(lease))
        self._jobs.add(task)
        task.add_done_callback(self._ended)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        self._on_end()

    async def _help(self) -> None:
        """Have as many helpers as there are seats for, and parts without one."""
        sharing, team = self._place.sharing, self._team
        size = 0 if sharing is None else max(self.free, 0) * sharing.helpers
        if size > len(team):
            free = await count_free(self._store, self._place.kind.model, self._passed)
            is_helped = free and await leasing.is_known(self._store, self._place.kind)
            size = min(size, len(team) + free) if is_helped else len(team)
        team.resize(size)
