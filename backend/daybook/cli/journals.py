"""`daybook journals`: the journal report in the terminal."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

import typer

from daybook.calendar import (
    day_text,
    first_day_of,
    last_day_of,
    parse_month,
)
from daybook.cli import filter_options
from daybook.cli.filter_options import Selected
from daybook.cli.journal_tables import show_groups, show_journals, show_months
from daybook.cli.ledgers_shown import print_ledger
from daybook.cli.running import Failed, err, load_settings, with_database
from daybook.cli.sheets import LINE_END, SHOWN, IsCsv, Limit
from daybook.db.engine import Database, ReadSession
from daybook.report_files.slices import Slices, closed
from daybook.reports.journals.filters import Purpose
from daybook.reports.journals.group_keys import GroupsOf
from daybook.reports.journals.groups import GroupedBy
from daybook.reports.journals.sheets import (
    MonthLine,
    every_group,
    every_journal,
    groups_sheet,
    journals_sheet,
    months_sheet,
)
from daybook.reports.journals.totals import totals_by_month
from daybook.sheets.columns import Sheet
from daybook.sheets.csv_lines import csv_header, csv_lines


class View(NamedTuple):
    """What of a ledger is shown: tables for people, or rows of a sheet."""

    show: Callable[[ReadSession, Selected], Awaitable[None]]
    sheet: Callable[[str], Sheet[Any]]
    """The columns, for a currency."""
    rows: Callable[[Database, Selected], Slices]


@filter_options.filtered
def journals(
    month: Annotated[
        str | None, typer.Option(help="A month, YYYY-MM, instead of --from and --to.")
    ] = None,
    currency: filter_options.Currency = None,
    *,
    filter_values: filter_options.FilterValues,
    limit: Limit = None,
    group_by: filter_options.GroupBy = None,
    granularity: Annotated[
        GroupsOf | None,
        typer.Option(
            help="With --group-by: groups of months, the default, of days, or of all"
            " selected days together."
        ),
    ] = None,
    is_by_month: Annotated[
        bool, typer.Option("--by-month", help="The accounts' net change by month.")
    ] = False,
    is_csv: IsCsv = False,
) -> None:
    """Show journals with what each account gained or lost by them, and the sums.

    Billed and Unbilled grow by debits, Deferred and Recognized by credits. Sums are of
    all journals, also where the table shows the first only. Without --currency, every
    ledger is shown with its own sums.

    Example: `daybook journals --month 2026-01 --customer cus_1`

    Example: `daybook journals --month 2026-01 --group-by customer --csv > january.csv`

    Example: `daybook journals --changed-after 12 --csv > changed.csv`

    Example: `daybook journals --group-by customer --granularity total --csv`

    Example: `daybook journals --by-month --csv > months.csv`

    Example: `daybook journals --as-of 2026-01-31 --group-by customer,product`
    """
    settings = load_settings()
    if month is not None:
        if filter_values["from"] or filter_values["to"]:
            raise Failed(
                "--month takes the place of --from and --to: give one or the other"
            )
        filter_values = {**filter_values, **_days_of(month)}
    by = filter_options.groupings(group_by)
    if granularity is not None and by is None:
        raise Failed("--granularity goes with --group-by")
    if is_by_month and by is not None:
        raise Failed("--by-month and --group-by: give one or the other")
    if is_by_month and limit is not None:
        raise Failed("--limit goes without --by-month, which shows every month")
    if is_by_month:
        view = MONTHS
    elif by is not None:
        groups_of = granularity or GroupsOf.MONTHLY
        view = _groups(GroupedBy(by, groups_of.granularity), limit)
    else:
        view = _journals(limit)

    async def work(database: Database) -> None:
        async with database.reads() as session:
            ledgers = await filter_options.select(
                session, settings, currency, filter_values, Purpose.REPORT
            )
        if is_csv:
            await _print_csv(database, view, ledgers)
        else:
            await _show(database, view, ledgers)
        _say_mark(ledgers)

    with_database(settings, work)


def _say_mark(ledgers: Sequence[Selected]) -> None:
    """Say where to go on from, if what changed was asked for."""
    pin, journal_filter, _ = ledgers[0]
    if journal_filter.changed_after is not None:
        err.print(f"Go on with --changed-after {pin.recording}.")


def _days_of(month: str) -> dict[str, str]:
    try:
        number = parse_month(month)
    except ValueError:
        message = f"--month {month!r} is not a month: write it as 2026-01"
        raise Failed(f"{message}, between 2000 and 2099") from None
    return {
        "from": day_text(first_day_of(number)),
        "to": day_text(last_day_of(number)),
    }


async def _show(database: Database, view: View, ledgers: Sequence[Selected]) -> None:
    """Show ledgers one after another, each with its sums."""
    for number, selected in enumerate(ledgers):
        if len(ledgers) > 1:
            print_ledger(selected.pin.currency, is_first=number == 0)
        async with database.reads() as session:
            await view.show(session, selected)


async def _print_csv(
    database: Database, view: View, ledgers: Sequence[Selected]
) -> None:
    """Print the rows of all ledgers under one header."""
    for number, selected in enumerate(ledgers):
        sheet = view.sheet(selected.pin.currency)
        if number == 0:
            sys.stdout.write(csv_header(sheet, LINE_END))
        async with closed(view.rows(database, selected)) as slices:
            async for rows in slices:
                sys.stdout.writelines(csv_lines(sheet, rows, LINE_END))


def _journals(limit: int | None) -> View:
    """Journals; `limit` is how many, by default some for people, and else all."""

    async def show(session: ReadSession, selected: Selected) -> None:
        its = selected.pin, selected.journal_filter
        await show_journals(session, *its, limit or SHOWN)

    def rows(database: Database, selected: Selected) -> Slices:
        return every_journal(database, selected.pin, selected.journal_filter, limit)

    return View(show, journals_sheet, rows)


def _groups(grouped: GroupedBy, limit: int | None) -> View:
    """Groups of journals, with a `limit` as journals have."""

    async def show(session: ReadSession, selected: Selected) -> None:
        its = selected.pin, selected.journal_filter
        await show_groups(session, *its, grouped, limit or SHOWN)

    def rows(database: Database, selected: Selected) -> Slices:
        its = selected.pin, selected.journal_filter
        return every_group(database, *its, grouped, limit)

    return View(show, partial(groups_sheet, grouped=grouped), rows)


async def _show_months(session: ReadSession, selected: Selected) -> None:
    await show_months(session, selected.pin, selected.journal_filter)


async def _months(
    database: Database, selected: Selected
) -> AsyncIterator[Sequence[MonthLine]]:
    pin, journal_filter, _ = selected
    async with database.reads() as session:
        totals = await totals_by_month(session, pin, journal_filter)
    yield sorted(totals.items())


MONTHS = View(_show_months, months_sheet, _months)
