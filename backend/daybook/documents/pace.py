"""How the process runs Python while it imports: no collector, and shorter turns.

Both are the process's: imports at the same time share them, and the last to end, or to
fail, puts back what was before the first.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock

HANDOVER_SECONDS = 0.0001
"""How long a thread may run Python while another waits for it; 0.005 is usual."""


class _Shared:
    """A change of the process: made for the first user, undone after the last."""

    def __init__(self, change: Callable[[], AbstractContextManager[None]]) -> None:
        self._change = change
        self._lock = Lock()
        self._users = 0
        self._undoing = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._undoing.enter_context(self._change())
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._undoing.close()


@contextmanager
def _without_collector() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    yield
    if was_enabled:
        gc.enable()


@contextmanager
def _with_shorter_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, HANDOVER_SECONDS))
    yield
    sys.setswitchinterval(before)


collector_paused = _Shared(_without_collector)
"""Leaves the garbage collector out of it.

An import makes millions of small values and no cycles, and so does planning it again:
the collector would walk them again and again, a third of the time, and find nothing.
"""

turns_shortened = _Shared(_with_shorter_turns)
"""Lets the database's thread have Python back soon, of whoever plans beside it.

It needs it for a moment between two statements, and each of those takes as long as it
would wait otherwise.
"""
