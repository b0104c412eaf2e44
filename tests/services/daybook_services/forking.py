"""`python -m daybook_services.forking LISTENING`: forks for each that asks by a socket.

What it asks is in `forked.py`.
"""

import gc
import importlib
import runpy
import socket
import sys
from functools import partial
from typing import NoReturn

from daybook.jobs.forking_process import Command, Forks, Source
from daybook_services.ending import run_to_the_end
from daybook_services.loaded import load_commands

LOADED = (
    "daybook.asgi",
    "daybook.exports.process",
    "aiosqlite",
    "asyncpg",
)
"""What a module that is run imports is there; it is loaded anew itself."""
STDIN = 0


def _end() -> NoReturn:
    raise EOFError


def main() -> None:
    """Load the modules, and serve until the input ends."""
    for name in LOADED:
        importlib.import_module(name)
    load_commands()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        sources: dict[socket.socket | int, Source] = {
            listening: lambda: listening.accept()[0],
            STDIN: _end,
        }
        command = Forks(sources, kills_at_end=True).run()
    if command is not None:
        _run(command)


def _run(command: Command) -> None:
    """Run a file as `python` does, or a module as `python -m`."""
    command.take_over()
    module, *_ = command.words
    if module.endswith(".py"):
        run_to_the_end(partial(runpy.run_path, module, run_name="__main__"))
    sys.modules.pop(module, None)
    run_to_the_end(
        partial(runpy.run_module, module, run_name="__main__", alter_sys=True)
    )


if __name__ == "__main__":
    main()
