"""The chart of recognized revenue by month: figures to bars, in whole numbers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daybook.calendar import FIRST_DAY, LAST_DAY, Month, day_of, month_of
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import MonthFigures
from daybook_web.kit.formats import MINUS, NOTHING, money
from daybook_web.kit.results import Money

MONTHS = 12
NEAR = 6
"""Of the months, those that a phone shows."""
HEIGHT = 1_000
"""Units from the chart's bottom to its top; the page scales them to its size."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is posted of a month, or scheduled: a rectangle, `top` from above."""

    status: str
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A month: where its link leads, and its rectangles.

    `value` is its amount in a few letters. A phone leaves out months that are far.
    """

    month: date
    amount: Money
    value: str
    words: str
    url: str
    parts: Sequence[Part]
    is_shown: bool
    is_far: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars, and where zero is."""

    bars: list[Bar]
    zero: int


def months_near(near: Month) -> tuple[Month, Month]:
    """All months that a chart around a month may have, whichever the ledger has."""
    first, last = month_of(FIRST_DAY), month_of(LAST_DAY)
    return max(near - MONTHS + 1, first), min(near + MONTHS - 1, last)


def window(
    near: Month, first: Month, last: Month, until: Month | None = None
) -> tuple[Month, Month]:
    """Twelve months around a month, within those that have journals if possible.

    They hold the months from `near` to `until`, if these are twelve at most.
    """
    start = min(near - MONTHS // 2, last - MONTHS + 1)
    start = max(start, first)
    # A month outside the ledger is shown if it is the one that was asked for.
    wanted = near if until is None else until
    start = min(max(start, wanted - MONTHS + 1), near)
    start = min(max(start, month_of(FIRST_DAY)), month_of(LAST_DAY) - MONTHS + 1)
    return start, start + MONTHS - 1


def chart(
    figures: Sequence[MonthFigures], query: ReportQuery, shown: Sequence[Month]
) -> Chart | None:
    """A bar for each month's figures, or None if all of them are zero."""
    amounts = [(its.posted.minor, its.scheduled.minor) for its in figures]
    if not any(map(any, amounts)):
        return None
    ceiling = max(sum(part for part in parts if part > 0) for parts in amounts)
    floor = min(sum(part for part in parts if part < 0) for parts in amounts)
    scale = _Scale(ceiling, ceiling - floor)
    first = month_of(day_of(figures[0].month))
    near = shown[0] - NEAR // 2 if shown else first
    near = min(max(near, first), first + len(figures) - NEAR)
    bars, urls = [], query.months_urls()
    for its, (posted, scheduled) in zip(figures, amounts, strict=True):
        month, decimals = month_of(day_of(its.month)), its.posted.decimals
        bars.append(
            Bar(
                month=its.month,
                amount=Money.of(posted + scheduled, decimals),
                value=short_amount(posted + scheduled, decimals),
                words=_words(its),
                url=urls(month, month),
                parts=scale.parts(posted, scheduled),
                is_shown=month in shown,
                is_far=not near <= month < near + NEAR,
            )
        )
    return Chart(bars, scale.y(0))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Amounts to units from the chart's top, which is at `ceiling`."""

    ceiling: int
    span: int

    def y(self, amount: int) -> int:
        return HEIGHT * (self.ceiling - amount) // self.span

    def parts(self, posted: int, scheduled: int) -> list[Part]:
        """The rectangles: what is scheduled goes on where what is posted ends.

        One gain and one loss begin at zero both.
        """
        start = posted if (posted > 0) == (scheduled > 0) else 0
        found = [
            ("posted", 0, posted),
            ("scheduled", start, start + scheduled),
        ]
        return [
            Part(status, top, bottom - top)
            for status, begin, end in found
            if begin != end
            for top, bottom in [sorted((self.y(begin), self.y(end)))]
        ]


def _words(its: MonthFigures) -> str:
    """What of a month's amount is posted."""
    if not its.scheduled.minor:
        return "posted" if its.posted.minor else ""
    if not its.posted.minor:
        return "scheduled"
    return f"{money(its.posted)} posted, {money(its.scheduled)} scheduled"


def short_amount(minor: int, decimals: int) -> str:
    """An amount in a few letters, rounded: `33.7M`, `412k`, a dash for zero."""
    if minor == 0:
        return NOTHING
    sign = MINUS if minor < 0 else ""
    for letter, zeros in (("B", 9), ("M", 6), ("k", 3), ("", 0)):
        unit = 10 ** (zeros + decimals)
        if abs(minor) >= unit or not letter:
            break
    tenths = (abs(minor) * 10 + unit // 2) // unit
    if tenths >= 1_000:  # three digits are enough
        return f"{sign}{tenths // 10:,}{letter}"
    tenth = f".{tenths % 10}" if tenths % 10 else ""
    return f"{sign}{tenths // 10}{tenth}{letter}"
