"""Sheets on standard output: for people as a table, for programs as CSV."""

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic

import typer
from rich.markup import escape
from rich.table import Table

from daybook.calendar import day_text
from daybook.cli.running import load_settings, out, with_database
from daybook.cli.terminal_tables import plain_table
from daybook.db.engine import Database, ReadSession
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.paging import Page, PageRequest
from daybook.sheets.columns import Kind, Row, Sheet
from daybook.sheets.csv_lines import csv_header, csv_lines

LINE_END = "\n"
"""The same as of all other output, for programs that read it from a pipe."""

SHOWN = 50
Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10_000,
        help=f"How many lines to show: {SHOWN} by default; with --csv all.",
        show_default=False,
    ),
]
IsCsv = Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")]

PAGE = 1_000
"""How many rows of a list are read at a time."""

_TEXTS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: escape,
    Kind.INTEGER: "{:,}".format,
    Kind.MONEY: lambda money: grouped_text(*money),
    Kind.DATE: day_text,
    Kind.TIMESTAMP: "{:%Y-%m-%d %H:%M:%S}".format,
    Kind.BOOLEAN: lambda claim: "yes" if claim else "no",
}


def terminal_table(sheet: Sheet[Row], rows: Iterable[Row]) -> Table:
    """A table for the terminal, with numbers aligned right."""
    table = plain_table()
    for column in sheet.columns:
        if column.kind in {Kind.INTEGER, Kind.MONEY}:
            table.add_column(column.title, justify="right", no_wrap=True)
        else:
            table.add_column(column.title, no_wrap=True, overflow="ellipsis")
    for row in rows:
        values = [(column.kind, column.value(row)) for column in sheet.columns]
        table.add_row(
            *("" if value is None else _TEXTS[kind](value) for kind, value in values)
        )
    return table


def print_csv(sheet: Sheet[Row], rows: Iterable[Row]) -> None:
    """Print a header, and a line for each row."""
    sys.stdout.write(csv_header(sheet, LINE_END))
    sys.stdout.writelines(csv_lines(sheet, rows, LINE_END))


@dataclass(frozen=True)
class NumberedList(Generic[Row]):
    """A list of an organisation's rows, newest first, keyed by a number.

    `noun` names a row, `find` reads a page, `count` counts all rows, and `key_of`
    returns a row's number.
    """

    sheet: Sheet[Row]
    noun: str
    find: Callable[[ReadSession, int, PageRequest], Awaitable[Page[Row]]]
    count: Callable[[ReadSession, int], Awaitable[int]]
    key_of: Callable[[Row], int]


def show_list(
    listed: NumberedList[Row],
    show: Callable[[Sequence[Row]], None],
    *,
    limit: int | None,
    is_csv: bool,
    goes_on: bool = False,
) -> None:
    """Show the newest rows and how many there are, or print all of them as CSV.

    CSV that `goes_on` has no header: it follows another list.
    """
    settings = load_settings()
    organisation_id = settings.organisation
    if is_csv:
        with_database(
            settings,
            lambda database: print_pages(
                database, organisation_id, listed, limit, goes_on=goes_on
            ),
        )
        return

    async def work(database: Database) -> tuple[list[Row], int]:
        async with database.reads() as session:
            request = PageRequest(limit or SHOWN)
            page = await listed.find(session, organisation_id, request)
            return page.items, await listed.count(session, organisation_id)

    rows, count = with_database(settings, work)
    show(rows)
    more = "; --limit shows more" if count > len(rows) else ""
    out.print(f"{len(rows):,} of {counted(count, listed.noun)}{more}.")


async def print_pages(
    database: Database,
    organisation_id: int,
    listed: NumberedList[Row],
    limit: int | None,
    *,
    goes_on: bool = False,
) -> None:
    """Print a header, and a line for each row: all rows, or the first `limit`."""
    if not goes_on:
        sys.stdout.write(csv_header(listed.sheet, LINE_END))
    left, key = limit, None
    while left is None or left > 0:
        size = PAGE if left is None else min(left, PAGE)
        async with database.reads() as session:
            request = PageRequest(size, key)
            page = await listed.find(session, organisation_id, request)
        sys.stdout.writelines(csv_lines(listed.sheet, page.items, LINE_END))
        if not page.has_next:
            return
        key = (listed.key_of(page.items[-1]),)
        left = None if left is None else left - size
