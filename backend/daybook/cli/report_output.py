"""Reports in a terminal: a table, or a file; and whether their sums agree."""

import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import typer
from rich.markup import escape

from daybook.cli.export_form import is_folder
from daybook.cli.report_options import (
    STANDARD_OUTPUT,
    OptionValues,
    file_format_of,
    named,
    options_given,
)
from daybook.cli.running import err, load_settings, out, progress_bar, with_database
from daybook.cli.whole_files import write_whole
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.writing.streaming import collect_seldom
from daybook.money import grouped_text
from daybook.report_files.reports import Asked, OpenReport, open_asked, ties_of
from daybook.report_files.selecting import pin_report, resolve
from daybook.report_files.writing import file_name, write_report
from daybook.reports.revenue import Tie
from daybook.sheets.contract import SheetFormat

ShowReport = Callable[[Database, Asked], Awaitable[list[Tie] | None]]
"""Shows a report as tables for people; gives its ties if it read them with it."""


def run_report(
    report: str,
    values: OptionValues,
    format_name: str | None,
    output: str | None,
    show: ShowReport,
) -> None:
    """Show a report, or write it as a file; then say whether its sums agree.

    The exit status is 1 if one of them doesn't.
    """
    options, settings = options_given(report, values), load_settings()
    file_format = file_format_of(format_name, output)
    if output is not None:
        is_folder(output)  # raises Failed before anything is read

    async def work(database: Database) -> bool:
        async with database.reads() as session:
            pin = await pin_report(session, settings.organisation, settings, options)
            try:
                narrowed = await resolve(session, pin, options)
            except Rejected as rejected:
                raise named(rejected) from None
        asked = Asked(pin, options, narrowed)
        if file_format is None:
            ties = await show(database, asked)
        else:
            opened = await open_asked(database, report, asked)
            await _write(opened, file_format, output or STANDARD_OUTPUT)
            ties = opened.ties
        if ties is None:
            async with database.reads() as session:
                ties = await ties_of(session, report, asked)
        _print_ties(ties, pin.currency, is_file=file_format is not None)
        return all(tie.difference == 0 for tie in ties)

    if not with_database(settings, work):
        raise typer.Exit(1)


async def _write(opened: OpenReport, file_format: SheetFormat, output: str) -> None:
    """Write a report where `-o` says, or nothing if the format can't hold it."""
    collect_seldom()
    with progress_bar() as bar:
        task, rows = bar.add_task("Reading", total=None), 0

        def progress(count: int) -> None:
            nonlocal rows
            rows += count
            bar.update(task, description=f"{rows:,} rows")

        async def write(stream: BinaryIO) -> None:
            try:
                await write_report(opened, file_format, stream, progress)
            except Rejected as rejected:
                raise named(rejected) from None

        if output == STANDARD_OUTPUT:
            await write(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        elif is_folder(output):
            name = file_name(opened, file_format)
            await write_whole(write, Path(output) / name, is_new=True)
        else:
            await write_whole(write, Path(output), is_new=False)


def _print_ties(ties: Iterable[Tie], currency: str, *, is_file: bool) -> None:
    """Say what agrees and what doesn't, after a table or beside a file."""
    console = err if is_file else out
    for tie in ties:
        console.print(escape(tie_words(tie, currency)))


def tie_words(tie: Tie, currency: str) -> str:
    """A tie in words: `Remaining 3,000.00 = Deferred in the journal report`."""
    left, right = (
        f"{side:,}" if tie.is_count else grouped_text(side, currency)
        for side in (tie.left, tie.right)
    )
    this, _, that = tie.words.partition(" = ")
    if tie.difference == 0:
        return f"{this} {left} = {that}"
    difference = (
        f"{tie.difference:,}"
        if tie.is_count
        else grouped_text(tie.difference, currency)
    )
    return f"DIFFERENCE {difference}: {this} {left}, {that} {right}"
