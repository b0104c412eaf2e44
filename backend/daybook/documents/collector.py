"""The garbage collector, which has nothing to do where many values are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Leave the garbage collector out of it.

    An import makes millions of small values and no cycles, and so does planning it
    again: the collector would walk them again and again, a third of the time, and find
    nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
