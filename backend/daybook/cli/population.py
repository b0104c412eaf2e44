"""`daybook population`: every recorded movement, for an auditor."""

from functools import partial

from rich.markup import escape

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
from daybook.cli.report_tables import amounts_table, shown_of
from daybook.cli.running import out
from daybook.cli.terminal_tables import plain_table
from daybook.db.engine import Database
from daybook.ledger.rules import name_in_words
from daybook.money import grouped_text
from daybook.paging import PageRequest
from daybook.report_files.reports import Asked
from daybook.reports.population.queries import (
    PopulationEntry,
    find_population,
    population_totals,
)
from daybook.reports.population.rules import PopulationFlag
from daybook.reports.trail.names import person_name

REPORT = "population"


@reporting(REPORT)
def population(
    *,
    option_values: OptionValues,
    limit: Shown = None,
    format_name: FormatName = None,
    output: Output = None,
) -> None:
    """Show every recorded entry, also superseded ones, with who recorded it and when.

    For journal entry testing (AS 2401): flags mark manual entries, entries recorded for
    a closed day or at a weekend, round amounts, accounts that are seldom used together,
    and superseded entries. The last lines compare the entries in force with the journal
    report; the exit status is 1 if a sum differs.

    Example: `daybook population --from 2026-10-01 --to 2026-10-31 -o october.xlsx`

    Example: `daybook population --flags MANUAL,AFTER_CLOSE`

    Example: `daybook population --recorded-from 2026-11-01 --author "command line"`
    """
    shown = shown_in_table(limit, format_name, output)
    show = partial(_show, limit=shown)
    run_report(REPORT, option_values, format_name, output, show)


async def _show(database: Database, asked: Asked, *, limit: int) -> None:
    pin, selected = asked.pin, asked.population
    async with database.reads() as session:
        page = await find_population(session, pin, selected, PageRequest(limit))
        totals = await population_totals(session, pin, selected)
    table = plain_table("Entry", "Days", "Debit", "Credit")
    table.add_column("Amount", justify="right", no_wrap=True)
    for title in ("Document", "Customer", "Recorded by", "Recorded (UTC)"):
        table.add_column(title, no_wrap=True, overflow="ellipsis")
    table.add_column("Flags", overflow="fold")
    for entry in page.items:
        table.add_row(*map(escape, _cells(entry, pin.currency)))
    out.print(table)
    every, *flagged = totals
    out.print(shown_of(len(page.items), "entry", "entries", has_more=page.has_next))
    sums = amounts_table(["Flag"], ["Entries", f"Debits, {pin.currency}"])
    for total in (*flagged, every):
        name = "All" if total.flag is None else name_in_words(total.flag.name)
        amount = grouped_text(total.amount, pin.currency)
        sums.add_row(name, f"{total.entries:,}", amount)
    out.print(sums)


def _cells(entry: PopulationEntry, currency: str) -> list[str]:
    movement = entry.movement
    first, last = day_text(movement.first_day), day_text(movement.last_day)
    return [
        f"{entry.journal}.{entry.seq}",
        first if first == last else f"{first} … {last[-2:]}",
        movement.debit.name.capitalize(),
        movement.credit.name.capitalize(),
        grouped_text(movement.amount, currency),
        entry.document.number,
        entry.document.customer_name or "",
        person_name(entry.author),
        f"{entry.recorded_at:%Y-%m-%d %H:%M:%S}",
        ", ".join(
            name_in_words(flag.name) for flag in PopulationFlag if flag in entry.flags
        ),
    ]
