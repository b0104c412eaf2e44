"""The chart of recognized revenue by month: figures to bars, in whole numbers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    first_day_of,
    last_day_of,
    month_of,
    parse_day,
)
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import compact, decimals_in, minor_units

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
    """One month: where its link leads, and its rectangle, `top` counted from above."""

    month: str
    amount: str
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


def window(near: Month, first: Month, last: Month) -> tuple[Month, Month]:
    """Twelve months around one, within those that have journals where possible."""
    start = min(near - MONTHS // 2, last - MONTHS + 1)
    start = max(start, first)
    # Months outside the ledger are shown when they are asked for.
    start = min(max(start, near - MONTHS + 1), near)
    start = min(max(start, month_of(FIRST_DAY)), month_of(LAST_DAY) - MONTHS + 1)
    return start, start + MONTHS - 1


def chart(
    figures: Sequence[Mapping[str, Any]],
    query: ReportQuery,
    shown: Sequence[Month],
    today: Day,
) -> Chart | None:
    """Bars of some months, or None if there is nothing to draw."""
    amounts = [minor_units(one["amount"]["amount"]) for one in figures]
    if not any(amounts):
        return None
    ceiling = _nice(max(map(abs, amounts)))
    floor = -ceiling if min(amounts) < 0 else 0
    span = ceiling - floor
    zero = HEIGHT * ceiling // span
    bars = []
    for one, minor in zip(figures, amounts, strict=True):
        month = month_of(parse_day(one["month"]))
        height = abs(minor) * HEIGHT // span
        bars.append(
            Bar(
                month=one["month"],
                amount=one["amount"]["amount"],
                url=query.in_month(month).url(),
                top=zero - height if minor > 0 else zero,
                height=height,
                status=(status := _status(month, today)),
                words=WORDS[status],
                is_shown=month in shown,
            )
        )
    decimals = decimals_in(figures[0]["amount"]["amount"])
    ticks = (ceiling, (ceiling + floor) // 2, floor)
    return Chart(bars, [compact(tick, decimals) for tick in ticks], zero)


def _status(month: Month, today: Day) -> str:
    if last_day_of(month) <= today:
        return "posted"
    return "scheduled" if first_day_of(month) > today else "current"


def _nice(amount: int) -> int:
    """The next round number whose half is round too: 2, 4, 5, 6, 8 or 10 times ten."""
    unit = 1
    while amount > 10 * unit:
        unit *= 10
    return next(step * unit for step in (1, 2, 4, 5, 6, 8, 10) if step * unit >= amount)
