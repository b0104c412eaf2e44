"""Those who make exports: `daybook worker`, as often as wanted, or a server alone."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import psutil
import psycopg
from sqlalchemy import make_url

from benchmarks.costs import CommandFailed, processor_seconds
from benchmarks.subscribers_part import serving
from daybook.jobs import forking_process
from daybook.jobs.forking_process import title_of

ALONE = 0
"""The number of workers where a server makes its exports itself."""
SETTINGS = {"DAYBOOK_EXPORTS_AT_ONCE": "1"}
"""One export at a time, rendered by one process."""
LOOK_SECONDS = 0.5
LOOKS_MAX = 120

Processor: TypeAlias = Callable[[], float]
"""The user and system seconds that processes have taken, with those they started."""


def words_for(count: int) -> str:
    """So many workers, in words."""
    return {ALONE: "the server alone", 1: "one worker"}.get(count, f"{count} workers")


@contextmanager
def making_exports(count: int, url: str, redis: str, data: Path) -> Iterator[Processor]:
    """So many workers that wait for exports, or a server that makes them `ALONE`.

    Each has one core of the machine, as machines of one core would; several share it if
    there are more than cores.
    """
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        if count == ALONE:
            with _only_on(cores[0]):
                stack.enter_context(serving(data, url, SETTINGS))
            yield lambda: 0.0  # nobody asks
            return
        settings = {
            "DAYBOOK_DATA": str(data),
            "DAYBOOK_DATABASE_URL": url,
            "DAYBOOK_REDIS_URL": redis,
            **SETTINGS,
        }
        running = []
        for number in range(count):
            with _only_on(cores[number % len(cores)]):
                running.append(stack.enter_context(_worker(settings)))
        for worker in running:
            _wait_for(worker)
        every = [psutil.Process(worker.pid) for worker in running]
        yield lambda: sum(map(processor_seconds, every))


@contextmanager
def _only_on(core: int) -> Iterator[None]:
    """Processes that are started meanwhile, and all that these start, have one core."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


@contextmanager
def _worker(settings: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    own = {name: text for name, text in os.environ.items() if "DAYBOOK_" not in name}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "daybook", "worker"],
        env={**own, **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _wait_for(worker: subprocess.Popen[str]) -> None:
    assert worker.stdout is not None, "it is a pipe"
    if not worker.stdout.readline().startswith("Daybook makes exports here"):
        raise CommandFailed("daybook worker: it did not begin to work")


def wait_until_loaded(count: int) -> None:
    """Wait until the workers, or the server, have loaded the modules of jobs.

    They begin to some seconds after they were started, and fork from then on.
    """
    before = None
    for _ in range(LOOKS_MAX):
        time.sleep(LOOK_SECONDS)
        taken = [
            processor_seconds(process)
            for process in psutil.Process().children(recursive=True)
            if process.name() == title_of(forking_process.__name__)
        ]
        if len(taken) == max(count, 1) and taken == before:
            return
        before = taken
    raise CommandFailed("the modules of jobs were not loaded")


def new_database(url: str, name: str, like: str = "template1") -> str:
    """The address of a new database of a server, in the place of one of that name."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
    address = make_url(url).set(database=name)
    return address.render_as_string(hide_password=False)
