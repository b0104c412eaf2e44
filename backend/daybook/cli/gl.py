"""`daybook gl`: the general ledger that comes back from accounting systems."""

from typing import Annotated

import typer

from daybook.cli.choices import or_none
from daybook.cli.command_groups import Commands
from daybook.cli.gl_connections import app as connections
from daybook.cli.gl_connections import author_of, connection_named
from daybook.cli.gl_import import import_
from daybook.cli.gl_lines import export, lines
from daybook.cli.gl_reconcile import reconcile
from daybook.cli.gl_refresh import refresh
from daybook.cli.gl_status import status
from daybook.cli.gl_sync import sync
from daybook.cli.running import load_settings, out, with_database, writing
from daybook.connections.commands import update_dataset
from daybook.connections.queries import find_connections, reporting_currency
from daybook.db.engine import Database
from daybook.patches import UNSET, Unset

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="The general ledger: journals that come back from the accounting system.",
)
app.add_typer(connections, name="connection")
app.command("import")(import_)
app.command("sync")(sync)
app.command("refresh")(refresh)
app.command("lines")(lines)
app.command("export")(export)
app.command("status")(status)
app.command("reconcile")(reconcile)


@app.callback()
def group() -> None:
    """The general ledger: journals that come back from the accounting system."""


@app.command("dataset")
@writing
def dataset(
    currency: Annotated[
        str | None,
        typer.Option(
            help="The reporting currency; NONE for the main connection's own."
        ),
    ] = None,
    main: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The connection whose names of accounts stand where codes agree.",
        ),
    ] = None,
) -> None:
    """Show the settings of the dataset, or change those that are given.

    Example: `daybook gl dataset --currency GBP`
    """
    settings = load_settings()
    reporting: str | Unset | None = UNSET if currency is None else or_none(currency)

    async def work(database: Database) -> tuple[str | None, str | None]:
        author = author_of(settings)
        if currency is not None or main is not None:
            database.check_writable()
            number = UNSET if main is None else await _number(database, main)
            await update_dataset(database, author, reporting=reporting, main=number)
        async with database.reads() as session:
            found = await find_connections(session, author.organisation_id)
            chosen = await reporting_currency(session, author.organisation_id)
        main_one = found[0] if found else None
        if main_one is None:
            return chosen, None
        return chosen or main_one.base_currency, main_one.name

    async def _number(database: Database, name: str) -> int:
        connection = await connection_named(database, settings.organisation, name)
        return connection.number

    reporting_in, main_name = with_database(settings, work)
    out.print(f"Reporting currency: {reporting_in or 'none yet'}", markup=False)
    out.print(f"Main connection:    {main_name or 'none yet'}", markup=False)
