"""A thousand who listen to one export: how late its end is told, and what it takes."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from types import MappingProxyType

import httpx2

from benchmarks.costs import UNLIMITED, daybook, module
from benchmarks.results import MEBIBYTE, Results

FILES_MAX = 8_192
"""A socket is an open file."""
START_SECONDS = 60


def measure_subscribers(results: Results, folder: Path, data: Path, count: int) -> None:
    """Serve the ledger, and let so many listen while it is exported once a run."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = FILES_MAX if most == resource.RLIM_INFINITY else min(most, FILES_MAX)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    made = daybook(
        data, "key", "create", "bench", "--may", "READ", "--may", "EXPORT"
    ).output
    key = next(word for word in made.split() if word.startswith("daybook_"))
    slowest, middle, peaks, events = [], [], [], []
    for number in range(1, results.runs + 1):
        results.say(f"{count:,} subscribers, run {number} of {results.runs}")
        with serving(data) as (port, peak):
            heard = module("listeners", port, key, count, folder=folder).output
            told = json.loads(heard)
            peaks.append(peak() / MEBIBYTE)
        shutil.rmtree(data / "daybook.exports")
        late = sorted(told["late_seconds"])
        assert len(late) == count, "everybody was told"
        slowest.append(late[-1])
        middle.append(late[len(late) // 2])
        events.append(sum(told["events"]) / count)
    name = f"Subscribers: {count:,}, the end of an export told to"
    results.add(f"{name} the one in the middle after", "s", middle)
    last = results.add(f"{name} the last one after", "s", slowest)
    memory = results.add("Subscribers: the server's peak resident", "MiB", peaks, 0)
    results.add("Subscribers: events for each of them", "", events, 1)
    results.aim("Subscribers: seconds to the last", last.most, 1, is_most=True)
    # A megabyte of a million bytes, the stricter reading.
    results.aim(
        "Subscribers: peak resident, MB",
        memory.most * MEBIBYTE / 1e6,
        300,
        is_most=True,
    )


class _Peak(threading.Thread):
    """Looks again and again at how much memory a process has."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._is_over = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        while not self._is_over.wait(0.1):
            self.bytes = max(self.bytes, _resident(self._pid))

    def end(self) -> None:
        """Look no more."""
        self._is_over.set()
        self.join()


def _resident(pid: int) -> int:
    told = subprocess.run(  # noqa: S603  (a process of ours)
        ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return 1024 * int(told.stdout.strip() or 0)


@contextmanager
def serving(
    data: Path,
    database_url: str | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[int, Callable[[], int]]]:
    """A server's port, and what its memory has come to at the most."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    own = {name: text for name, text in os.environ.items() if "DAYBOOK_" not in name}
    own["DAYBOOK_DATA"] = str(data)
    if database_url is not None:
        own["DAYBOOK_DATABASE_URL"] = database_url
        own["DAYBOOK_SECRET"] = token_urlsafe(32)
    process = subprocess.Popen(  # noqa: S603  (the program that is measured)
        [sys.executable, "-m", "daybook", "serve", "--port", str(port)],
        env={**own, **UNLIMITED, **settings},
        stdout=subprocess.DEVNULL,
    )
    peak = _Peak(process.pid)
    try:
        wait_for(port)
        peak.start()
        yield port, lambda: peak.bytes
    finally:
        if peak.is_alive():
            peak.end()
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    """Wait until a server answers on a port."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/healthz")
        except httpx2.ConnectError:
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.1)
        else:
            return
