"""The processes that render parts of a file, from the outside."""

import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daybook.db.engine import database_url
from daybook.exports.parts import member
from daybook.jobs.cores import cores
from daybook.settings import Settings

SMALL_BYTES = 4 * 2**20
"""A smaller SQLite file has less than half a second's work."""


class Member:
    """A process, and our end of the socket to it."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection = connection
        self.pid = pid

    def end(self) -> None:
        """Kill the process, which has nothing to finish."""
        self.connection.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


class Crew:
    """Up to `size` processes, which wait for work until the crew is dismissed.

    With fewer than two there are none, and the caller renders everything. Plain files
    are rendered by a crew only if it `is_asked` for.
    """

    def __init__(self, size: int, *, is_asked: bool = True) -> None:
        self.size = size if size > 1 else 0
        self._is_asked = is_asked
        self._members: list[Member] = []

    def size_for(self, *, is_compressed: bool) -> int:
        """How many members render a file; 0 for none.

        A plain file has some only if that was asked for. Its hash and its copy into the
        system's cache take as long as rendering it, and only one process at a time can
        write a file: with one that renders and one that hashes and writes, it was made
        sooner.
        """
        return self.size if is_compressed or self._is_asked else 0

    def fork(self) -> None:
        """Make all members out of this process, if that is safe.

        They have its modules, so they are there at once. It is safe in a process that
        has no threads yet, and so no connections to a database.
        """
        if sys.platform == "linux" and threading.active_count() == 1:
            while len(self._members) < self.size:
                self._members.append(_forked(self._members))

    def members(self, count: int) -> list[Member]:
        """So many members; those that aren't there yet are started."""
        while len(self._members) < count:
            self._members.append(_started())
        return self._members[:count]

    def started(self) -> list[Member]:
        """The members that are there."""
        return [*self._members]

    def dismiss(self) -> None:
        """End all members."""
        while self._members:
            self._members.pop().end()


@contextmanager
def hired(
    processes: int | None, settings: Settings, *, is_compressed: bool | None = None
) -> Iterator[Crew]:
    """A crew of so many processes; None as the settings say, 0 by the cores.

    They are forked if it is known that the file may need them, and else started once it
    does: a process that was forked makes this one copy what it writes to.
    """
    if processes is None:
        processes = settings.export_processes
    crew = Crew(processes or cores(), is_asked=bool(processes))
    try:
        may_help = is_compressed is not None and crew.size_for(
            is_compressed=is_compressed
        )
        if may_help and not _is_small(settings):
            crew.fork()
        yield crew
    finally:
        crew.dismiss()


def _is_small(settings: Settings) -> bool:
    """Whether no file of the settings' database can be worth a crew."""
    url = database_url(settings)
    if url.get_backend_name() != "sqlite":
        return False
    try:
        return Path(str(url.database)).stat().st_size < SMALL_BYTES
    except OSError:
        return True


NOBODY = Crew(0)
"""The crew of those who work alone."""


def _forked(others: list[Member]) -> Member:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        return Member(ours, pid)
    # In the new process: it never returns to what the other one was doing.
    try:
        for connection in (ours, *(other.connection for other in others)):
            connection.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):  # a reader of our output must not wait for this process
            os.dup2(nothing, stream)
        member.serve(theirs)
    except BaseException:  # noqa: BLE001  (an edge: this process has no other)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _started() -> Member:
    ours, theirs = socket.socketpair()
    with theirs:
        # -P: a module in the working folder is never imported.
        command = [sys.executable, "-P", "-m", member.__name__, str(theirs.fileno())]
        process = subprocess.Popen(  # noqa: S603  (our own module)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            process_group=0,  # Ctrl+C is for us alone, also while it is loaded
        )
    # It is waited for by its number, as a forked one.
    process.returncode = 0
    return Member(ours, process.pid)
