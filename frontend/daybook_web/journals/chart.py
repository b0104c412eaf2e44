"""The chart of recognized revenue by month: figures to bars, in whole numbers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    day_of,
    first_day_of,
    last_day_of,
    month_of,
)
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import compact_amount
from daybook_web.kit.results import Money, MonthAmount

MONTHS = 12
WORDS = {
    "posted": "posted",
    "current": "posted in part, the rest scheduled",
    "scheduled": "scheduled",
}
HEIGHT = 1_000
"""Units from the chart's bottom to its top; the page scales them to its size."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A month: where its link leads, and its rectangle, `top` counted from above."""

    month: date
    amount: Money
    url: str
    top: int
    height: int
    status: str
    words: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars, the axis's labels from top to bottom, and where zero is."""

    bars: list[Bar]
    labels: list[str]
    zero: int


def months_near(near: Month) -> tuple[Month, Month]:
    """All months that a chart around a month may have, whichever the ledger has."""
    first, last = month_of(FIRST_DAY), month_of(LAST_DAY)
    return max(near - MONTHS + 1, first), min(near + MONTHS - 1, last)


def window(near: Month, first: Month, last: Month) -> tuple[Month, Month]:
    """Twelve months around a month, within those that have journals if possible."""
    start = min(near - MONTHS // 2, last - MONTHS + 1)
    start = max(start, first)
    # A month outside the ledger is shown if it is the one that was asked for.
    start = min(max(start, near - MONTHS + 1), near)
    start = min(max(start, month_of(FIRST_DAY)), month_of(LAST_DAY) - MONTHS + 1)
    return start, start + MONTHS - 1


def chart(
    figures: Sequence[MonthAmount],
    query: ReportQuery,
    shown: Sequence[Month],
    today: Day,
) -> Chart | None:
    """A bar for each month's figure, or None if all of them are zero."""
    amounts = [figure.amount.minor for figure in figures]
    if not any(amounts):
        return None
    ceiling = _nice(max(map(abs, amounts)))
    floor = -ceiling if min(amounts) < 0 else 0
    span = ceiling - floor
    zero = HEIGHT * ceiling // span
    bars = []
    for figure, minor in zip(figures, amounts, strict=True):
        month = month_of(day_of(figure.month))
        height = abs(minor) * HEIGHT // span
        bars.append(
            Bar(
                month=figure.month,
                amount=figure.amount,
                url=query.in_month(month).url(),
                top=zero - height if minor > 0 else zero,
                height=height,
                status=(status := _status(month, today)),
                words=WORDS[status],
                is_shown=month in shown,
            )
        )
    decimals = figures[0].amount.decimals
    ticks = (ceiling, (ceiling + floor) // 2, floor)
    return Chart(bars, [compact_amount(tick, decimals) for tick in ticks], zero)


def _status(month: Month, today: Day) -> str:
    if last_day_of(month) <= today:
        return "posted"
    return "scheduled" if first_day_of(month) > today else "current"


def _nice(amount: int) -> int:
    """The next number with a round half: 2, 4, 5, 6, 8 or 10 by a power of ten."""
    unit = 1
    while amount > 10 * unit:
        unit *= 10
    return next(step * unit for step in (1, 2, 4, 5, 6, 8, 10) if step * unit >= amount)
