"""The period of the report and its neighbours, and the months to choose from. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from daybook.calendar import (
    FIRST_DAY,
    LAST_DAY,
    Month,
    date_of,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
)
from daybook_web.journals.periods import Period
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import month as month_words
from daybook_web.kit.formats import month_of_year, month_short, year
from daybook_web.kit.links import Link

MONTHS, QUARTER = 12, 3
CALENDAR = (month_of(FIRST_DAY), month_of(LAST_DAY))

MonthsUrls: TypeAlias = Callable[[Month, Month], str]
"""Gives the report's address for all days of some months."""


@dataclass(frozen=True, slots=True)
class Span(Link):
    """A month, a quarter or a year to choose; `is_shown` if it is the period.

    A ledger has nothing in one that `is_empty`.
    """

    is_shown: bool
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Year:
    """The months of a year by quarters, each after the quarter, and the years beside.

    A year beside it leads to the same month.
    """

    whole: Span
    quarters: Sequence[Sequence[Span]]
    previous: Link | None
    next: Link | None


@dataclass(frozen=True, slots=True)
class Months:
    """The period, its neighbours, and the year around it.

    `value` is the month field's. Only periods of whole months have neighbours, which
    are as long. `first` and `last` are the ledger's months with journals, if any.
    """

    words: str
    short: str
    value: str
    previous: Link | None
    next: Link | None
    first: Link | None
    last: Link | None
    year: Year

    @classmethod
    def around(
        cls, query: ReportQuery, period: Period, known: tuple[Month, Month] | None
    ) -> "Months":
        """The steps to months that may have journals."""
        near, urls = period.near_month, query.months_urls()
        first, last = known or (near, near)
        span = whole_months(period)
        before = after = None
        if span is not None:
            start, end = span
            length = end - start + 1
            if start > first:
                to = min(start - length, last - length + 1)
                before = _step(urls, max(to, CALENDAR[0]), length)
            if end < last:
                after = _step(urls, max(end + 1, first), length)
        is_month = period.month is not None
        return cls(
            words=period.words,
            short=_short_words(*span) if span else period.words,
            value=month_text(near) if is_month else "",
            previous=before,
            next=after,
            first=_step(urls, first, 1) if known else None,
            last=_step(urls, last, 1) if known else None,
            year=_year(urls, period, known),
        )


def whole_months(period: Period) -> tuple[Month, Month] | None:
    """The first and the last month of a period of whole months; None for others."""
    if period.start is None or period.end is None:
        return None
    first, last = month_of(period.start), month_of(period.end)
    if (period.start, period.end) != (first_day_of(first), last_day_of(last)):
        return None
    return first, last


def _short_words(first: Month, last: Month) -> str:
    """Whole months as a phone shows them: Oct 2026, Aug–Oct 2026."""
    start, end = date_of(first_day_of(first)), date_of(first_day_of(last))
    if first == last:
        return month_of_year(end)
    name = month_short if start.year == end.year else month_of_year
    return f"{name(start)}–{month_of_year(end)}"


def _step(urls: MonthsUrls, first: Month, length: int) -> Link:
    last = min(first + length - 1, CALENDAR[1])
    words = month_words(date_of(first_day_of(first)))
    if length > 1:
        words = Period(first_day_of(first), last_day_of(last)).words
    return Link(words, urls(first, last))


def _year(urls: MonthsUrls, period: Period, known: tuple[Month, Month] | None) -> Year:
    near, span = period.near_month, whole_months(period)
    january = near - (date_of(first_day_of(near)).month - 1)

    def choice(text: str, first: Month, last: Month) -> Span:
        return Span(
            text=text,
            url=urls(first, last),
            is_shown=span == (first, last),
            is_empty=known is None or last < known[0] or first > known[1],
        )

    def beside(months: int) -> Link | None:
        there = near + months
        if not CALENDAR[0] <= there <= CALENDAR[1]:
            return None
        return Link(year(date_of(first_day_of(there))), urls(there, there))

    quarters = []
    for start in range(january, january + MONTHS, QUARTER):
        number = (start - january) // QUARTER + 1
        quarter = choice(f"Q{number}", start, start + QUARTER - 1)
        months = [
            choice(month_short(date_of(first_day_of(month))), month, month)
            for month in range(start, start + QUARTER)
        ]
        quarters.append([quarter, *months])
    name = year(date_of(first_day_of(january)))
    return Year(
        whole=choice(name, january, january + MONTHS - 1),
        quarters=quarters,
        previous=beside(-MONTHS),
        next=beside(MONTHS),
    )
