"""`daybook waterfall`: when what is deferred will be recognized, and cohorts."""

from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated, TypeAlias

import typer
from rich.table import Table

from daybook.calendar import Day, Month, day_words, first_day_of, month_of, month_text
from daybook.cli.report_options import (
    FormatName,
    OptionValues,
    Output,
    Shown,
    reporting,
    shown_in_table,
)
from daybook.cli.report_output import run_report
from daybook.cli.report_tables import (
    add_amounts,
    amounts_table,
    fits,
    print_report,
    shown_of,
)
from daybook.cli.running import Failed, out
from daybook.db.engine import Database
from daybook.report_files.reports import Asked
from daybook.report_files.slices import each_row
from daybook.reports.waterfall.cohorts import Cohort, find_cohorts
from daybook.reports.waterfall.queries import WaterfallFigures, waterfall_totals
from daybook.reports.waterfall.sheets import WaterfallLine, waterfall_rows

REPORT, COHORTS = "waterfall", "cohorts"
MONTHS_MOST = 12
"""How many months the table has if they fit; files have all."""
ALWAYS = {"Booked", "Recognized", "Remaining"}
"""Columns that the table has even if all amounts in it are zero."""

Columns: TypeAlias = dict[str, Callable[[WaterfallFigures], int]]


@reporting(REPORT)
def waterfall(
    *,
    option_values: OptionValues,
    is_by_cohort: Annotated[
        bool,
        typer.Option("--cohorts", help="By the month in which it was booked."),
    ] = False,
    limit: Shown = None,
    format_name: FormatName = None,
    output: Output = None,
) -> None:
    """Show when what is deferred will be recognized, by customer and product.

    Months are those after --on; what leaves Deferred later than the table has columns
    is summed as After, with the last month that has one, and a file has a column for
    each month. Taken back later is what later credit notes and voids take from
    Deferred; unscheduled is what has no day yet. The last lines compare the sums with
    the journal report; the exit status is 1 if one of them differs.

    Example: `daybook waterfall --on 2026-10-31`

    Example: `daybook waterfall --on 2026-10-31 --product prod_1 -o waterfall.xlsx`

    Example: `daybook waterfall --apart`

    Example: `daybook waterfall --cohorts --format csv > cohorts.csv`
    """
    if not is_by_cohort:
        shown = shown_in_table(limit, format_name, output)
        show = partial(_show, limit=shown)
        run_report(REPORT, option_values, format_name, output, show)
        return
    if option_values["apart"]:
        raise Failed("--apart goes without --cohorts, which leave nothing out")
    if limit is not None:
        raise Failed("--limit goes without --cohorts, which are all shown")
    values = {name: value for name, value in option_values.items() if name != "apart"}
    run_report(COHORTS, values, format_name, output, _show_cohorts)


async def _show(database: Database, asked: Asked, *, limit: int) -> None:
    currency, apart = asked.pin.currency, asked.options.apart
    selection = asked.pin, asked.on, asked.revenue
    rows = waterfall_rows(database, *selection, apart=apart)
    customers: list[list[WaterfallLine]] = []
    has_more = False
    async with aclosing(each_row(rows)) as lines:
        async for line in lines:
            if customers and line.customer_id == customers[-1][0].customer_id:
                customers[-1].append(line)
            elif len(customers) < limit:
                customers.append([line])
            else:
                has_more = True
                break
    async with database.reads() as session:
        total = await waterfall_totals(session, *selection, apart=apart)
    table = _table(customers, total, asked.on, currency)
    print_report(table, asked.on, currency)
    out.print(shown_of(len(customers), "customer", "customers", has_more=has_more))


