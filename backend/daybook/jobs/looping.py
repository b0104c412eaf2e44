"""Work beside a program: turns are taken over and over, and begin tasks."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from daybook.db.failures import log_failure
from daybook.jobs.rules import SWEEP


class Looping(ABC):
    """Takes a turn when a task has ended, and every few seconds.

    `failing` says of what a turn does, for the log, that it failed.
    """

    failing: str

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()

    @abstractmethod
    async def turn(self) -> None:
        """Begin what is due now and may begin."""

    def begin(self, work: Callable[[], Awaitable[None]], failing: str) -> None:
        """Begin a task, of whose failure the log says `failing`."""
        task = asyncio.create_task(self._work(work, failing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Take turns until the program ends, which ends the tasks."""
        try:
            while True:
                self._freed.clear()
                try:
                    await self.turn()
                except Exception as failed:  # noqa: BLE001  (the worker's edge)
                    log_failure(failed, self.failing)
                with suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP.total_seconds()):
                        await self._freed.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, work: Callable[[], Awaitable[None]], failing: str) -> None:
        try:
            await work()
        except Exception as failed:  # noqa: BLE001  (the worker's edge)
            log_failure(failed, failing)
        finally:
            self._freed.set()


@asynccontextmanager
async def looping(loop: Looping) -> AsyncIterator[None]:
    """Take turns while the context lasts."""
    running = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
