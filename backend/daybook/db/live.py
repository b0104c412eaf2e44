"""What running programs tell each other beside the database, such as progress.

All of it may be lost: rows say what is, and this says it sooner. Without a bus, nothing
is told, and programs write their progress into rows.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple, Protocol

from daybook.db.changes import ChangeFeed

KEPT_MAX = 1_000
"""How many things' progress is kept: the latest ones'."""
WAKE_SECONDS = 0.25
"""How long messages are gathered before listeners are woken for all of them."""


class Progress(NamedTuple):
    """How far some work is; `total` is 0 until it is known."""

    total: int = 0
    done: int = 0


class Bus(Protocol):
    """Carries messages to all programs of a database.

    It never waits and never fails: what it can't carry is lost.
    """

    @property
    def is_connected(self) -> bool:
        """Whether messages get through, as far as it knows."""

    def tell(self, key: str, progress: Progress) -> None:
        """Tell all programs how far a thing is."""

    def wake(self, task: str) -> None:
        """Wake one worker that has room, for a task."""

    def call(self) -> None:
        """Call all workers to help with a job."""

    def state(self) -> str:
        """How it is, in a word or two; `ready` if all is well."""


class Live:
    """The progress of a store's jobs as their workers tell it, and the bus."""

    def __init__(self, changes: ChangeFeed) -> None:
        self.bus: Bus | None = None
        self.on_call: Callable[[], None] | None = None
        """Called when a worker calls all others to help it."""
        self._changes = changes
        self._latest: OrderedDict[Hashable, Progress] = OrderedDict()
        self._waking: asyncio.TimerHandle | None = None

    def tell(self, key: str, progress: Progress) -> bool:
        """Tell all programs how far a thing is; return whether there is a way to."""
        if self.bus is None or not self.bus.is_connected:
            return False
        self.bus.tell(key, progress)
        return True

    def wake(self, task: str) -> None:
        """Wake a worker for a task, if there is a way to."""
        if self.bus is not None:
            self.bus.wake(task)

    def call(self) -> None:
        """Call all workers to help with a job, if there is a way to."""
        if self.bus is not None:
            self.bus.call()

    def hear_call(self) -> None:
        """Help with a job, if this is a worker."""
        if self.on_call is not None:
            self.on_call()

    def hear(self, key: str, progress: Progress) -> None:
        """Note how far a thing is, and wake those who listen; it never goes back."""
        known = self._latest.pop(key, Progress())
        self._latest[key] = Progress(
            progress.total or known.total, max(progress.done, known.done)
        )
        if len(self._latest) > KEPT_MAX:
            self._latest.popitem(last=False)
        if self._waking is None:
            loop = asyncio.get_running_loop()
            self._waking = loop.call_later(WAKE_SECONDS, self._wake_listeners)

    def progress_of(self, key: str) -> Progress:
        """How far a thing is, as far as was heard."""
        return self._latest.get(key, Progress())

    def close(self) -> None:
        """Wake nobody any more."""
        if self._waking is not None:
            self._waking.cancel()

    def _wake_listeners(self) -> None:
        self._waking = None
        self._changes.wake()