def _table(
    customers: list[list[WaterfallLine]],
    total: WaterfallFigures,
    on: Day,
    currency: str,
) -> Table:
    """The table with as many months as fit into the terminal."""
    months = MONTHS_MOST
    while True:
        columns = _columns(total, on, months)
        table = amounts_table(("Customer", "Product"), columns)
        for products in customers:
            _add_customer(table, products, columns, currency)
        table.add_section()
        sums = _amounts(total, columns)
        add_amounts(table, ("Total", ""), sums, currency, is_sum=True)
        if months == 1 or fits(table):
            return table
        months -= 1


def _columns(total: WaterfallFigures, on: Day, months: int) -> Columns:
    """The columns that have an amount, and how each comes from a row's figures."""
    first = month_of(on + 1)
    shown = [*range(first, first + months)]
    columns: Columns = {
        "Booked": lambda figures: figures.booked,
        "Unbilled": lambda figures: figures.unbilled,
        "Recognized": lambda figures: figures.recognized,
        "Remaining": lambda figures: figures.remaining,
        "Taken back later": lambda figures: figures.taken_back,
    }
    for month in shown:
        columns[_title(month)] = partial(_in_month, month=month)
    columns[f"After {_title(shown[-1])}"] = lambda figures: (
        sum(figures.months.values())
        - sum(_in_month(figures, month=month) for month in shown)
    )
    columns["Unscheduled"] = lambda figures: figures.unscheduled
    return {
        title: amount_of
        for title, amount_of in columns.items()
        if title in ALWAYS or amount_of(total)
    }


def _in_month(figures: WaterfallFigures, *, month: Month) -> int:
    return figures.months.get(month, 0)


def _title(month: Month) -> str:
    return day_words(first_day_of(month)).partition(" ")[2]


def _add_customer(
    table: Table, lines: list[WaterfallLine], columns: Columns, currency: str
) -> None:
    """Add a customer's products, and their sum if there are several."""
    customer = lines[0].customer or "No customer"
    rows = [_amounts(line.figures, columns) for line in lines]
    if len(lines) > 1:
        sums = [sum(column) for column in zip(*rows, strict=True)]
        add_amounts(table, (customer, ""), sums, currency, is_sum=True)
    for line, amounts in zip(lines, rows, strict=True):
        product = "Manual journals" if line.is_manual else line.product
        names = ("" if len(lines) > 1 else customer, product)
        add_amounts(table, names, amounts, currency)


def _amounts(figures: WaterfallFigures, columns: Columns) -> list[int]:
    return [amount_of(figures) for amount_of in columns.values()]


async def _show_cohorts(database: Database, asked: Asked) -> None:
    currency = asked.pin.currency
    async with database.reads() as session:
        cohorts = await find_cohorts(session, asked.pin, asked.on, asked.revenue)
    columns = (
        *("Booked", "Unbilled", "Recognized", "Scheduled", "Remaining"),
        "Unscheduled",
    )
    table = amounts_table(("Cohort", "Recognized in"), columns)
    for cohort in cohorts:
        month = "Manual journals" if cohort.month is None else month_text(cohort.month)
        add_amounts(table, (month, _span(cohort)), _of_cohort(cohort), currency)
    table.add_section()
    sums = [sum(column) for column in zip(*map(_of_cohort, cohorts), strict=True)]
    sums = sums or [0] * len(columns)
    add_amounts(table, ("Total", ""), sums, currency, is_sum=True)
    print_report(table, asked.on, currency)
    out.print(shown_of(len(cohorts), "cohort", "cohorts", has_more=False))


def _of_cohort(cohort: Cohort) -> tuple[int, ...]:
    recognized, scheduled = cohort.recognized.values(), cohort.scheduled.values()
    return (
        *(cohort.booked, cohort.unbilled, sum(recognized), sum(scheduled)),
        *(cohort.remaining, cohort.unscheduled),
    )


def _span(cohort: Cohort) -> str:
    """The first and the last month in which a cohort is recognized."""
    months = sorted({*cohort.recognized, *cohort.scheduled})
    if not months:
        return ""
    first, last = month_text(months[0]), month_text(months[-1])
    return first if first == last else f"{first} … {last}"
