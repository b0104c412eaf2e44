"""Interpreter settings during an import: no garbage collector, shorter thread turns.

Both are settings of the process: concurrent imports share them, and the last one to end
or fail restores what was there before the first.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock

HANDOVER_SECONDS = 0.0001
"""How long a thread may run Python while another waits; the default is 0.005."""


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
"""Pauses the garbage collector.

An import makes millions of small values and no cycles, and so does the deep check: the
collector would take a third of the time to walk them again and again, and find nothing.
"""

turns_shortened = _Shared(_with_shorter_turns)
"""Shortens the turns of threads, so that the database's thread soon gets its turn.

It needs Python only for a moment between two statements; by default it would wait for
the planning thread about as long as a statement takes.
"""
