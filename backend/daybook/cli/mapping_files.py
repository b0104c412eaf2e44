"""`daybook mapping import`, `export` and `chart`: mappings and charts as CSV files."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from daybook.cli.mapping_options import (
    Currency,
    System,
    integration_of,
    shown_ledgers,
    where_words,
)
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    show_problems,
    unread,
    unwritten,
    with_database,
    with_rejection,
)
from daybook.clock import now
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.mapping.commands import Mapped, import_chart
from daybook.exports.mapping.csv_files import (
    mapping_csv,
    mapping_rows,
    read_mappings,
    read_xero_chart,
)
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mappings
from daybook.ledger.queries import LedgerNotChosen
from daybook.numbers import counted
from daybook.settings import Settings

File = Annotated[
    Path, typer.Argument(help="A CSV file.", metavar="FILE", readable=False)
]
"""A file that a command reads, which says itself why it can't."""


def import_(file: File, system: System) -> None:
    """Set all mappings that a CSV file has, or none if there is any problem.

    The file has the columns that `daybook mapping export` writes. A line without any
    field ends its mapping; mappings that the file doesn't have stay as they are.

    Example: `daybook mapping import xero.csv --integration XERO`
    """
    settings = load_settings()
    integration = integration_of(system)
    text = text_of(file)

    async def work(database: Database) -> Mapped:
        lines = read_mappings(integration, text)
        return await set_mappings(
            database,
            settings.organisation,
            integration,
            lines,
            now=now(settings),
            made_by=MADE_BY,
        )

    mapped = _import(settings, file, work)
    changed = counted(mapped.changed, "mapping")
    out.print(f"{file}: {changed} changed{where_words(mapped)}.", markup=False)


def export(
    system: System,
    output: Annotated[
        str, typer.Option("-o", "--output", help="A file, or - for standard output.")
    ] = "-",
    currency: Currency = None,
) -> None:
    """Write all mappings as CSV, to be changed and imported again.

    Accounts that aren't mapped have lines with empty fields.

    Example: `daybook mapping export --integration XERO -o xero.csv`
    """
    settings = load_settings()
    integration = integration_of(system)
    shown = with_database(
        settings, lambda database: shown_ledgers(database, settings, currency)
    )
    by_currency = {ledger.currency: ledger.mappings for ledger in shown}
    text = mapping_csv(integration, mapping_rows(integration, by_currency))
    if output == "-":
        sys.stdout.write(text.replace("\r\n", "\n"))
        return
    try:
        Path(output).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Failed(unwritten(output, error)) from None


def chart(
    file: File, system: System = Integration.XERO.name, currency: Currency = None
) -> None:
    """Import the chart of accounts that Xero exports, to choose accounts from.

    In Xero: Accounting, Chart of accounts, Export. Mappings then take each account's
    type and tax rate from it, and refuse accounts that take no manual journals.

    Example: `daybook mapping chart ChartOfAccounts.csv`
    """
    settings = load_settings()
    integration = integration_of(system)
    if integration is not Integration.XERO:
        raise Failed("only Xero's chart of accounts can be imported")
    text = text_of(file)

    async def work(database: Database) -> Mapped:
        return await import_chart(
            database,
            settings.organisation,
            currency,
            integration,
            read_xero_chart(text),
            now=now(settings),
            made_by=MADE_BY,
        )

    mapped = _import(settings, file, work)
    changed = counted(mapped.changed, "account")
    out.print(f"{file}: {changed} changed{where_words(mapped)}.", markup=False)


def text_of(file: Path) -> str:
    """A file's text; raises Failed if it can't be read."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise unread(file, error) from None
    except UnicodeDecodeError:
        raise Failed(f"{file}: this isn't UTF-8; save it as CSV in UTF-8") from None


def _import(
    settings: Settings, file: Path, work: Callable[[Database], Awaitable[Mapped]]
) -> Mapped:
    """Import a file; its problems are shown a line each."""
    try:
        return with_rejection(settings, work, but=(LedgerNotChosen,))
    except Rejected as rejected:
        show_problems(rejected.problems, "  ")
        count = counted(rejected.total, "problem")
        raise Failed(f"{file}: {count}, nothing was changed") from None
