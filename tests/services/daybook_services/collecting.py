"""Garbage is collected seldom: looking for it takes a tenth of the tests' time.

What is imported stays, and is not looked at again.
"""

import gc

import pytest

OBJECTS_BETWEEN = 100_000


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Begin when all modules are loaded."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN)
