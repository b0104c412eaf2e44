"""The processes of `daybook serve`: when they serve, and what if one ends.

uvicorn replaces a process that ends without a word, again and again, even if none
ever serves. This overrides `Multiprocess.keep_subprocess_alive` and `Server.startup`.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from socket import socket

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

logger = logging.getLogger(__name__)

TRIES = 5
"""How many processes may end at their start, one after the other, if none serves."""
ANSWER_SECONDS = 30.0
"""How long a process that serves may be silent before it is replaced."""


class Alone(Server):
    """A server in this process, which tells once it serves."""

    def __init__(self, config: Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and tell if that succeeded."""
        await super().startup(sockets)
        if self.started:
            self._tell()


class Workers(Multiprocess):
    """Processes that share sockets; `tell` is called once the first of them serves."""

    def __init__(
        self, config: Config, sockets: list[socket], tell: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets)
        self.has_served = False
        self.is_hopeless = False
        self._tell = tell
        self._serving: set[int | None] = set()
        self._asked: set[int | None] = set()
        self._ended_at_start = 0

    def keep_subprocess_alive(self) -> None:
        """Replace processes that ended or hang; end if none gets to serve."""
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if process.pid in self._serving:
                if not process.is_alive(ANSWER_SECONDS):
                    self._replace(place, process)
            elif not process.process.is_alive():
                self._replace(place, process)
            elif self._begins_to_serve(process):
                self._note_serving(process)

    def _begins_to_serve(self, process: Process) -> bool:
        """Ask a process that starts whether it serves, without waiting for it."""
        with suppress(OSError, EOFError):
            if process.pid not in self._asked:
                process.parent_conn.send(b"ping")
                self._asked.add(process.pid)
            if process.parent_conn.poll(0):
                self._asked.discard(process.pid)
                return bool(process.parent_conn.recv())
        return False

    def _note_serving(self, process: Process) -> None:
        self._serving.add(process.pid)
        self._ended_at_start = 0
        if not self.has_served:
            self.has_served = True
            self._tell()

    def _replace(self, place: int, process: Process) -> None:
        """Start another process in the place of one, unless that is hopeless."""
        process.kill()
        process.join()
        self._asked.discard(process.pid)
        if process.pid in self._serving:
            self._serving.discard(process.pid)
            logger.error(
                "worker %s ended (status %s): another takes its place",
                process.pid,
                process.exitcode,
            )
        else:
            self._ended_at_start += 1
            logger.error(
                "worker %s ended before it served (status %s)",
                process.pid,
                process.exitcode,
            )
            is_told = process.exitcode == STARTUP_FAILURE  # it would fail again
            is_given_up = self._ended_at_start >= TRIES and not self._serving
            if is_told or is_given_up:
                self.is_hopeless = True
                self.should_exit.set()
                return
        self.processes[place] = Process(self.config, self.sockets)
        self.processes[place].start()
