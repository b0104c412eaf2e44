"""Reports of deferred revenue as tests read them: figures in decimals, ties checked."""

from collections.abc import Mapping
from dataclasses import astuple

from daybook.calendar import Day, Month, month_text, parse_day
from daybook.db.engine import Database
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.money import amount_text
from daybook.paging import PageRequest
from daybook.reports.deferred.queries import (
    DeferredFamily,
    deferred_sums,
    deferred_ties,
    find_deferred,
)
from daybook.reports.revenue import Figures, RevenueFilter
from daybook.reports.rollforward.queries import (
    Maturity,
    maturity,
    recognized_from_opening,
    roll_forward,
    roll_forward_ties,
)
from daybook.reports.waterfall.cohorts import Cohort, cohort_ties, find_cohorts
from daybook.reports.waterfall.figures import added
from daybook.reports.waterfall.queries import (
    WaterfallCustomer,
    WaterfallFigures,
    find_waterfall,
    waterfall_ties,
    waterfall_totals,
)
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
    terms,
)

ALL = PageRequest(10_000)
EVERYTHING = RevenueFilter()


class Revenue:
    """The reports of a ledger, at a pin and a day; every tie must hold."""

    def __init__(
        self,
        database: Database,
        at: Pin,
        on: Day,
        revenue_filter: RevenueFilter = EVERYTHING,
    ) -> None:
        self.database, self.at, self.on = database, at, on
        self.filter = revenue_filter

    async def families(self, *, open_only: bool = False) -> list[DeferredFamily]:
        """The deferred revenue report, whose sums are its totals'."""
        async with self.database.reads() as session:
            page = await find_deferred(
                *(session, self.at, self.on, self.filter, ALL), open_only=open_only
            )
            sums = await deferred_sums(session, self.at, self.on, self.filter)
            ties = await deferred_ties(session, self.at, self.on, self.filter)
        assert [tie for tie in ties if tie.difference] == []
        if not open_only:
            families = sum((family.total for family in page.items), Figures())
            assert sums.families == families
        return page.items

    async def waterfall(self, *, apart: bool = False) -> list[WaterfallCustomer]:
        """The waterfall, whose sums are its totals'."""
        async with self.database.reads() as session:
            page = await find_waterfall(
                *(session, self.at, self.on, self.filter, ALL), apart=apart
            )
            totals = await waterfall_totals(
                *(session, self.at, self.on, self.filter), apart=apart
            )
            ties = await waterfall_ties(session, self.at, self.on, self.filter)
        assert [tie for tie in ties if tie.difference] == []
        for customer in page.items:
            assert_foots(customer.figures)
            for product in customer.products:
                assert_foots(product.figures)
        assert totals == added(customer.figures for customer in page.items)
        return page.items

    async def cohorts(self) -> list[Cohort]:
        """The cohorts."""
        async with self.database.reads() as session:
            found = await find_cohorts(session, self.at, self.on, self.filter)
            ties = await cohort_ties(session, self.at, self.on, self.filter)
        assert [tie for tie in ties if tie.difference] == []
        return found

    async def rolled(self, role: Role, first: Month) -> dict[str, dict[str, str]]:
        """The roll-forward: by month, opening, columns and closing in decimals."""
        arguments = (self.at, role, first, self.on, self.filter)
        async with self.database.reads() as session:
            months = await roll_forward(session, *arguments)
            ties = await roll_forward_ties(session, *arguments)
        assert [tie for tie in ties if tie.difference] == []
        return {
            month_text(row.month): {
                "opening": self.text(row.opening),
                **{column.name: self.text(it) for column, it in row.columns.items()},
                "closing": self.text(row.closing),
            }
            for row in months
        }

    async def from_opening(self, first: str) -> str:
        """Revenue since a day that was deferred before it."""
        async with self.database.reads() as session:
            found = await recognized_from_opening(
                session, self.at, parse_day(first), self.on, self.filter
            )
        return self.text(found)

    async def maturity(self) -> Maturity:
        """When Deferred is due."""
        async with self.database.reads() as session:
            return await maturity(session, self.at, self.on, self.filter)

    def text(self, amount: int) -> str:
        """An amount in decimals."""
        return amount_text(amount, self.at.currency)

    def texts(self, figures: Figures) -> tuple[str, ...]:
        """Booked, unbilled, recognized, balance and remaining in decimals."""
        return tuple(self.text(amount) for amount in astuple(figures))

    def months(self, months: Mapping[Month, int]) -> dict[str, str]:
        """Amounts by month in decimals."""
        return {month_text(month): self.text(it) for month, it in months.items()}


def assert_foots(figures: WaterfallFigures) -> None:
    """Remaining = later months + unscheduled + taken back later."""
    later = sum(figures.months.values()) + figures.unscheduled
    assert figures.remaining == later + figures.taken_back


async def revenue(
    database: Database, on: str, known: str = "2026-12-31", currency: str = "USD"
) -> Revenue:
    """The reports of a ledger on a day, at its last recording."""
    return Revenue(database, await pin(database, currency, known), parse_day(on))


async def credited(database: Database) -> None:
    """12,000.00 for 2025, of which 2,000.00 are credited on 1 October."""
    await record(database, invoice("inv_1", line(its_terms=terms("12000.00"))))
    note = credit_note("cn_1", credited_line("2000.00"), accounting_date="2025-10-01")
    await record(database, note)
