"""Helpers from the outside: each leases parts and has a process render them."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from daybook.db.engine import Database
from daybook.db.failures import DatabaseOutage, OutageKind, log_failure, outage_of
from daybook.jobs import parts
from daybook.jobs.children import Process, begun, ended, tell
from daybook.jobs.cores import take_core
from daybook.jobs.kinds import Workplace
from daybook.jobs.leasing import new_name
from daybook.jobs.parts import Part, SharedJob
from daybook.jobs.rules import BEAT, PART_MAX, FailureCode

logger = logging.getLogger(__name__)


class Team:
    """Some helpers, as many as there is room for."""

    def __init__(self, make: Callable[[], "Helper"]) -> None:
        self._make = make
        self._working: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._working)

    def resize(self, size: int) -> None:
        """Begin helpers, or end some, until there are so many."""
        while len(self._working) > size:
            task = self._working.pop()
            self._ending.add(task)
            task.cancel()
        while len(self._working) < size:
            task = asyncio.create_task(self._make().run())
            self._working.add(task)
            task.add_done_callback(self._working.discard)
            task.add_done_callback(self._ending.discard)

    async def end(self) -> None:
        """End all helpers; what they have is given back."""
        self.resize(0)
        await asyncio.gather(*self._ending, return_exceptions=True)


class Helper:
    """Has a process render parts of any job until none is free, or of one job only.

    Its process is started with its first part, and for one job at once. Leases of jobs
    that its process can't render are added to `passed`. Where sharing is by cores, it
    takes one; if none is left, it renders parts of its one job only.
    """

    def __init__(
        self,
        database: Database,
        place: Workplace[Any],
        *,
        only: SharedJob | None = None,
        passed: set[str] | None = None,
    ) -> None:
        self._url, self._store = database.url, database.runtime
        self._place, self._only = place, only
        self._passed = set() if passed is None else passed
        self._name = new_name()
        self._process: Process | None = None
        self._reading: asyncio.Task[bytes] | None = None

    async def run(self) -> None:
        """Render parts; of one job until this is cancelled."""
        sharing = self._place.sharing
        with ExitStack() as ending:
            if sharing is not None and sharing.by_cores:
                core = take_core(str(self._url))
                if core is not None:
                    ending.enter_context(core)
                elif self._only is None:
                    return
            await self._help()

    async def _help(self) -> None:
        is_broken = False
        try:
            if self._only is not None:
                await self._begun()
            while (part := await self._take()) is not None:
                await self._render(part)
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            is_broken = outage_of(failed) is None
            log_failure(failed, "a part of a job was not rendered")
        finally:
            await self._end(is_broken=is_broken)

    async def _take(self) -> Part | None:
        store, lease = self._store, self._place.lease
        if self._only is None:
            model, passed = self._place.kind.model, self._passed
            return await parts.take_part(store, model, self._name, lease, passed=passed)
        while True:
            part = await parts.take_part_of(store, self._only, self._name, lease)
            if part is not None:
                return part
            # A part becomes free again if its helper is lost.
            await asyncio.sleep(BEAT.total_seconds())

    async def _render(self, part: Part) -> None:
        """Have a part rendered, and note what became of it."""
        match await self._report(part):
            case {"rendered": _} | {"failed": _} as report:
                await parts.complete(self._store, part, report)
            case {"refused": reason}:
                await self._refuse(part, reason)
            case {"outage": [kind, reason]}:
                raise DatabaseOutage(OutageKind[kind], reason)
            case _:
                await self._kill()
                await parts.give_back(self._store, self._name, counts=True)

    async def _refuse(self, part: Part, reason: str) -> None:
        """Leave a job to others; our own worker's job fails, since it has no other."""
        if self._only is None:
            logger.warning(
                "%s %s of another worker gets no help here: %s",
                *(self._place.kind.noun, part.job.job_id.number, reason),
            )
            self._passed.add(part.job.coordinator)
            await parts.give_back(self._store, self._name, counts=False)
            return
        failed = {"code": FailureCode.WORKER_LOST, "message": reason}
        await parts.complete(self._store, part, {"failed": failed})

    async def _report(self, part: Part) -> dict[str, Any] | None:
        """A process's report about a part; None if it ended, hangs or lost the part."""
        process = await self._begun()
        assert process.stdout is not None, "it is a pipe"
        await tell(
            process,
            {
                "database_url": self._url.render_as_string(hide_password=False),
                "storage": self._place.storage.address,
                "job_id": part.job.job_id,
                "writer": part.job.coordinator,
                "index": part.index,
                "task": part.task,
            },
        )
        until = time.monotonic() + PART_MAX.total_seconds()
        reading = self._reading = asyncio.create_task(process.stdout.readline())
        while not (await asyncio.wait({reading}, timeout=BEAT.total_seconds()))[0]:
            is_held = await parts.extend(self._store, part, self._place.lease)
            if not is_held or time.monotonic() > until:
                return None
        line = reading.result()
        return json.loads(line) if line.endswith(b"\n") else None

    async def _begun(self) -> Process:
        if self._process is None:
            module = self._place.kind.part_module
            assert module is not None, "the kind has parts"
            self._process = await begun(module)
        return self._process

    async def _kill(self) -> None:
        """Kill the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdout is not None, "it is a pipe"
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await ended(process, asyncio.create_task(process.stdout.read()))

    async def _end(self, *, is_broken: bool) -> None:
        """End the process, and give back what it has; a bug of ours counts."""
        await self._kill()
        try:
            await parts.give_back(self._store, self._name, counts=is_broken)
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, "parts are left to others once their leases run out")
