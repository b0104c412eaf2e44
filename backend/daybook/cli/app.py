"""The `daybook` command, its subcommands, and the exit status of errors."""

import errno
import logging
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated

import typer

from daybook.cli.command_groups import LoadedCommands, Place
from daybook.cli.running import Failed, complain, err, file_words, out
from daybook.cli.usage import is_help, usage_words
from daybook.db.engine import History
from daybook.db.migrate import newest_revision

DISTRIBUTION = "daybook-ledger"
"""What is installed, by its name on package indexes."""

COMMANDS: Mapping[str, Place] = {
    "demo": Place("server", "demo"),
    "serve": Place("server", "serve"),
    "worker": Place("worker_command", "worker"),
    "import": Place("documents", "import_files", writes=True),
    "journals": Place("journals", "journals"),
    "journal": Place("journal", "journal"),
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
    "dismiss": Place("activity", "dismiss", writes=True),
    "exports": Place("export_records", "app"),
    "manual": Place("manual", "app"),
    "attach": Place("evidence", "attach", writes=True),
    "attachments": Place("evidence", "app"),
    "mapping": Place("mapping", "app"),
    "user": Place("access", "users"),
    "key": Place("keys", "app"),
    "mail": Place("mail", "app"),
    "webhook": Place("webhooks", "app"),
    "organisation": Place("organisations", "app"),
    "audit": Place("audit", "app"),
    "clock": Place("clock", "app"),
    "secrets": Place("secrets", "secrets"),
    "fx": Place("fx", "app"),
    "gl": Place("gl", "app"),
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


def _print_version(is_asked: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if is_asked:
        revisions = "/".join(newest_revision(history) for history in History)
        out.print(f"daybook {version(DISTRIBUTION)} (tables {revisions})")
        raise typer.Exit


@app.callback()
def daybook(
    is_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version, and the revision of its tables.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    """A group even if none of its commands is loaded."""


def _called() -> str:
    """This program and its command, as far as it is known without reading options."""
    return " ".join(["daybook", *(word for word in sys.argv[1:2] if word in COMMANDS)])


def main() -> None:
    """Run the command line; exit with 0, 1 (it failed) or 2 (the input is wrong).

    An error that the caller can fix prints one line that says how. Anything else is our
    bug and is left to crash.
    """
    # It would warn beside the one line about a connection that was lost.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        status = app(prog_name="daybook", standalone_mode=False)
    except typer.TyperException as error:
        if is_help(error):
            err.print(error.format_message(), markup=False)
        else:
            complain(usage_words(error, _called()))
        sys.exit(error.exit_code)
    except Failed as failure:
        complain(str(failure))
        sys.exit(failure.status)
    except PermissionError as error:
        if error.filename is None:
            raise
        complain(file_words(error))
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        complain(f"the output can't be written: {error.strerror}")
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
