"""Runs `daybook` in processes that are forked of one that has its modules loaded.

A command then takes as long as what it does: importing its modules takes a second, and
the tests run thousands of commands.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from daybook_services.forked import ask, status_of
from daybook_services.processes import forking

SECONDS_MAX = 300
"""A command that takes longer is ended, and its test fails."""


class Forking:
    """Runs commands, also several at a time.

    `prefix` is a command that starts the process which forks, such as one that drops
    privileges.
    """

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        outputs: Sequence[Path],
    ) -> int:
        """Run a command there, its outputs to two files; its exit status.

        That is the negative number of the signal that ended it, if one did.
        """
        with ExitStack() as open_, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS_MAX)
            connection.connect(forking(*self._prefix))
            places = [(Path(os.devnull), "rb"), *((output, "wb") for output in outputs)]
            numbers = [
                open_.enter_context(path.open(mode)).fileno() for path, mode in places
            ]
            command = ["daybook", *arguments]
            ask(connection, command, str(folder), {**environment}, numbers)
            return status_of(connection)
