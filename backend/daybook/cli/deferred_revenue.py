"""`daybook deferred-revenue`: what was invoiced, recognized and is left."""

from contextlib import aclosing
from functools import partial

from rich.table import Table

from daybook.calendar import day_text
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
    print_report,
    shown_of,
)
from daybook.cli.running import out
from daybook.db.engine import Database
from daybook.ledger.rules import SourceKind, name_in_words, stored_name
from daybook.recognition.rules import Method
from daybook.report_files.reports import Asked
from daybook.report_files.slices import each_row
from daybook.reports.deferred.sheets import DeferredLine, deferred_rows
from daybook.reports.deferred.totals import deferred_sums
from daybook.reports.revenue import Figures

REPORT = "deferred-revenue"
_NAMES = ("Customer", "Product", "Document", "Service")
_AMOUNTS = ("Booked", "Unbilled", "Recognized", "Balance", "Remaining")


@reporting(REPORT)
def deferred_revenue(
    *,
    option_values: OptionValues,
    limit: Shown = None,
    format_name: FormatName = None,
    output: Output = None,
) -> None:
    """Show what was invoiced, what is recognized of it, and what is left.

    A row for each line of a document, credit notes below what they credit, and manual
    journals that touch Deferred; all other manual journals are one row, so that the
    sums are the ledger's. Balance is the obligation left by service date,
    remaining what the row has on Deferred. The last lines compare the sums with the
    journal report; the exit status is 1 if one of them differs.

    Example: `daybook deferred-revenue --on 2026-10-31`

    Example: `daybook deferred-revenue --customer cus_1 --open-only`

    Example: `daybook deferred-revenue --on 2026-10-31 -o deferred.xlsx`

    Example: `daybook deferred-revenue --as-of 2026-09-30 --format csv > deferred.csv`
    """
    shown = shown_in_table(limit, format_name, output)
    show = partial(_show, limit=shown)
    run_report(REPORT, option_values, format_name, output, show)


async def _show(database: Database, asked: Asked, *, limit: int) -> None:
    currency = asked.pin.currency
    table = amounts_table(_NAMES, _AMOUNTS)
    selection = asked.pin, asked.on, asked.revenue
    rows = deferred_rows(database, *selection, open_only=asked.options.open_only)
    families, has_more = 0, False
    family: list[DeferredLine] = []
    async with aclosing(each_row(rows)) as lines:
        async for line in lines:
            if line.is_other:
                break
            if family and _key(line) != _key(family[0]):
                _add_family(table, family, currency)
                families, family = families + 1, []
                if families == limit:
                    has_more = True
                    break
            family.append(line)
    if family and not has_more:
        _add_family(table, family, currency)
        families += 1
    async with database.reads() as session:
        sums = await deferred_sums(session, *selection)
    table.add_section()
    if sums.other != Figures():
        names = ("Other manual journals", "", "", "")
        add_amounts(table, names, _figures(sums.other), currency)
    names = ("Total", "", "", "")
    add_amounts(table, names, _figures(sums.every), currency, is_sum=True)
    print_report(table, asked.on, currency)
    out.print(shown_of(families, "family", "families", has_more=has_more))


def _key(line: DeferredLine) -> tuple[int | None, str | None]:
    """What lines of one family have in common; a manual journal has none."""
    return line.family, line.document_id if line.family is None else None


def _add_family(table: Table, lines: list[DeferredLine], currency: str) -> None:
    """Add the lines of a family, and their sum if there are several."""
    for number, line in enumerate(lines):
        indent = "  " if number else ""
        names = (
            f"{indent}{line.customer or ''}",
            line.product,
            line.document,
            _service(line),
        )
        add_amounts(table, names, _of_line(line), currency)
    if len(lines) > 1:
        sums = [sum(column) for column in zip(*map(_of_line, lines), strict=True)]
        add_amounts(table, ("  Family", "", "", ""), sums, currency, is_sum=True)


def _service(line: DeferredLine) -> str:
    if line.source == SourceKind.STANDALONE:
        return "Manual journal"
    if line.service_from is None or line.service_to is None:
        # Straight line without days is a credit grant's, which isn't spread.
        if line.method is None or line.method == Method.STRAIGHT_LINE:
            return ""
        return name_in_words(stored_name(Method, line.method))
    if line.service_from == line.service_to:
        return day_text(line.service_from)
    return f"{day_text(line.service_from)} … {day_text(line.service_to)}"


def _of_line(line: DeferredLine) -> tuple[int, ...]:
    return (
        *(line.booked, line.unbilled, line.recognized),
        *(line.balance, line.remaining),
    )


def _figures(figures: Figures) -> tuple[int, ...]:
    return (
        *(figures.booked, figures.unbilled, figures.recognized),
        *(figures.balance, figures.remaining),
    )
