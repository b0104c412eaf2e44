"""`daybook gl lines` and `daybook gl export`: the dataset's lines."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import Annotated, BinaryIO, NamedTuple

import typer

from daybook.calendar import Day
from daybook.cli.choices import one_of, parsed_day
from daybook.cli.running import Failed, load_settings, out, with_database
from daybook.cli.sheets import SHOWN, terminal_table
from daybook.cli.whole_files import write_whole
from daybook.columnar.engine import Columnar
from daybook.db.engine import Database
from daybook.errors import did_you_mean
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.lines import (
    DatasetLine,
    Part,
    Totals,
    line_page,
    line_totals,
)
from daybook.gl.dataset.rendering import FileForm, render
from daybook.gl.dataset.snapshots import Snapshot, fetch_parts, snapshot_at
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook.gl.rules.journal_types import JournalType
from daybook.money import decimals_of
from daybook.numbers import counted
from daybook.paging import PageRequest
from daybook.settings import Settings
from daybook.sheets.columns import Money, Sheet, money, text
from daybook.storage.places import gl_segments_storage
from daybook.temporary import temporary_folder

TYPES: Mapping[str, JournalType] = {
    type_.name.lower().replace("_", "-"): type_ for type_ in JournalType
}
TEXTS = {
    Column.CONNECTION_NAME: "Connection",
    Column.JOURNAL_DATE: "Date",
    Column.JOURNAL_TYPE: "Type",
    Column.JOURNAL_NUMBER: "Number",
    Column.ACCOUNT_CODE: "Code",
    Column.ACCOUNT_NAME: "Account",
    Column.CONTACT_NAME: "Contact",
    Column.DESCRIPTION: "Description",
}
"""The texts that the terminal shows, with short titles."""
READ = (
    *TEXTS,
    *(Column.NET, Column.JOURNAL_CURRENCY),
    *(Column.NET_RC, Column.REPORTING_CURRENCY),
)


def _text(column: Column, line: DatasetLine) -> str:
    return str(line.columns[column])


def _money(line: DatasetLine, column: Column, currency: Column) -> Money:
    code: str = line.columns[currency]
    return Money(int(line.columns[column].scaleb(decimals_of(code))), code)


LINES: Sheet[DatasetLine] = Sheet(
    "general-ledger-lines",
    "Lines of the general ledger's dataset",
    (
        *(
            text(column.name.lower(), title, partial(_text, column))
            for column, title in TEXTS.items()
        ),
        money(
            "net", "Net", lambda its: _money(its, Column.NET, Column.JOURNAL_CURRENCY)
        ),
        money(
            "net_rc",
            "Net (RC)",
            lambda its: _money(its, Column.NET_RC, Column.REPORTING_CURRENCY),
        ),
    ),
)

Connections = Annotated[
    list[str] | None,
    typer.Option("--connection", metavar="NAME", help="A connection, repeated."),
]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type", metavar="TYPE", help=f"A type, repeated: {', '.join(TYPES)}."
    ),
]
First = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="The first day.")
]
Last = Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day.")]
Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="CODE",
        help="The code of an account, or the name of one without, repeated.",
    ),
]
Contact = Annotated[
    str, typer.Option(metavar="ID", help="The ID of a contact in Xero.")
]
Tracking = Annotated[
    str, typer.Option(help="A tracking option as it is shown: `Region - North`.")
]
Search = Annotated[
    str,
    typer.Option(help="Part of a description, reference, contact's or account's name."),
]
Refresh = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="As of this refresh; the newest by default."),
]


class Asked(NamedTuple):
    """The options that say which lines; names of connections are looked up."""

    connections: Sequence[str] | None
    types: Sequence[str] | None
    first: str | None
    last: str | None
    accounts: Sequence[str] | None
    contact: str
    tracking: str
    search: str
    refresh: int | None

    def line_filter(self, snapshot: Snapshot) -> LineFilter:
        """The filter of a state of the dataset; raises Failed."""
        types = None
        if self.types is not None:
            types = [TYPES[one_of(type_, [*TYPES], "--type")] for type_ in self.types]
        return LineFilter(
            connections=self._numbers(snapshot),
            types=types,
            first=_day(self.first),
            last=_day(self.last),
            account_codes=self.accounts,
            contact_id=self.contact,
            tracking=self.tracking,
            search=self.search,
        )

    def _numbers(self, snapshot: Snapshot) -> Sequence[int] | None:
        if self.connections is None:
            return None
        names = snapshot.connections
        by_name = {name.casefold(): number for name, number in names.items()}
        for name in self.connections:
            if name.strip().casefold() not in by_name:
                near = did_you_mean(name, [*names])
                raise Failed(f"the dataset has no connection {name!r}{near}")
        return [by_name[name.strip().casefold()] for name in self.connections]


class Opened(NamedTuple):
    """A state of the dataset, its files in a folder, and what can be asked of them."""

    columnar: Columnar
    parts: Sequence[Part]
    line_filter: LineFilter
    snapshot: Snapshot
    folder: Path


def lines(
    connections: Connections = None,
    types: Types = None,
    first: First = None,
    last: Last = None,
    accounts: Accounts = None,
    contact: Contact = "",
    tracking: Tracking = "",
    search: Search = "",
    refresh: Refresh = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many lines to show.")
    ] = SHOWN,
) -> None:
    """Show lines of the dataset, and what all that fit sum to.

    Example: `daybook gl lines --type actual --from 2026-01-01 --search northwind`
    """
    settings = load_settings()
    asked = Asked(
        *(connections, types, first, last, accounts, contact),
        *(tracking, search, refresh),
    )
    request = PageRequest(limit)

    async def work(database: Database) -> tuple[list[DatasetLine], Totals, str | None]:
        async with _opened(database, settings, asked) as its:
            found = (its.parts, its.line_filter)
            page = await its.columnar.run(
                lambda connection: line_page(connection, *found, request, READ)
            )
            totals = await its.columnar.run(
                lambda connection: line_totals(connection, *found)
            )
            return page.items, totals, its.snapshot.reporting_currency

    shown, totals, currency = with_database(settings, work)
    _print(shown, totals, currency)


def export(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")
    ],
    form: Annotated[
        str, typer.Option("--format", help="csv, parquet or xlsx.")
    ] = FileForm.CSV,
    connections: Connections = None,
    types: Types = None,
    first: First = None,
    last: Last = None,
    accounts: Accounts = None,
    contact: Contact = "",
    tracking: Tracking = "",
    search: Search = "",
    refresh: Refresh = None,
) -> None:
    """Write the dataset's lines as a file, with all documented columns.

    Example: `daybook gl export -o journals.parquet --format parquet`
    """
    settings = load_settings()
    its_form = FileForm(one_of(form, [*FileForm], "--format"))
    asked = Asked(
        *(connections, types, first, last, accounts, contact),
        *(tracking, search, refresh),
    )

    async def work(database: Database) -> tuple[Totals, int]:
        async with _opened(database, settings, asked) as its:
            made = its.folder / f"made.{its_form}"
            found = (its.parts, its.line_filter)
            await its.columnar.run(
                lambda connection: render(connection, *found, its_form, made)
            )
            totals = await its.columnar.run(
                lambda connection: line_totals(connection, *found)
            )
            await write_whole(partial(_copy, made), output, is_new=False)
            return totals, its.snapshot.refresh

    totals, number = with_database(settings, work)
    words = f"{counted(totals.lines, 'line')} written to {output}"
    out.print(f"{words} (as of refresh {number}).", markup=False)


async def _copy(source: Path, target: BinaryIO) -> None:
    with source.open("rb") as stream:
        await asyncio.to_thread(copyfileobj, stream, target)


@asynccontextmanager
async def _opened(
    database: Database, settings: Settings, asked: Asked
) -> AsyncIterator[Opened]:
    """Copy a state's files into a folder, and open an engine for them."""
    async with database.reads() as session:
        snapshot = await snapshot_at(session, settings.organisation, asked.refresh)
    if snapshot is None:
        if asked.refresh is not None:
            raise Failed(f"there is no refresh {asked.refresh}, or it made nothing")
        raise Failed("there is no dataset yet: `daybook gl refresh` makes it")
    line_filter = asked.line_filter(snapshot)
    storage = gl_segments_storage(database, settings)
    with temporary_folder() as temporary:
        folder = Path(temporary)
        parts = await asyncio.to_thread(fetch_parts, storage, snapshot, folder)
        columnar = Columnar([folder], folder / "scratch")
        try:
            yield Opened(columnar, parts, line_filter, snapshot, folder)
        finally:
            columnar.close()


def _day(text: str | None) -> Day | None:
    return None if text is None else parsed_day(text)


def _print(shown: Sequence[DatasetLine], totals: Totals, currency: str | None) -> None:
    out.print(terminal_table(LINES, shown))
    if totals.lines > len(shown):
        out.print(f"{len(shown):,} of {totals.lines:,} lines are shown.")
    if currency is None:
        out.print("Connections are in several reporting currencies: refresh all.")
        return
    sums = [
        f"{type_.name.lower().replace('_', '-')} {_amount(amount)}"
        for type_, amount in totals.by_type.items()
    ]
    words = f"{counted(totals.lines, 'line')}: net {_amount(totals.net_rc)} {currency}"
    out.print(f"{words} ({', '.join(sums)})" if sums else words, markup=False)


def _amount(amount: Decimal) -> str:
    return f"{amount:,}"
