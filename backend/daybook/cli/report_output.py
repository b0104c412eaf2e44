"""Reports in a terminal: tables, or files; and whether their sums agree."""

import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import typer
from rich.markup import escape

from daybook.cli.declared_options import problems_named
from daybook.cli.export_form import STANDARD_OUTPUT, is_folder, made_folder
from daybook.cli.ledgers_shown import holds_one_ledger, print_ledger
from daybook.cli.report_options import (
    OptionValues,
    file_format_of,
    options_given,
)
from daybook.cli.running import err, load_settings, out, progress_bar, with_database
from daybook.cli.whole_files import exists_already, write_whole
from daybook.db.engine import Database
from daybook.exports.writing.streaming import collect_seldom
from daybook.money import grouped_text
from daybook.report_files.options import ReportOptions
from daybook.report_files.reports import Asked, OpenReport, ask, open_asked, ties_of
from daybook.report_files.selecting import pin_reports
from daybook.report_files.writing import OnRows, file_name, write_report
from daybook.reports.revenue import Tie
from daybook.settings import Settings
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

    Without a currency, that is a report of each ledger. The exit status is 1 if a sum
    doesn't agree.
    """
    options, settings = options_given(report, values), load_settings()
    file_format = file_format_of(format_name, output)
    if output is not None:
        is_folder(output)  # raises Failed before anything is read

    async def work(database: Database) -> bool:
        every = await _asked(database, settings, options)
        if file_format is None:
            return await _shown(database, report, every, show)
        return await _written(
            database, report, every, file_format, output or STANDARD_OUTPUT
        )

    if not with_database(settings, work):
        raise typer.Exit(1)


async def _asked(
    database: Database, settings: Settings, options: ReportOptions
) -> list[Asked]:
    """What is asked of each ledger; raises Failed for what is in none of them."""
    async with database.reads() as session:
        pins = await pin_reports(session, settings.organisation, settings, options)
        with problems_named():
            return await ask(session, pins, options)


async def _shown(
    database: Database, report: str, every: Sequence[Asked], show: ShowReport
) -> bool:
    """Show each ledger's report, and say whether all sums agree."""
    agree = True
    for number, asked in enumerate(every):
        if len(every) > 1:
            print_ledger(asked.pin.currency, is_first=number == 0)
        ties = await show(database, asked)
        if ties is None:
            ties = await _ties(database, report, asked)
        for tie in ties:
            out.print(escape(tie_words(tie, asked.pin.currency)))
        agree &= _agree(ties)
    return agree


async def _written(
    database: Database,
    report: str,
    every: Sequence[Asked],
    file_format: SheetFormat,
    output: str,
) -> bool:
    """Write each ledger's report, and say whether all sums agree."""
    if len(every) > 1 and not (file_format.is_text or is_folder(output)):
        currencies = [asked.pin.currency for asked in every]
        raise holds_one_ledger(output, f"a file of {file_format.name}", currencies)
    reports = await open_asked(database, report, every)
    await _write(reports, file_format, output)
    agree = True
    for opened in reports:
        asked, ties = opened.asked, opened.ties
        if ties is None:
            ties = await _ties(database, report, asked)
        ledger = f"{asked.pin.currency}: " if len(every) > 1 else ""
        for tie in ties:
            err.print(escape(f"{ledger}{tie_words(tie, asked.pin.currency)}"))
        agree &= _agree(ties)
    return agree


async def _ties(database: Database, report: str, asked: Asked) -> list[Tie]:
    async with database.reads() as session:
        return await ties_of(session, report, asked)


def _agree(ties: Iterable[Tie]) -> bool:
    return all(tie.difference == 0 for tie in ties)


async def _write(
    reports: Sequence[OpenReport], file_format: SheetFormat, output: str
) -> None:
    """Write reports where `-o` says, or nothing if the format can't hold them."""
    collect_seldom()
    with progress_bar() as bar:
        task, rows = bar.add_task("Reading", total=None), 0

        def progress(count: int) -> None:
            nonlocal rows
            rows += count
            bar.update(task, description=f"{rows:,} rows")

        if output == STANDARD_OUTPUT:
            await _joined(reports, file_format, sys.stdout.buffer, progress)
            sys.stdout.buffer.flush()
        elif is_folder(output):
            await _in_folder(reports, file_format, made_folder(output), progress)
        else:

            async def write(stream: BinaryIO) -> None:
                await _joined(reports, file_format, stream, progress)

            await write_whole(write, Path(output), is_new=False)


async def _in_folder(
    reports: Sequence[OpenReport],
    file_format: SheetFormat,
    folder: Path,
    progress: OnRows,
) -> None:
    """Write a file for each report, and none if the name of one is taken."""
    paths = [folder / file_name(report, file_format) for report in reports]
    for path in paths:
        if path.exists():
            raise exists_already(path)
    for report, path in zip(reports, paths, strict=True):

        async def write(stream: BinaryIO, report: OpenReport = report) -> None:
            await _joined([report], file_format, stream, progress)

        await write_whole(write, path, is_new=True)


async def _joined(
    reports: Sequence[OpenReport],
    file_format: SheetFormat,
    stream: BinaryIO,
    progress: OnRows,
) -> None:
    """Write reports one after another, under one header."""
    for number, report in enumerate(reports):
        with problems_named():
            await write_report(
                report, file_format, stream, progress, goes_on=number > 0
            )


NONE = "none"


def tie_words(tie: Tie, currency: str) -> str:
    """A tie in words: `Remaining 3,000.00 = Deferred in the journal report`.

    The amount of a sum is at the end: `Opening + movements = closing: 600.00`. One that
    there is nothing of something has no second number.
    """
    left, right = (
        f"{side:,}" if tie.is_count else grouped_text(side, currency)
        for side in (tie.left, tie.right)
    )
    this, _, that = tie.words.partition(" = ")
    if that == NONE:
        return (
            f"DIFFERENCE: {this}: {left}, should be {NONE}"
            if tie.left
            else (f"{this}: {NONE}")
        )
    if tie.difference == 0:
        # Behind one of several terms the amount would seem to be that term's.
        return f"{tie.words}: {left}" if " + " in this else f"{this} {left} = {that}"
    difference = (
        f"{tie.difference:,}"
        if tie.is_count
        else grouped_text(tie.difference, currency)
    )
    return f"DIFFERENCE {difference}: {this} {left}, {that} {right}"
