"""Sums of the deferred revenue report, and what they must agree with.

Its rows are what touches Deferred. Manual journals that don't are a row by themselves,
*Other manual journals*, so that the sums are the ledger's.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.reports.deferred.moved import moved_total
from daybook.reports.deferred.report_rows import figures_of
from daybook.reports.journal_balances import changes_by_month
from daybook.reports.kept_totals import keep_totals
from daybook.reports.revenue import DeferredSums, Figures, RevenueFilter, Tie
from daybook.reports.span_reading import read_spans
from daybook.reports.spans import net_debits, net_sides


async def deferred_totals(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> Figures:
    """The sums of all rows of the report."""
    return (await deferred_sums(session, pin, on, revenue_filter)).every


async def deferred_sums(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> DeferredSums:
    """The sums of the report by what they are of; kept, since reading takes long."""

    async def read() -> DeferredSums:
        spans = await read_spans(session, pin, on, revenue_filter)
        families = net_debits((span for span in spans if span.is_revenue), on)
        other = net_debits((span for span in spans if not span.is_revenue), on)
        moved = await moved_total(session, pin, on, revenue_filter)
        return DeferredSums(
            figures_of(*families.values()).with_moved(moved),
            figures_of(*other.values()),
            net_sides(spans, on),
        )

    key = "deferred", pin.ledger_id, pin.recording, on, revenue_filter
    return await keep_totals(session, key, read)


async def deferred_ties(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> list[Tie]:
    """What the report's sums must agree with."""
    sums = await deferred_sums(session, pin, on, revenue_filter)
    changes = await changes_by_month(session, pin, on, revenue_filter)
    figures = sums.every
    return [
        Tie(
            "remaining_is_deferred",
            figures.remaining,
            sum(changes[Role.DEFERRED].values()),
            "Remaining = Deferred in the journal report",
        ),
        *(
            Tie(
                f"{words.lower()}_is_{role.name.lower()}",
                figure,
                sum(changes[role].values()),
                f"{words} = {role.name.capitalize()} in the journal report",
            )
            for words, figure, role in (
                ("Booked", figures.booked, Role.BILLED),
                ("Unbilled", figures.unbilled, Role.UNBILLED),
                ("Recognized", figures.recognized, Role.RECOGNIZED),
            )
        ),
        rows_foot(figures, sums.moved),
    ]


def rows_foot(figures: Figures, moved: int, scope: str = "") -> Tie:
    """What a report's rows must come to; `moved` came from other products.

    `scope` says whose figures they are where a report has more than its rows.
    """
    words = "Booked + unbilled = recognized + remaining"
    return Tie(
        "rows_foot",
        figures.booked + figures.unbilled,
        figures.recognized + figures.remaining + moved,
        (f"{words} + moved from other products" if moved else words) + scope,
    )
