"""The waterfall and its cohorts for files."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_of, month_text
from daybook.db.engine import Store
from daybook.ledger.pins import Pin
from daybook.paging import PageRequest
from daybook.reports.journals.groups import customers_by_number, products_by_number
from daybook.reports.paged_rows import paged_rows
from daybook.reports.revenue import RevenueFilter
from daybook.reports.waterfall.cohorts import Cohort, find_cohorts
from daybook.reports.waterfall.queries import (
    WaterfallCustomer,
    WaterfallFigures,
    find_waterfall,
    waterfall_totals,
)
from daybook.sheets.columns import Column, Money, Sheet, boolean, money, text

SLICE = 200
"""How many customers are read at a time."""


class WaterfallLine(NamedTuple):
    """A customer's product with its names and figures."""

    customer_id: str | None
    customer: str | None
    product_id: str | None
    product: str | None
    is_manual: bool
    figures: WaterfallFigures


class CohortLine(NamedTuple):
    """A cohort's month of recognition; a cohort without any has one without a month."""

    cohort: Month | None
    booked: int
    unbilled: int
    remaining: int
    unscheduled: int
    month: Month | None
    recognized: int
    scheduled: int


async def waterfall_months(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    *,
    apart: bool = False,
) -> list[Month]:
    """The months of the columns: from the day after `on` to the last with an amount."""
    figures = await waterfall_totals(session, pin, on, revenue_filter, apart=apart)
    if not figures.months:
        return []
    return list(range(month_of(on + 1), max(figures.months) + 1))


def waterfall_rows(
    database: Store,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    *,
    apart: bool = False,
) -> AsyncIterator[list[WaterfallLine]]:
    """A row for each customer and product, in the report's order, in slices."""

    async def read(
        session: AsyncSession, its_pin: Pin, request: PageRequest
    ) -> tuple[list[WaterfallLine], tuple[int] | None]:
        its = its_pin, on, revenue_filter, request
        page = await find_waterfall(session, *its, apart=apart)
        lines = await _lines(session, its_pin, page.items)
        return lines, (page.items[-1].customer_id or 0,) if page.has_next else None

    return paged_rows(database, pin, read, PageRequest(SLICE))


async def _lines(
    session: AsyncSession, pin: Pin, found: Sequence[WaterfallCustomer]
) -> list[WaterfallLine]:
    customers = await customers_by_number(
        session, pin, {its.customer_id for its in found if its.customer_id is not None}
    )
    products = await products_by_number(
        session,
        pin,
        {
            product.product_id
            for its in found
            for product in its.products
            if product.product_id is not None
        },
    )
    lines = []
    for its in found:
        customer = None if its.customer_id is None else customers[its.customer_id]
        for row in its.products:
            product = None if row.product_id is None else products[row.product_id]
            lines.append(
                WaterfallLine(
                    None if customer is None else customer.external_id,
                    None if customer is None else customer.name,
                    None if product is None else product.external_id,
                    None if product is None else product.name,
                    row.is_manual,
                    row.figures,
                )
            )
    return lines


def waterfall_sheet(pin: Pin, months: Sequence[Month]) -> Sheet[WaterfallLine]:
    """The waterfall as a table with a column for each month."""

    def figure(name: str, title: str, field: str = "") -> Column[WaterfallLine]:
        return money(
            name,
            title,
            lambda row: Money(getattr(row.figures, field or name), pin.currency),
        )

    def month_column(month: Month) -> Column[WaterfallLine]:
        name = month_text(month)
        return money(
            name,
            name,
            lambda row: Money(row.figures.months.get(month, 0), pin.currency),
        )

    names: tuple[Column[WaterfallLine], ...] = (
        text("customer_id", "Customer id", lambda row: row.customer_id),
        text("customer", "Customer", lambda row: row.customer),
        text("product_id", "Product id", lambda row: row.product_id),
        text("product", "Product", lambda row: row.product),
        boolean("is_manual", "Manual", lambda row: row.is_manual),
    )
    figures = (
        figure("booked", "Booked"),
        figure("unbilled", "Unbilled"),
        figure("recognized", "Recognized"),
        figure("remaining", "Remaining"),
        figure("taken_back_later", "Taken back later", "taken_back"),
        *map(month_column, months),
        figure("unscheduled", "Unscheduled"),
    )
    return Sheet("waterfall", "Waterfall", (*names, *figures))


async def cohort_rows(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[CohortLine]:
    """A row for each cohort and month."""
    cohorts = await find_cohorts(session, pin, on, revenue_filter)
    return [line for cohort in cohorts for line in _cohort_lines(cohort)]


def _cohort_lines(cohort: Cohort) -> list[CohortLine]:
    its = (
        *(cohort.month, cohort.booked, cohort.unbilled),
        *(cohort.remaining, cohort.unscheduled),
    )
    recognized, scheduled = cohort.recognized, cohort.scheduled
    months = sorted({*recognized, *scheduled})
    return [
        CohortLine(*its, month, recognized.get(month, 0), scheduled.get(month, 0))
        for month in months
    ] or [CohortLine(*its, None, 0, 0)]


def cohort_sheet(pin: Pin) -> Sheet[CohortLine]:
    """Cohorts as a table, a row for each cohort and month.

    What was booked, is unbilled, remains and is unscheduled are the cohort's, in each
    of its rows.
    """
    currency = pin.currency
    return Sheet(
        "cohorts",
        "Cohorts",
        (
            text("cohort", "Cohort", lambda row: _month(row.cohort)),
            text("month", "Month", lambda row: _month(row.month)),
            money("recognized", "Recognized", lambda r: Money(r.recognized, currency)),
            money("scheduled", "Scheduled", lambda row: Money(row.scheduled, currency)),
            money("booked", "Booked", lambda row: Money(row.booked, currency)),
            money("unbilled", "Unbilled", lambda row: Money(row.unbilled, currency)),
            money("remaining", "Remaining", lambda row: Money(row.remaining, currency)),
            money(
                "unscheduled", "Unscheduled", lambda r: Money(r.unscheduled, currency)
            ),
        ),
    )


def _month(month: Month | None) -> str | None:
    return None if month is None else month_text(month)
