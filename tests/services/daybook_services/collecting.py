"""Garbage is collected seldom: looking for it takes a tenth of the tests' time.

What is imported stays, and is not looked at again.
"""

import gc

import pytest

from daybook.settings import is_fast

OBJECTS_BETWEEN = 100_000


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Begin when all modules are loaded."""
    if not is_fast():
        # A driver of its own accord gives back what a cancelled writer had only when
        # that is collected.
        return
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN)
