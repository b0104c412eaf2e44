"""`python -m daybook.jobs.forking_process SOCKET MODULE…`: loads modules, and forks.

Loading the modules of a job's process takes most of a second; a fork has them at once.

The socket delivers a connection for each process that is wanted. On it come the
command and its standard streams (`Command`), and the answer is its process id and, once
it has ended, its exit status: negative for a signal. A process is killed when a byte is
sent on its connection. One whose parent has ended ends by itself, with its input, and
removes what it has left.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

SIZE_BYTES = PID_BYTES = 4
STREAMS = (0, 1, 2)
TITLE_BYTES = 15
"""The longest name of a process that Linux shows."""

Source: TypeAlias = Callable[[], socket.socket]
"""Returns the next connection; raises EOFError if there will be no other."""


class Command(NamedTuple):
    """What a fork runs: a module and its arguments; in which folder and environment."""

    folder: str
    words: list[str]
    environment: dict[str, str]

    def encoded(self) -> bytes:
        """The command as it is sent, after its size."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        count = str(len(self.words))
        text = "\0".join([self.folder, count, *self.words, *variables])
        return os.fsencode(text)

    @classmethod
    def decoded(cls, content: bytes) -> "Command":
        """The command that was sent."""
        folder, count, *others = os.fsdecode(content).split("\0")
        words, variables = others[: int(count)], others[int(count) :]
        pairs = (variable.partition("=") for variable in variables)
        return cls(folder, words, {name: value for name, _, value in pairs})

    def take_over(self) -> None:
        """Be in the folder, with the environment and the command's name."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        sys.argv = [*self.words]
        show_title(self.words[0])


class Forks:
    """Forks for each connection of some sources, and reports how each fork ended.

    `load` is called with the name of a module before a process for it is forked. With
    `kills_at_end`, forks are killed when their connections end, or a source does.
    """

    def __init__(
        self,
        sources: Mapping[socket.socket | int, Source],
        load: Callable[[str], None] = lambda _module: None,
        *,
        kills_at_end: bool = False,
    ) -> None:
        self._kills_at_end = kills_at_end
        self._sources, self._load = sources, load
        self._connections: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._ended, self._tell = os.pipe()
        for end in (self._ended, self._tell):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        for source, accept in sources.items():
            self._selector.register(
                source, selectors.EVENT_READ, partial(self._next, accept)
            )
        self._selector.register(self._ended, selectors.EVENT_READ, self._reap)

    def run(self) -> Command | None:
        """Serve until a source ends; in a fork, return at once what it is to run."""
        while True:
            for key, _ in self._selector.select():
                answer: Callable[[], Command | None] = key.data
                try:
                    command = answer()
                except EOFError:
                    if self._kills_at_end:
                        self._kill(*self._connections)
                    return None
                if command is not None:
                    return command

    def _next(self, accept: Source) -> Command | None:
        connection = accept()
        streams: list[int] = []
        try:
            head, streams, _, _ = socket.recv_fds(connection, SIZE_BYTES, len(STREAMS))
            command = Command.decoded(_received(connection, head))
            self._load(command.words[0])
            return command if self._fork(connection, streams) else None
        except (ConnectionError, EOFError):  # who wanted it has ended
            connection.close()
            return None
        finally:
            for stream in streams:
                os.close(stream)

    def _fork(self, connection: socket.socket, streams: list[int]) -> bool:
        """Fork; return whether this is the new process."""
        try:
            pid = os.fork()
        except OSError:  # too many processes: the connection's end says so
            connection.close()
            return False
        if not pid:
            self._let_go(connection)
            for number, stream in zip(STREAMS, streams, strict=True):
                os.dup2(stream, number)
            os.setsid()
            return True
        self._connections[pid] = connection
        with suppress(ConnectionError):
            connection.sendall(pid.to_bytes(PID_BYTES, "big"))
        told = partial(self._told, pid)
        self._selector.register(connection, selectors.EVENT_READ, told)
        return False

    def _told(self, pid: int) -> None:
        """Kill a fork if that was asked; leave it alone if nobody is left who could."""
        connection = self._connections.get(pid)
        if connection is None:
            return  # it was reaped in the same round of events
        try:
            is_asked = bool(connection.recv(1))
        except ConnectionError:
            is_asked = False
        if is_asked or self._kills_at_end:
            self._kill(pid)
        else:
            self._selector.unregister(connection)

    def _kill(self, *pids: int) -> None:
        """End forks that are not wanted any more."""
        for pid in pids:
            if pid not in self._connections:
                continue  # it was reaped in the same round of events
            os.kill(pid, signal.SIGKILL)
            with suppress(KeyError):  # it was killed before
                self._selector.unregister(self._connections[pid])

    def _reap(self) -> None:
        """Report the exit statuses of forks that ended."""
        os.read(self._ended, 2**16)
        while self._connections:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with suppress(KeyError):  # it was killed
                self._selector.unregister(self._connections[pid])
            with self._connections.pop(pid) as connection, suppress(ConnectionError):
                connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())

    def _let_go(self, connection: socket.socket) -> None:
        """Close in a fork what belongs to the process that forks."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        os.close(self._ended)
        os.close(self._tell)
        for other in (connection, *self._connections.values(), *self._sources):
            if isinstance(other, socket.socket):
                other.close()


def title_of(module: str) -> str:
    """The name that tools such as `ps` show of a module's process: its name's end."""
    title = module
    while len(title) > TITLE_BYTES and "." in title:
        title = title.partition(".")[2]
    return title[-TITLE_BYTES:]


def show_title(module: str) -> None:
    """Have this process shown by the title of a module."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(title_of(module))


def _received(connection: socket.socket, head: bytes) -> bytes:
    """The content whose size `head` says; raises EOFError if it isn't sent in full."""
    left = int.from_bytes(head, "big")
    pieces = []
    while left:
        pieces.append(connection.recv(left))
        if not pieces[-1]:
            break
        left -= len(pieces[-1])
    if left or not pieces:
        raise EOFError
    return b"".join(pieces)


def _received_on(control: socket.socket) -> socket.socket:
    """The connection that came on a socket."""
    sent, connections, *_ = socket.recv_fds(control, 1, 1)
    if not sent:
        raise EOFError
    (connection,) = connections
    return socket.socket(fileno=connection)


def load(module: str) -> None:
    """Import a module, and have forks share all that is loaded by now.

    If that fails, the module's process will say how.
    """
    if module in sys.modules:
        return
    with suppress(Exception):
        gc.disable()  # nothing that is loaded is garbage
        importlib.import_module(module)
        if orm := sys.modules.get("sqlalchemy.orm"):
            orm.configure_mappers()
    gc.enable()
    # A collection would touch, and so copy, what a fork shares.
    gc.freeze()


def main() -> None:
    """Load the modules that the command line names, and fork for its socket."""
    number, *modules = sys.argv[1:]
    show_title(__spec__.name)
    for module in modules:
        load(module)
    with socket.socket(fileno=int(number)) as control:
        command = Forks({control: partial(_received_on, control)}, load).run()
    if command is not None:
        command.take_over()
        importlib.import_module(command.words[0]).main()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Python would free every object that is shared, and so copy it before.
        os._exit(0)


if __name__ == "__main__":
    main()
