"""The processes of jobs that this one, or a server of a test, has started."""

import os
from collections.abc import Iterator
from contextlib import suppress

import psutil

from daybook.jobs import forking_process
from daybook.jobs.forking_process import title_of


def processes_of(module: str | None, pid: int | None = None) -> list[psutil.Process]:
    """The processes of a job's module, forked or not, that a process has started."""
    assert module is not None
    return [*_found(module, psutil.Process(pid or os.getpid()))]


def _found(module: str, parent: psutil.Process) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        is_forking = parent.name() == title_of(forking_process.__name__)
        for child in parent.children():
            with suppress(psutil.NoSuchProcess):
                if is_forking:
                    is_its = child.name() == title_of(module)
                else:
                    is_its = child.cmdline()[1:] == ["-P", "-m", module]
                if is_its:
                    yield child
            yield from _found(module, child)
