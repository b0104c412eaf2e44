"""Processes that are forked from one that has Daybook's modules loaded.

Importing them takes most of a second, and the tests start thousands. Whoever starts one
still has a process of its own, a small one (`forked.py`): it has ours fork with its own
pipes, and ends as the forked one does; if it is killed, so is that.

Loading everything takes as long as dozens of tests, so the processes of a parallel run
share the one that forks: the process that starts them starts it, too.
"""

import atexit
import os
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FORKING = "daybook_services.forking"
SHARED = "DAYBOOK_TEST_FORKING"
"""Names the socket of the process that forks for all processes of a run."""


def forked(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module, or a file of Python, in a forked process."""
    client = str(FOLDER / "forked.py")
    return (sys.executable, "-I", "-S", client, forking(), module, *arguments)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the process that forks, if other processes are going to run the tests."""
    if config.getoption("numprocesses", default=None) and not _is_worker(config):
        os.environ[SHARED] = _started()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")  # pytest-xdist's


def forking(*prefix: str) -> str:
    """Where the process listens that forks; a command before it may change its rights.

    It is started if there is none yet.
    """
    return os.environ.get(SHARED) or _started() if not prefix else _started(*prefix)


@cache
def _started(*prefix: str) -> str:
    """Start a process that forks, which ends with this one; where it listens."""
    folder = tempfile.TemporaryDirectory(prefix="daybook-forking-")
    path = str(Path(folder.name, "socket"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        process = subprocess.Popen(
            # -P: the checkout's own folders are no packages.
            [*prefix, sys.executable, "-P", "-m", FORKING, str(listening.fileno())],
            env={**os.environ, "PYTHONPATH": str(FOLDER.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
        )

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return path
