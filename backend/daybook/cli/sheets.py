"""Sheets on standard output: for people as a table, for programs as CSV."""

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from daybook.calendar import day_text
from daybook.cli.running import plain_table
from daybook.db.engine import Database, ReadSession
from daybook.money import grouped_text
from daybook.paging import Page, PageRequest
from daybook.sheets.columns import Kind, Row, Sheet
from daybook.sheets.csv_lines import csv_header, csv_lines

LINE_END = "\n"
"""As every other line of a command: what is piped goes to programs that take it so."""

SHOWN = 50
Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10_000,
        help=f"Lines shown: {SHOWN}; with --csv all.",
        show_default=False,
    ),
]
IsCsv = Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")]

PAGE = 1_000
"""How many rows of a list one read takes."""

_TEXTS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: escape,
    Kind.INTEGER: "{:,}".format,
    Kind.MONEY: lambda money: grouped_text(*money),
    Kind.DATE: day_text,
    Kind.TIMESTAMP: "{:%Y-%m-%d %H:%M:%S}".format,
    Kind.BOOLEAN: lambda claim: "yes" if claim else "no",
}


def table_of(sheet: Sheet[Row], rows: Iterable[Row]) -> Table:
    """A table for the terminal, numbers on the right."""
    table = plain_table()
    for column in sheet.columns:
        if column.kind in {Kind.INTEGER, Kind.MONEY}:
            table.add_column(column.title, justify="right", no_wrap=True)
        else:
            table.add_column(column.title, no_wrap=True, overflow="ellipsis")
    for row in rows:
        values = [(one.kind, one.value(row)) for one in sheet.columns]
        table.add_row(
            *("" if given is None else _TEXTS[kind](given) for kind, given in values)
        )
    return table


def print_csv(sheet: Sheet[Row], rows: Iterable[Row]) -> None:
    """A header, and a line for each row."""
    sys.stdout.write(csv_header(sheet, LINE_END))
    sys.stdout.writelines(csv_lines(sheet, rows, LINE_END))


async def print_pages(
    database: Database,
    sheet: Sheet[Row],
    find: Callable[[ReadSession, PageRequest], Awaitable[Page[Row]]],
    key_of: Callable[[Row], int],
    limit: int | None,
) -> None:
    """The same of a list that is keyed by a number: all of it, or so many rows."""
    sys.stdout.write(csv_header(sheet, LINE_END))
    left, key = limit, None
    while left is None or left > 0:
        size = PAGE if left is None else min(left, PAGE)
        async with database.reads() as session:
            page = await find(session, PageRequest(size, key))
        sys.stdout.writelines(csv_lines(sheet, page.items, LINE_END))
        if not page.has_next:
            return
        key = (key_of(page.items[-1]),)
        left = None if left is None else left - size
