"""A shell whose `daybook` is the forking one of `Terminal`: as real, and quick.

Lines run as in a person's shell, with its quotes, pipes and redirections.
"""

import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from daybook_terminal import FORKING

SOCKET = "DAYBOOK_TEST_SOCKET"
SECONDS_MAX = 120

# The program on the path: it passes on what it was called with, and says what came out.
PROGRAM = f"""\
#!{sys.executable} -SE
import json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(os.environ["{SOCKET}"])
with line.makefile("rwb") as both:
    asked = sys.argv[1:], os.getcwd(), dict(os.environ)
    both.write(json.dumps(asked).encode() + b"\\n")
    both.flush()
    status, out, err = json.loads(both.readline())
sys.stderr.buffer.write(bytes.fromhex(err))
sys.stderr.flush()
try:
    sys.stdout.buffer.write(bytes.fromhex(out))
    sys.stdout.flush()
except BrokenPipeError:  # its reader has seen enough
    os._exit(1)
sys.exit(status)
"""


class _Asked(socketserver.StreamRequestHandler):
    """A call of `daybook`."""

    def handle(self) -> None:
        arguments, folder, environment = json.loads(self.rfile.readline())
        with tempfile.TemporaryDirectory() as outputs:
            paths = [Path(outputs) / name for name in ("out", "err")]
            status = FORKING.run(arguments, Path(folder), environment, paths)
            said = [path.read_bytes().hex() for path in paths]
        with suppress(OSError):
            self.wfile.write(json.dumps([status, *said]).encode() + b"\n")


class Shell:
    """`/bin/sh` with `daybook` on its path; one command of it runs at a time."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        program = Path(self._folder.name) / "daybook"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        self._socket = str(Path(self._folder.name) / "socket")
        self._server = socketserver.UnixStreamServer(self._socket, _Asked)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._folder.cleanup()

    def run(
        self, line: str, folder: Path, settings: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a line in a folder to its end."""
        path = f"{self._folder.name}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **settings, "PATH": path, SOCKET: self._socket}
        return subprocess.run(  # the lines of our own docs
            ["/bin/sh", "-c", line],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
