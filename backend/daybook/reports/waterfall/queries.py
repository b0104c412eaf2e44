"""Pages, totals and ties of the waterfall, at a pin and a day."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.paging import Page, PageRequest
from daybook.reports.deferred.totals import rows_foot
from daybook.reports.journal_balances import changes_by_month
from daybook.reports.kept_totals import keep_totals
from daybook.reports.revenue import Figures, RevenueFilter, Tie
from daybook.reports.span_reading import read_spans
from daybook.reports.spans import net_debits, net_sides
from daybook.reports.waterfall.customers import (
    NOBODY,
    count_apart_customers,
    count_open_customers,
    find_customers,
)
from daybook.reports.waterfall.figures import (
    WaterfallFigures,
    WaterfallSum,
    added,
    figures_of,
)
from daybook.reports.waterfall.reading import ReadSpan, read_manual, read_system

__all__ = ["WaterfallFigures"]


class WaterfallProduct(NamedTuple):
    """A customer's product, or its manual journals without one (`is_manual`)."""

    product_id: int | None
    is_manual: bool
    figures: WaterfallFigures


class WaterfallCustomer(NamedTuple):
    """A customer with its products; manual journals without a customer come last."""

    customer_id: int | None
    figures: WaterfallFigures
    products: tuple[WaterfallProduct, ...]


async def find_waterfall(  # noqa: PLR0913  (a report, and which page of it)
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    request: PageRequest,
    *,
    apart: bool = False,
) -> Page[WaterfallCustomer]:
    """Customers in order of Daybook's numbers, without one last.

    Keyed by `(customer_id or 0,)`. `apart` lists what the sums leave out: families with
    nothing on Deferred on the day.
    """
    found = await find_customers(session, pin, on, revenue_filter, request, apart=apart)
    page = Page.of(found, request)
    rows = await _customers(session, pin, on, revenue_filter, page.items, apart=apart)
    return Page(rows, page.has_next, page.has_previous)


async def _customers(  # noqa: PLR0913  (a report, and which rows of it)
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    keys: list[int],
    *,
    apart: bool,
) -> list[WaterfallCustomer]:
    known = [key for key in keys if key != NOBODY]
    spans: list[ReadSpan] = []
    if known:
        spans += await read_system(session, pin, on, revenue_filter, known)
    if keys and not apart:
        customers = [key or None for key in keys]
        spans += await read_manual(session, pin, revenue_filter, customers, begun_on=on)
    sums: dict[tuple[int, bool, int], WaterfallSum] = defaultdict(
        lambda: WaterfallSum(on)
    )
    for customer_id, product_id, is_open, span in spans:
        if is_open is None or is_open is not apart:
            key = customer_id or NOBODY, is_open is None, product_id or 0
            sums[key].add(span)
    products: dict[int, list[WaterfallProduct]] = defaultdict(list)
    for (customer, is_manual, product), its in sorted(sums.items()):
        products[customer].append(
            WaterfallProduct(product or None, is_manual, its.figures())
        )
    return [_customer(key, products[key]) for key in keys]


def _customer(key: int, products: list[WaterfallProduct]) -> WaterfallCustomer:
    figures = added(product.figures for product in products)
    return WaterfallCustomer(key or None, figures, tuple(products))


class WaterfallTotals(NamedTuple):
    """The sums of open families, of those that are apart, and of manual journals."""

    open: WaterfallFigures
    apart: WaterfallFigures
    manual: WaterfallFigures


async def waterfall_totals(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    *,
    apart: bool = False,
) -> WaterfallFigures:
    """The sums of all rows."""
    totals = await read_totals(session, pin, on, revenue_filter)
    return totals.apart if apart else added((totals.open, totals.manual))


async def read_totals(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> WaterfallTotals:
    """All sums, from movements; they are kept, since they take long to read."""

    async def read() -> WaterfallTotals:
        system = await read_system(session, pin, on, revenue_filter)
        manual = await read_manual(session, pin, revenue_filter, begun_on=on)
        return WaterfallTotals(
            figures_of((its.span for its in system if its.is_open), on),
            figures_of((its.span for its in system if not its.is_open), on),
            figures_of((its.span for its in manual), on),
        )

    key = "waterfall", pin.ledger_id, pin.recording, on, revenue_filter
    return await keep_totals(session, key, read)


async def count_customers(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    *,
    apart: bool = False,
) -> int:
    """How many rows `find_waterfall` lists in all."""
    count = count_apart_customers if apart else count_open_customers
    key = "customers", pin.ledger_id, pin.recording, on, revenue_filter, apart
    return await keep_totals(
        session, key, lambda: count(session, pin, on, revenue_filter)
    )


async def waterfall_ties(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[Tie]:
    """What the waterfall's sums must agree with.

    They are summed from movements by family; what they are compared with is not.
    """
    totals = await read_totals(session, pin, on, revenue_filter)
    figures = added((totals.open, totals.manual))
    spans = await read_spans(session, pin, on, revenue_filter)
    revenue = net_debits((span for span in spans if span.is_revenue), on)
    others = net_debits((span for span in spans if not span.is_revenue), on)
    changes = await changes_by_month(session, pin, on, revenue_filter)
    balances = {role: sum(changes[role].values()) for role in Role}
    every = added((figures, totals.apart))
    moved = net_sides((span for span in spans if span.is_revenue), on)
    # A filter may cut a family that has nothing on Deferred as a whole.
    remaining = "Remaining + apart" if totals.apart.remaining else "Remaining"
    return [
        rows_foot(
            _as_figures(every), moved, ", with families that have nothing deferred"
        ),
        Tie(
            "waterfall_foots",
            figures.remaining,
            sum(figures.months.values()) + figures.unscheduled + figures.taken_back,
            "Remaining = later months + unscheduled + taken back later",
        ),
        Tie(
            "remaining_is_deferred",
            every.remaining,
            balances[Role.DEFERRED],
            f"{remaining} = Deferred in the journal report",
        ),
        Tie(
            "remaining_is_reported",
            every.remaining,
            -revenue[Role.DEFERRED],
            f"{remaining} = remaining in the deferred revenue report",
        ),
        *(
            Tie(
                f"all_is_{role.name.lower()}",
                net + (others[role] if role.is_debit_normal else -others[role]),
                balances[role],
                f"{words} + families with nothing deferred + other manual journals"
                f" = {role.name.capitalize()} in the journal report",
            )
            for role, words, net in (
                (Role.BILLED, "Booked", every.booked),
                (Role.UNBILLED, "Unbilled", every.unbilled),
                (Role.RECOGNIZED, "Recognized", every.recognized),
            )
        ),
    ]


def _as_figures(figures: WaterfallFigures) -> Figures:
    booked, unbilled, recognized, remaining = figures[:4]
    return Figures(booked, unbilled, recognized, remaining, remaining)
