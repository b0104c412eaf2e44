"""The `daybook` command, its subcommands, and the exit status of errors."""

import errno
import sys

import typer

from daybook.cli import (
    access,
    activity,
    audit,
    clock,
    database,
    documents,
    export,
    export_records,
    families,
    fx,
    journals,
    locks,
    mapping,
    server,
    settings,
)
from daybook.cli.command_groups import Commands
from daybook.cli.running import Failed, complain, writing

app = typer.Typer(
    name="daybook",
    cls=Commands,
    help="Invoices in, journals out: a revenue-recognition subledger.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("demo")(server.demo)
app.command("serve")(server.serve)
app.command("import")(writing(documents.import_files))
app.command("journals")(journals.journals)
app.command("export")(writing(export.export))
app.add_typer(export_records.app, name="exports")
app.command("lock")(writing(locks.lock))
app.command("unlock")(writing(locks.unlock))
app.command("settings")(writing(settings.settings))
app.command("product")(writing(settings.product))
app.command("account")(writing(settings.account))
app.command("families")(writing(families.families))
app.command("activity")(activity.activity)
app.add_typer(mapping.app, name="mapping")
app.add_typer(access.users, name="user")
app.add_typer(access.keys, name="key")
app.add_typer(access.organisations, name="organisation")
app.add_typer(audit.app, name="audit")
app.add_typer(clock.app, name="clock")
app.add_typer(fx.app, name="fx")
app.add_typer(database.app, name="db")


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
