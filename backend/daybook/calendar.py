"""Calendar days and months as integers, inclusive ranges of them, and their text.

A `Day` counts from 1970-01-01, a `Month` from January 1970. Integers keep stored rows
lean and arithmetic exact; `date` objects and text appear at the edges only.
"""

import re
from datetime import date
from functools import lru_cache
from typing import TypeAlias

Day: TypeAlias = int
Month: TypeAlias = int

EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY: Day = date(2000, 1, 1).toordinal() - EPOCH
"""The first day that documents may use and the calendar table has."""
LAST_DAY: Day = date(2099, 12, 31).toordinal() - EPOCH
"""The last day that documents may use and the calendar table has."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def day_of(value: date) -> Day:
    """The number of a calendar date."""
    return value.toordinal() - EPOCH


def date_of(day: Day) -> date:
    """The calendar date of a day's number."""
    return date.fromordinal(day + EPOCH)


@lru_cache(maxsize=65_536)
def month_of(day: Day) -> Month:
    """The month that a day belongs to."""
    value = date.fromordinal(day + EPOCH)
    return (value.year - 1970) * 12 + value.month - 1


@lru_cache(maxsize=4_096)
def first_day_of(month: Month) -> Day:
    """The first day of a month."""
    return date(1970 + month // 12, month % 12 + 1, 1).toordinal() - EPOCH


def last_day_of(month: Month) -> Day:
    """The last day of a month."""
    return first_day_of(month + 1) - 1


def parse_day(text: str) -> Day:
    """Parse `YYYY-MM-DD`; raises ValueError for anything else, or outside 2000-2099."""
    # fromisoformat also accepts 20250101, and weeks such as 2025-W01-1.
    if len(text) != 10 or text[7] != "-" or not text.isascii():
        raise ValueError("not a date YYYY-MM-DD")
    day = day_of(date.fromisoformat(text))
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("outside 2000-01-01 … 2099-12-31")
    return day


def parse_month(text: str) -> Month:
    """Parse `YYYY-MM`; raises ValueError for anything else, or outside 2000-2099."""
    if len(text) != 7:
        raise ValueError("not a month YYYY-MM")
    return month_of(parse_day(f"{text}-01"))


@lru_cache(maxsize=65_536)
def day_text(day: Day) -> str:
    """A day as `YYYY-MM-DD`."""
    return date.fromordinal(day + EPOCH).isoformat()


def month_text(month: Month) -> str:
    """A month as `YYYY-MM`."""
    return day_text(first_day_of(month))[:7]


def month_in_words(month: Month) -> str:
    """A month for people: `January 2026`."""
    return f"{date_of(first_day_of(month)):%B %Y}"


def day_words(day: Day) -> str:
    """A day for people: `1 Jan 2026`."""
    value = date_of(day)
    return f"{value.day} {value:%b %Y}"


def range_words(first: Day, last: Day) -> str:
    """An inclusive range for people, without repetition: `1–31 Dec 2025`."""
    start, end = date_of(first), date_of(last)
    if first == last:
        return day_words(first)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{day_words(last)}"
    if start.year == end.year:
        return f"{start.day} {start:%b} – {day_words(last)}"
    return f"{day_words(first)} – {day_words(last)}"
