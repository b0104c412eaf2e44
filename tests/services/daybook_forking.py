"""A process that has Daybook's modules loaded, and forks for each command it is given.

A command then takes as long as what it does: importing its modules takes a second, and
the tests run hundreds of commands. Each loads those of `daybook.cli` anew, since they
look at the terminal and the environment as they load.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from daybook_services.ending import run_to_the_end
from daybook_services.loaded import load_commands

SECONDS_MAX = 300
"""A command that takes longer is ended by SIGALRM."""


class Forking:
    """Such a process, started with the first command and ended with its user's.

    `prefix` is a command that starts it, such as one that drops privileges.
    """

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        outputs: Sequence[Path],
    ) -> int:
        """Run a command there, its outputs to two files; its exit status."""
        if self._process is None:
            self._process = subprocess.Popen(  # it ends when its input does
                [*self._prefix, sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None and told is not None, "both are pipes"
        request = [*arguments], str(folder), {**environment}, [*map(str, outputs)]
        print(json.dumps(request), file=asked, flush=True)
        return int(told.readline())


def main() -> None:
    """Fork for each line of standard input, and print the exit status of the child."""
    load_commands()
    gc.freeze()
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            _become(*json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(
    arguments: list[str], folder: str, environment: dict[str, Any], outputs: list[str]
) -> None:
    """Run `python -m daybook` in this process."""
    signal.alarm(SECONDS_MAX)
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["daybook", *arguments]
    run_to_the_end(
        partial(runpy.run_module, "daybook", run_name="__main__", alter_sys=True)
    )


if __name__ == "__main__":
    main()
