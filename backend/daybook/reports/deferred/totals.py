"""Sums of the deferred revenue report, and what they must agree with."""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.deferred.moved import moved_total
from daybook.reports.deferred.report_rows import figures_of
from daybook.reports.journal_balances import changes_by_month
from daybook.reports.kept_totals import keep_totals
from daybook.reports.revenue import Figures, RevenueFilter, Tie
from daybook.reports.span_reading import read_spans
from daybook.reports.spans import net_debits, net_sides


async def deferred_totals(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Figures:
    """The sums of all rows of the report."""
    figures, _ = await _totals(session, pin, on, revenue_filter)
    return figures


async def deferred_ties(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[Tie]:
    """What the report's sums must agree with."""
    figures, moved = await _totals(session, pin, on, revenue_filter)
    changes = await changes_by_month(session, pin, on, revenue_filter)
    return [
        Tie(
            "remaining_is_deferred",
            figures.remaining,
            sum(changes[Role.DEFERRED].values()),
            "Remaining = Deferred in the journal report",
        ),
        rows_foot(figures, moved),
    ]


def rows_foot(figures: Figures, moved: int) -> Tie:
    """What a report's rows must come to; `moved` came from other products."""
    words = "Booked + unbilled = recognized + remaining"
    return Tie(
        "rows_foot",
        figures.booked + figures.unbilled,
        figures.recognized + figures.remaining + moved,
        f"{words} + moved from other products" if moved else words,
    )


async def _totals(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> tuple[Figures, int]:
    """The sums, and what manual journals moved to a product from others."""

    async def read() -> tuple[Figures, int]:
        spans = await read_spans(session, pin, on, revenue_filter)
        its = [span for span in spans if span.is_revenue]
        figures = figures_of(*net_debits(its, on).values())
        moved = await moved_total(session, pin, on, revenue_filter)
        return figures.with_moved(moved), net_sides(its, on)

    key = "deferred", pin.ledger_id, pin.recording, on, revenue_filter
    return await keep_totals(session, key, read)
