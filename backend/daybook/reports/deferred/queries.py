"""Pages and totals of the deferred revenue report, at a pin and a day."""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.ledger.pins import Pin
from daybook.paging import Page, PageRequest
from daybook.reports.deferred.families import find_keys
from daybook.reports.deferred.loading import load_families
from daybook.reports.deferred.report_rows import DeferredFamily, DeferredRow
from daybook.reports.deferred.totals import (
    deferred_sums,
    deferred_ties,
    deferred_totals,
)
from daybook.reports.revenue import RevenueFilter

__all__ = [
    "DeferredFamily",
    "DeferredRow",
    "deferred_sums",
    "deferred_ties",
    "deferred_totals",
]


async def find_deferred(  # noqa: PLR0913  (a report, and which page of it)
    session: AsyncSession,
    pin: Pin,
    on: Day,
    revenue_filter: RevenueFilter,
    request: PageRequest,
    *,
    open_only: bool = False,
) -> Page[DeferredFamily]:
    """Families in order of their numbers, then manual journals; keyed by `key`.

    `open_only` leaves out families with nothing on Deferred and no balance.
    """
    keys = await find_keys(
        session, pin, on, revenue_filter, request, open_only=open_only
    )
    families = await load_families(session, pin, on, revenue_filter, keys.items)
    return Page(families, keys.has_next, keys.has_previous)
