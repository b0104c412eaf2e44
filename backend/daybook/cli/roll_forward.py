"""`daybook roll-forward`: what moved Deferred or Unbilled, month by month."""

from collections.abc import Sequence

from daybook.calendar import day_words, first_day_of, month_text
from daybook.cli.report_options import FormatName, OptionValues, Output, reporting
from daybook.cli.report_output import run_report
from daybook.cli.report_tables import add_amounts, amounts_table, print_report
from daybook.cli.running import out
from daybook.db.engine import Database
from daybook.ledger.rules import Role, name_in_words
from daybook.money import grouped_text
from daybook.report_files.reports import Asked
from daybook.reports.rollforward.queries import (
    RollForwardMonth,
    maturity,
    recognized_from_opening,
    roll_forward,
)
from daybook.reports.rollforward.rules import Column

REPORT = "roll-forward"


@reporting(REPORT)
def roll_forward_command(
    *,
    option_values: OptionValues,
    format_name: FormatName = None,
    output: Output = None,
) -> None:
    """Show what moved Deferred or Unbilled, from opening to closing, by month.

    Each column has its effect on the account: what was billed, recognized, credited,
    applied to Unbilled, entered by hand, voided, revised, or never used. Below
    Deferred's table: how much of the period's revenue was deferred before it, and when
    the closing balance is due (ASC 606-10-50-8 and -13). The last lines compare the
    sums with the journal report; the exit status is 1 if one of them differs.

    Example: `daybook roll-forward --from 2026-01 --to 2026-10`

    Example: `daybook roll-forward --account UNBILLED --on 2026-10-15`

    Example: `daybook roll-forward --from 2026-01 --to 2026-12 -o 2026.xlsx`
    """
    run_report(REPORT, option_values, format_name, output, _show)


async def _show(database: Database, asked: Asked) -> None:
    pin, on, revenue = asked.pin, asked.on, asked.revenue
    first, currency = asked.first_month, pin.currency
    async with database.reads() as session:
        months = await roll_forward(session, pin, asked.role, first, on, revenue)
        used = [
            column
            for column in Column
            if any(month.columns.get(column) for month in months)
        ]
        titles = [name_in_words(column.name) for column in used]
        table = amounts_table(
            [asked.role.name.capitalize()], ["Opening", *titles, "Closing"]
        )
        for month in months:
            add_amounts(
                table, [month_text(month.month)], _amounts([month], used), currency
            )
        table.add_section()
        add_amounts(table, ["Total"], _amounts(months, used), currency, is_sum=True)
        print_report(table, on, currency)
        if asked.role is not Role.DEFERRED:
            return
        start = first_day_of(first)
        earlier = await recognized_from_opening(session, pin, start, on, revenue)
        due = await maturity(session, pin, on, revenue)
    out.print(
        f"Revenue of the period that was deferred on {day_words(start - 1)}:"
        f" {grouped_text(earlier, currency)}"
    )
    parts = {
        "within twelve months": due.within_year,
        "later": due.later,
        "not scheduled": due.unscheduled,
        "taken back later": due.taken_back,
    }
    told = ", ".join(
        f"{words} {grouped_text(amount, currency)}" for words, amount in parts.items()
    )
    out.print(f"Due after {day_words(on)}: {told}")


def _amounts(months: Sequence[RollForwardMonth], used: Sequence[Column]) -> list[int]:
    """The first month's opening, the columns' sums and the last month's closing."""
    sums = [sum(month.columns.get(column, 0) for month in months) for column in used]
    return [months[0].opening, *sums, months[-1].closing]
