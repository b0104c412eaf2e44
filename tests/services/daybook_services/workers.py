"""How many processes `--numprocesses=auto` starts (`make test WORKERS=auto`)."""

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, optionalhook=True)  # without pytest-xdist nobody asks
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Half as many again as there are processors.

    A test spends a fifth of its time waiting, for a poll, a browser or another process.
    """
    processors = yield
    return processors + (processors + 1) // 2
