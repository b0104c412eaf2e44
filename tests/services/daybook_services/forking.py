"""`python -m daybook_services.forking LISTENING`: forks for each that asks by a socket.

What it asks is in `forked.py`.
"""

import gc
import importlib
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from daybook_services.ending import run_to_the_end
from daybook_services.forked import PID_BYTES, SIZE_BYTES
from daybook_services.loaded import load_commands

LOADED = (
    "daybook.asgi",
    "daybook.exports.process",
    "aiosqlite",
    "asyncpg",
)
"""What a module that is run imports is there; it is loaded anew itself."""
STREAMS = (0, 1, 2)


class Asked(NamedTuple):
    """What a fork is to do."""

    folder: str
    command: list[str]
    environment: dict[str, str]

    @classmethod
    def of(cls, words: list[str]) -> "Asked":
        """Read what `forked.py` sends."""
        folder, count, *others = words
        command, variables = others[: int(count)], others[int(count) :]
        pairs = (variable.partition("=") for variable in variables)
        return cls(folder, command, {name: value for name, _, value in pairs})


class Forking:
    """The forks that run, and who waits for each."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._waiting: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        ended, tell = os.pipe()
        os.set_blocking(tell, False)
        os.set_blocking(ended, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        self._pipe = ended, tell
        self._selector.register(listening, selectors.EVENT_READ, self._fork)
        self._selector.register(ended, selectors.EVENT_READ, self._reap)
        self._selector.register(0, selectors.EVENT_READ, None)

    def run(self) -> Asked | None:
        """Serve until the input ends; in a fork, say at once what it is to do."""
        while True:
            for key, _ in self._selector.select():
                answer: Callable[[], Asked | None] | None = key.data
                if answer is None:
                    self._kill(*self._waiting)
                    return None
                asked = answer()
                if asked is not None:
                    return asked

    def _fork(self) -> Asked | None:
        connection, _ = self._listening.accept()
        head, pipes, _, _ = socket.recv_fds(connection, SIZE_BYTES, len(STREAMS))
        words = _received(connection, int.from_bytes(head, "big"))
        if words is None:
            connection.close()
        elif pid := os.fork():
            self._waiting[pid] = connection
            with suppress(ConnectionError):
                connection.sendall(pid.to_bytes(PID_BYTES, "big"))
            gone = partial(self._kill, pid)
            self._selector.register(connection, selectors.EVENT_READ, gone)
        else:
            self._let_go(connection)
            for stream, pipe in zip(STREAMS, pipes, strict=True):
                os.dup2(pipe, stream)
        for pipe in pipes:
            os.close(pipe)
        return None if words is None or pid else Asked.of(words)

    def _kill(self, *pids: int) -> None:
        """End forks that nobody waits for any more."""
        for pid in pids:
            if pid not in self._waiting:
                continue  # it was reaped in the same round of events
            os.kill(pid, signal.SIGKILL)
            with suppress(KeyError):  # it was killed before
                self._selector.unregister(self._waiting[pid])

    def _reap(self) -> None:
        """Tell of the forks that ended."""
        os.read(self._pipe[0], 2**16)
        while self._waiting:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with suppress(KeyError):  # it was killed
                self._selector.unregister(self._waiting[pid])
            with self._waiting.pop(pid) as connection, suppress(ConnectionError):
                connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())

    def _let_go(self, connection: socket.socket) -> None:
        """Close in a fork what the process has that forks."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for number in self._pipe:
            os.close(number)
        for other in (self._listening, connection, *self._waiting.values()):
            other.close()


def _received(connection: socket.socket, size: int) -> list[str] | None:
    """What is asked; None if who asks was killed before all was said."""
    content = b""
    while len(content) < size:
        piece = connection.recv(size - len(content))
        if not piece:
            break
        content += piece
    return (
        os.fsdecode(content).split("\0") if content and len(content) == size else None
    )


def main() -> None:
    """Load the modules, and serve."""
    for name in LOADED:
        importlib.import_module(name)
    load_commands()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        asked = Forking(listening).run()
    if asked is not None:
        _run(asked)


def _run(asked: Asked) -> None:
    """Run a file as `python` does, or a module as `python -m`."""
    os.setsid()
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    module, *_ = sys.argv = asked.command
    if module.endswith(".py"):
        run_to_the_end(partial(runpy.run_path, module, run_name="__main__"))
    sys.modules.pop(module, None)
    run_to_the_end(
        partial(runpy.run_module, module, run_name="__main__", alter_sys=True)
    )


if __name__ == "__main__":
    main()
