"""The reports that can be had as files, by their names."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from daybook.calendar import Day, Month
from daybook.closing.sheets import (
    close_rows,
    close_sheet,
    tie_out_rows,
    tie_out_sheet,
)
from daybook.closing.tie_out import tie_out
from daybook.db.engine import Database, ReadSession
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.report_files.names import stem_of
from daybook.report_files.options import (
    ReportOptions,
    check_report,
    closed_month,
    first_month,
    last_posted,
)
from daybook.report_files.selecting import resolve
from daybook.report_files.slices import Slices, in_one
from daybook.reports.deferred.queries import deferred_ties
from daybook.reports.deferred.sheets import deferred_rows, deferred_sheet
from daybook.reports.journals.selection import resolve_in_each
from daybook.reports.population.queries import population_ties
from daybook.reports.population.rules import PopulationFilter
from daybook.reports.population.sheets import population_rows, population_sheet
from daybook.reports.revenue import RevenueFilter, Tie
from daybook.reports.rollforward.queries import roll_forward, roll_forward_ties
from daybook.reports.rollforward.sheets import roll_forward_sheet
from daybook.reports.waterfall.cohorts import cohort_ties
from daybook.reports.waterfall.queries import waterfall_ties
from daybook.reports.waterfall.sheets import (
    cohort_rows,
    cohort_sheet,
    waterfall_months,
    waterfall_rows,
    waterfall_sheet,
)
from daybook.sheets.columns import Column, Sheet, text


class Asked(NamedTuple):
    """A report of one ledger at a pin, and what it is narrowed to."""

    pin: Pin
    options: ReportOptions
    revenue: RevenueFilter

    @property
    def on(self) -> Day:
        """The day up to which entries are posted."""
        return last_posted(self.options, self.pin.today)

    @property
    def role(self) -> Role:
        """The account of a roll-forward."""
        return self.options.account.value

    @property
    def first_month(self) -> Month:
        """The first month of a roll-forward."""
        return first_month(self.options, self.on)

    @property
    def closed_month(self) -> Month:
        """The month of a checklist."""
        return closed_month(self.options, self.pin.today)

    @property
    def population(self) -> PopulationFilter:
        """What of the population is selected."""
        options = self.options
        return PopulationFilter(
            *(options.since, options.until),
            *(options.recorded_from, options.recorded_to),
            flags=options.flags,
            author=options.author,
            revenue=self.revenue,
        )


@dataclass(frozen=True)
class OpenReport:
    """A report whose rows can be read once, slice by slice, all at one pin.

    `stem` is its file's name without what the format ends it with. `ties` are there if
    they were read with the rows; else `ties_of` reads them.
    """

    name: str
    stem: str
    asked: Asked
    sheet: Sheet[Any]
    rows: Slices
    ties: list[Tie] | None = None


class Table(NamedTuple):
    """A report's sheet and rows, and its ties if reading the rows gave them."""

    sheet: Sheet[Any]
    rows: Slices
    ties: list[Tie] | None = None


class ReportFile(NamedTuple):
    """How a report's tables are opened, one for each ledger, and a ledger's ties.

    Tables that are opened together have the same columns.
    """

    open: Callable[[Database, Sequence[Asked]], Awaitable[list[Table]]]
    ties: Callable[[ReadSession, Asked], Awaitable[list[Tie]]]


async def open_report(
    database: Database, name: str, pin: Pin, options: ReportOptions
) -> OpenReport:
    """Open a report by its name.

    Raises Rejected, with every problem, for what isn't there.
    """
    check_report(name)
    async with database.reads() as session:
        asked = await ask(session, [pin], options)
    (report,) = await open_asked(database, name, asked)
    return report


async def ask(
    session: ReadSession, pins: Sequence[Pin], options: ReportOptions
) -> list[Asked]:
    """A report of each ledger; those without a document that it names are left out.

    Raises Rejected, with every problem, for what is in none of them.
    """

    async def resolved(pin: Pin) -> RevenueFilter:
        return await resolve(session, pin, options)

    found = await resolve_in_each(pins, resolved)
    return [Asked(pin, options, revenue) for pin, revenue in found]


async def open_asked(
    database: Database, name: str, every: Sequence[Asked]
) -> list[OpenReport]:
    """Open a report of each ledger; all have the same columns."""
    tables = await REPORTS[name].open(database, every)
    return [
        OpenReport(
            *(name, stem_of(name, asked.pin, asked.options), asked),
            *table._replace(sheet=_with_currency(table.sheet, asked.pin.currency)),
        )
        for asked, table in zip(every, tables, strict=True)
    ]


