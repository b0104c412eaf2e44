"""The `daybook` command, its subcommands, and the exit status of errors."""

import errno
import sys
from collections.abc import Mapping

import typer

from daybook.cli.command_groups import LoadedCommands, Place
from daybook.cli.running import Failed, complain

COMMANDS: Mapping[str, Place] = {
    "demo": Place("server", "demo"),
    "serve": Place("server", "serve"),
    "import": Place("documents", "import_files", writes=True),
    "journals": Place("journals", "journals"),
    "export": Place("export", "export", writes=True),
    "deferred-revenue": Place("deferred_revenue", "deferred_revenue"),
    "waterfall": Place("waterfall", "waterfall"),
    "roll-forward": Place("roll_forward", "roll_forward_command"),
    "population": Place("population", "population"),
    "tie-out": Place("tie_out", "tie_out_command"),
    "close-checklist": Place("close_checklist", "close_checklist_command"),
    "balance": Place("balances", "app"),
    "lock": Place("locks", "lock", writes=True),
    "unlock": Place("locks", "unlock", writes=True),
    "settings": Place("settings", "settings", writes=True),
    "product": Place("settings", "product", writes=True),
    "account": Place("settings", "account", writes=True),
    "families": Place("families", "families", writes=True),
    "activity": Place("activity", "activity"),
    "exports": Place("export_records", "app"),
    "manual": Place("manual", "app"),
    "attach": Place("evidence", "attach", writes=True),
    "attachments": Place("evidence", "app"),
    "mapping": Place("mapping", "app"),
    "user": Place("access", "users"),
    "key": Place("access", "keys"),
    "organisation": Place("access", "organisations"),
    "audit": Place("audit", "app"),
    "clock": Place("clock", "app"),
    "fx": Place("fx", "app"),
    "db": Place("database", "app"),
}
"""Where each command is, in the order of the help; it is loaded when it is run."""


class Daybook(LoadedCommands):
    """The subcommands of `daybook`."""

    places = COMMANDS


app = typer.Typer(
    name="daybook",
    cls=Daybook,
    help="Invoices in, journals out: a revenue-recognition subledger.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def daybook() -> None:
    """A group even if none of its commands is loaded."""


def main() -> None:
    """Run the command line; exit with 0, 1 (it failed) or 2 (the input is wrong).

    An error that the caller can fix prints one line that says how. Anything else is our
    bug and is left to crash.
    """
    try:
        app()
    except Failed as failure:
        complain(str(failure))
        sys.exit(failure.status)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        complain(f"the output can't be written: {error.strerror}")
        sys.exit(1)
