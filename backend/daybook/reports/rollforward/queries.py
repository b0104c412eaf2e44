"""The roll-forward of an account by month, and what it must agree with."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_of, month_text
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Cause, Role, SourceKind
from daybook.reports.journal_balances import changes_by_month
from daybook.reports.kept_totals import keep_totals
from daybook.reports.revenue import RevenueFilter, Tie
from daybook.reports.rollforward.disclosures import (
    Maturity,
    maturity,
    recognized_from_opening,
)
from daybook.reports.rollforward.rules import Column, column_of
from daybook.reports.span_reading import read_spans
from daybook.reports.spans import Span

__all__ = ["Maturity", "maturity", "recognized_from_opening"]

_ROLES = {int(role): role for role in Role}


class RollForwardMonth(NamedTuple):
    """A month of an account on its normal side: opening + columns = closing.

    Columns are signed as their effect on the account; absent ones are zero. A month
    without movements is there too.
    """

    month: Month
    opening: int
    columns: Mapping[Column, int]
    closing: int


async def roll_forward(  # noqa: PLR0913, PLR0917  (a report)
    session: AsyncSession,
    pin: Pin,
    role: Role,
    first: Month,
    on: Day,
    revenue_filter: RevenueFilter,
) -> list[RollForwardMonth]:
    """The months from `first` to the one of `on`, the last up to that day."""

    async def read() -> list[RollForwardMonth]:
        spans = await read_spans(session, pin, on, revenue_filter)
        return _months(spans, role, first, on)

    key = "roll-forward", pin.ledger_id, pin.recording, role, first, on, revenue_filter
    return await keep_totals(session, key, read)


def _months(
    spans: list[Span], role: Role, first: Month, on: Day
) -> list[RollForwardMonth]:
    sign = 1 if role.is_debit_normal else -1
    opening = 0
    moved: dict[Month, dict[Column, int]] = defaultdict(lambda: defaultdict(int))
    for span in spans:
        if role not in {span.debit, span.credit}:
            continue
        change = sign * span.change(role, span.until(on))
        month = month_of(span.first_day)
        if month < first:
            opening += change
        elif change:
            moved[month][_column(span)] += change
    months = []
    for month in range(first, month_of(on) + 1):
        found = moved.get(month, {})
        columns = {column: found[column] for column in Column if found.get(column)}
        closing = opening + sum(columns.values())
        months.append(RollForwardMonth(month, opening, columns, closing))
        opening = closing
    return months


def _column(span: Span) -> Column:
    pair = _ROLES[span.debit], _ROLES[span.credit]
    cause = Cause(span.cause) if span.cause else None
    return column_of(pair, SourceKind(span.source), cause)


async def roll_forward_ties(  # noqa: PLR0913, PLR0917  (a report)
    session: AsyncSession,
    pin: Pin,
    role: Role,
    first: Month,
    on: Day,
    revenue_filter: RevenueFilter,
) -> list[Tie]:
    """What the opening and closing balances must agree with.

    When Deferred is due is compared with its closing balance. A month whose movements
    come to something else than in the journal report has a tie of its own.
    """
    months = await roll_forward(session, pin, role, first, on, revenue_filter)
    if not months:
        return []
    by_month = await changes_by_month(session, pin, on, revenue_filter)
    changes = by_month[role]
    before = sum(change for month, change in changes.items() if month < first)
    name = role.name.capitalize()
    report = f"{name} in the journal report"
    ties = [
        Tie("opening_is_balance", months[0].opening, before, f"Opening = {report}"),
        Tie(
            "closing_is_balance",
            months[-1].closing,
            sum(changes.values()),
            f"Closing = {report}",
        ),
        Tie(
            "columns_foot",
            months[0].opening
            + sum(amount for month in months for amount in month.columns.values()),
            months[-1].closing,
            "Opening + movements = closing",
        ),
    ]
    if role is Role.DEFERRED:
        due = await maturity(session, pin, on, revenue_filter)
        ties.append(
            Tie(
                "maturity_is_closing",
                sum(due),
                months[-1].closing,
                "Due within 12 months + later + unscheduled + taken back later"
                " = closing",
            )
        )
    for month in months:
        moved, change = month.closing - month.opening, changes.get(month.month, 0)
        if moved != change:
            text = month_text(month.month)
            words = f"Movements of {text} = {report} of {text}"
            ties.append(Tie(f"month_{text}", moved, change, words))
    return ties
