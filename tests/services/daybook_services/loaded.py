"""What commands import and compile, done once for the processes that are forked."""

import gc
import importlib
import json
import logging
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.orm import configure_mappers

COMMANDS = "daybook.cli"

WARMING = (
    "import invoices.jsonl",
    "journals",
    "export --output file.csv",
    "audit verify",
    "user list",
)
"""Commands that execute most of the statements that the others do."""


def load_commands() -> None:
    """Load all that Daybook's commands import, but not the commands themselves.

    They look at the terminal and the environment as they load, so each process that
    runs one loads it itself. Some of them run here: a fork then finds the mappers
    configured and most statements compiled, which takes longer than executing them.
    """
    for place in importlib.import_module(f"{COMMANDS}.app").COMMANDS.values():
        importlib.import_module(f"{COMMANDS}.{place.module}")
    _unload_commands()
    _compile_statements()


def _compile_statements() -> None:
    from daybook_terminal import INVOICE  # it imports this module

    importlib.import_module("daybook_services.statements")  # keeps what is compiled
    configure_mappers()
    with tempfile.TemporaryDirectory() as folder, _as_before(), _in(Path(folder)):
        Path("invoices.jsonl").write_text(json.dumps(INVOICE))
        for command in WARMING:
            sys.argv = ["daybook", *command.split()]
            # If a command fails, that is for its own tests to say.
            with suppress(SystemExit, Exception):
                runpy.run_module("daybook", run_name="__main__", alter_sys=True)
            _unload_commands()


def _unload_commands() -> None:
    for name in [name for name in sys.modules if name.startswith(COMMANDS)]:
        del sys.modules[name]


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Be in a folder with a new database, and say nothing."""
    was, environment = Path.cwd(), {**os.environ}
    outputs = [os.dup(number) for number in (1, 2)]
    with Path(os.devnull).open("w") as nowhere:
        for number in (1, 2):
            os.dup2(nowhere.fileno(), number)
    os.chdir(folder)
    for name in environment:
        if name.startswith("DAYBOOK_") and name != "DAYBOOK_FAST":
            del os.environ[name]
    os.environ["DAYBOOK_NOW"] = "2025-06-15T12:00:00Z"
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, output in zip((1, 2), outputs, strict=True):
            os.dup2(output, number)
            os.close(output)
        os.chdir(was)
        os.environ.clear()
        os.environ.update(environment)


@contextmanager
def _as_before() -> Iterator[None]:
    """Leave nothing of what a command changes in its process."""
    log, argv, hook = logging.getLogger("asyncio"), sys.argv, sys.excepthook
    level, thresholds = log.level, gc.get_threshold()
    try:
        yield
    finally:
        sys.argv, sys.excepthook = argv, hook
        log.setLevel(level)
        gc.set_threshold(*thresholds)
