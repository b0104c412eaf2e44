"""What commands import, loaded once for the processes that are forked to run them."""

import importlib
import sys

COMMANDS = "daybook.cli"


def load_commands() -> None:
    """Load all that Daybook's commands import, but not the commands themselves.

    They look at the terminal and the environment as they load, so each process that
    runs one loads it anew.
    """
    for place in importlib.import_module(f"{COMMANDS}.app").COMMANDS.values():
        importlib.import_module(f"{COMMANDS}.{place.module}")
    for name in [name for name in sys.modules if name.startswith(COMMANDS)]:
        del sys.modules[name]