def _with_currency(sheet: Sheet[Any], currency: str) -> Sheet[Any]:
    """A sheet that also says which ledger its rows are of, in its last column."""
    column: Column[Any] = text("currency", "Currency", lambda _row: currency)
    return Sheet(sheet.name, sheet.title, (*sheet.columns, column))


async def ties_of(session: ReadSession, name: str, asked: Asked) -> list[Tie]:
    """What a report's sums must agree with."""
    return await REPORTS[name].ties(session, asked)


async def _deferred(database: Database, asked: Asked) -> Table:
    rows = deferred_rows(
        *(database, asked.pin, asked.on, asked.revenue),
        open_only=asked.options.open_only,
    )
    return Table(deferred_sheet(asked.pin), rows)


async def _waterfalls(database: Database, every: Sequence[Asked]) -> list[Table]:
    """A waterfall of each ledger, with the months of the one that goes on longest."""
    months: Sequence[Month] = ()
    async with database.reads() as session:
        for asked in every:
            its = asked.pin, asked.on, asked.revenue
            apart = asked.options.apart
            its_months = await waterfall_months(session, *its, apart=apart)
            months = max(months, its_months, key=len)
    return [
        Table(
            waterfall_sheet(asked.pin, months),
            waterfall_rows(
                *(database, asked.pin, asked.on, asked.revenue),
                apart=asked.options.apart,
            ),
        )
        for asked in every
    ]


async def _cohorts(database: Database, asked: Asked) -> Table:
    async with database.reads() as session:
        rows = await cohort_rows(session, asked.pin, asked.on, asked.revenue)
    return Table(cohort_sheet(asked.pin), in_one(rows))


async def _roll_forward(database: Database, asked: Asked) -> Table:
    async with database.reads() as session:
        rows = await roll_forward(session, *_rolled(asked))
    return Table(roll_forward_sheet(asked.pin, asked.role), in_one(rows))


async def _population(database: Database, asked: Asked) -> Table:
    rows = population_rows(database, asked.pin, asked.population)
    return Table(population_sheet(asked.pin), rows)


async def _tie_out(database: Database, asked: Asked) -> Table:
    async with database.reads() as session:
        found = await tie_out(session, asked.pin, asked.on)
        rows = await tie_out_rows(session, asked.pin, found)
    return Table(tie_out_sheet(asked.pin), in_one(rows), list(found.ties))


async def _close_checklist(database: Database, asked: Asked) -> Table:
    async with database.reads() as session:
        rows = await close_rows(session, asked.pin, asked.closed_month)
    return Table(close_sheet(asked.pin), in_one(rows))


def _each(
    open_one: Callable[[Database, Asked], Awaitable[Table]],
) -> Callable[[Database, Sequence[Asked]], Awaitable[list[Table]]]:
    """Open the tables of ledgers one by one."""

    async def opened(database: Database, every: Sequence[Asked]) -> list[Table]:
        return [await open_one(database, asked) for asked in every]

    return opened


def _rolled(asked: Asked) -> tuple[Pin, Role, Month, Day, RevenueFilter]:
    """What the queries of roll-forwards take."""
    return asked.pin, asked.role, asked.first_month, asked.on, asked.revenue


async def _deferred_ties(session: ReadSession, asked: Asked) -> list[Tie]:
    return await deferred_ties(session, asked.pin, asked.on, asked.revenue)


async def _waterfall_ties(session: ReadSession, asked: Asked) -> list[Tie]:
    return await waterfall_ties(session, asked.pin, asked.on, asked.revenue)


async def _cohort_ties(session: ReadSession, asked: Asked) -> list[Tie]:
    return await cohort_ties(session, asked.pin, asked.on, asked.revenue)


async def _roll_forward_ties(session: ReadSession, asked: Asked) -> list[Tie]:
    return await roll_forward_ties(session, *_rolled(asked))


async def _population_ties(session: ReadSession, asked: Asked) -> list[Tie]:
    return await population_ties(session, asked.pin, asked.population)


async def _tie_out_ties(session: ReadSession, asked: Asked) -> list[Tie]:
    return list((await tie_out(session, asked.pin, asked.on)).ties)


async def _no_ties(_session: ReadSession, _asked: Asked) -> list[Tie]:
    return []


REPORTS: Mapping[str, ReportFile] = {
    "deferred-revenue": ReportFile(_each(_deferred), _deferred_ties),
    "waterfall": ReportFile(_waterfalls, _waterfall_ties),
    "cohorts": ReportFile(_each(_cohorts), _cohort_ties),
    "roll-forward": ReportFile(_each(_roll_forward), _roll_forward_ties),
    "population": ReportFile(_each(_population), _population_ties),
    "tie-out": ReportFile(_each(_tie_out), _tie_out_ties),
    "close-checklist": ReportFile(_each(_close_checklist), _no_ties),
}
"""Each report of `OPTIONS`."""
