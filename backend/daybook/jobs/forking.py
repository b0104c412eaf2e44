"""Forks of a process that has the modules of jobs loaded.

`daybook.jobs.forking_process` is that process. It begins with the first fork, or is
prepared before, and ends with ours.
"""

import asyncio
import atexit
import os
import signal
import socket
import subprocess
import sys
from asyncio import BaseTransport, StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeAlias

from daybook.jobs import forking_process
from daybook.jobs.forking_process import PID_BYTES, SIZE_BYTES, Command

STATUS_BYTES = 16
KILL = b"k"
CAN_FORK = sys.platform == "linux"
"""Libraries of macOS, which programs load unasked, don't survive a fork."""

Interpreter: TypeAlias = tuple[tuple[str, str], ...]
"""The variables that Python reads as it begins."""


class Fork:
    """A process that was forked, as `asyncio.subprocess.Process` shows one.

    Its exit status is taken to be that of SIGKILL if nobody can say what it was.
    """

    def __init__(
        self,
        pid: int,
        connection: socket.socket,
        stdin: tuple[StreamReader, StreamWriter],
        stdout: tuple[StreamReader, BaseTransport],
    ) -> None:
        # A stream whose reader is collected is closed.
        self._unread, self.stdin = stdin
        self.stdout, self._output = stdout
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._watching = asyncio.create_task(self._watch())

    async def wait(self) -> int:
        """Wait until it has ended; return its exit status, negative for a signal."""
        return await asyncio.shield(self._watching)

    def kill(self) -> None:
        """Have it killed by the process that forked it, if it has not ended."""
        with suppress(OSError):
            self._connection.send(KILL)

    def close(self) -> None:
        """Close its output: nobody reads on, though there may be no end yet."""
        self._output.close()

    async def _watch(self) -> int:
        with self._connection as connection:
            received = b""
            with suppress(ConnectionError):
                loop = asyncio.get_running_loop()
                received = await loop.sock_recv(connection, STATUS_BYTES)
        self.returncode = int(received or -signal.SIGKILL)
        return self.returncode


class _Forking:
    """The process that forks, and our end of the socket to it."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._control, theirs = socket.socketpair()
        module = forking_process.__name__
        with ExitStack() as ours, theirs:
            ours.enter_context(self._control)
            # -P: a module in the server's working folder is never imported.
            # A session of its own: Ctrl+C is for the server, which then ends the work.
            self._process = subprocess.Popen(  # noqa: S603  (our own module)
                [sys.executable, "-P", "-m", module, str(theirs.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            ours.pop_all()
        atexit.register(self.end)

    def send(self, connection: socket.socket) -> None:
        """Send a connection; raises OSError if the process has ended."""
        socket.send_fds(self._control, [b"."], [connection.fileno()])

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it; its forks end with their inputs."""
        atexit.unregister(self.end)
        self._control.close()
        self._process.wait()


_running: dict[Interpreter, _Forking] = {}


def prepare(modules: Iterable[str]) -> None:
    """Have modules loaded in the background, unless a process can be forked already."""
    if CAN_FORK:
        with suppress(OSError):
            _begun(modules)


async def forked(module: str, limit: int) -> Fork | None:
    """Fork a process that runs a module's `main`; None if that is impossible.

    Its standard error is ours. No line of its output is longer than `limit` bytes. This
    is not to be cancelled: streams that are being opened could not be closed.
    """
    if not CAN_FORK:
        return None
    try:
        return await _forked(_begun([module]), module, limit)
    except (OSError, EOFError):
        return None


def _begun(modules: Iterable[str]) -> _Forking:
    """The process that forks; raises OSError if it can't be started."""
    interpreter = tuple(
        sorted(item for item in os.environ.items() if item[0].startswith("PYTHON"))
    )
    running = _running.get(interpreter)
    if running is None or running.has_ended:
        if running is not None:
            running.end()
        running = _running[interpreter] = _Forking(modules)
    return running


async def _forked(forking: _Forking, module: str, limit: int) -> Fork:
    loop = asyncio.get_running_loop()
    command = Command(str(Path.cwd()), [module], dict(os.environ)).encoded()
    connection, its_connection = socket.socketpair()
    stdin, its_stdin = socket.socketpair()
    output, its_output = os.pipe()
    stdout = os.fdopen(output, "rb", buffering=0)
    with ExitStack() as ours:
        for end in (connection, stdin, stdout):
            ours.enter_context(end)
        with its_connection, its_stdin, os.fdopen(its_output, "wb"):
            forking.send(its_connection)
            size = len(command).to_bytes(SIZE_BYTES, "big")
            streams = [its_stdin.fileno(), its_output, 2]
            socket.send_fds(connection, [size], streams)
        connection.setblocking(False)  # noqa: FBT003  (the library's parameter)
        await loop.sock_sendall(connection, command)
        # Its modules may have to be loaded first.
        pid = await loop.sock_recv(connection, PID_BYTES)
        if len(pid) < PID_BYTES:
            raise EOFError
        reader = StreamReader(limit)
        output_end, _ = await loop.connect_read_pipe(
            lambda: StreamReaderProtocol(reader), stdout
        )
        ours.callback(output_end.close)
        its_input = await asyncio.open_connection(sock=stdin)
        ours.pop_all()
        return Fork(
            int.from_bytes(pid, "big"), connection, its_input, (reader, output_end)
        )
