"""A journal's days as a small chart and as rows. Pure."""

import datetime as dt
from calendar import monthrange
from collections.abc import Sequence
from typing import NamedTuple

from daybook_web.journal_detail.badges import SCHEDULED
from daybook_web.journal_detail.results import Journal, JournalDays
from daybook_web.kit.formats import count, day, days, money
from daybook_web.kit.results import Money

WIDTH, HEIGHT = 10, 32
"""Of a day in the chart's own units, and of the highest bar."""
OWN = frozenset({"The day's own", "The last day takes the rest"})
"""What the chart shows; other rows are of single events."""
ACCOUNTS = {
    "BILLED": "Billed",
    "UNBILLED": "Unbilled",
    "DEFERRED": "Deferred",
    "RECOGNIZED": "Recognized",
}


class Bar(NamedTuple):
    """A day's bar: where it starts, and its height, upwards from `y + height`."""

    x: float
    y: float
    height: float
    is_scheduled: bool


class DaysChart(NamedTuple):
    """Bars of the posting month's days, and what they leave out."""

    width: int
    bars: Sequence[Bar]
    zero: float
    height: float
    first: dt.date
    last: dt.date
    each: str
    """What each day has, if most of them have the same."""
    left_out: Money | None
    has_scheduled: bool


class DayRow(NamedTuple):
    """Equal days, for people: which they are, and an amount for each column."""

    when: str
    what: str
    amounts: Sequence[tuple[str, Money]]
    """By the names of the columns."""
    is_scheduled: bool


class DaysTable(NamedTuple):
    """A journal's days, without columns that would be the same in all rows."""

    columns: Sequence[str]
    """The names of the accounts that change, the account of the sum last."""
    rows: Sequence[DayRow]
    status: str
    """The status that all rows have; empty if they differ, and have a column."""


def days_chart(journal: Journal) -> DaysChart | None:
    """The chart of the account that the sum tells of; None for fewer than two days."""
    role = journal.sum.account
    own = [row for row in journal.days if row.what in OWN]
    if sum(row.days for row in own) < _FEWEST:
        return None
    by_day: dict[int, tuple[int, bool]] = {}
    for row in own:
        for number in range(row.first.day, row.last.day + 1):
            before, _ = by_day.get(number, (0, False))
            amount = before + row.each.of(role).minor
            by_day[number] = amount, row.status == SCHEDULED
    amounts = [amount for amount, _ in by_day.values()]
    above, below = max(0, *amounts), max(0, *(-amount for amount in amounts))
    scale = HEIGHT / ((above + below) or 1)
    zero = above * scale + 2
    bars = [
        Bar(
            x=(number - 1) * WIDTH + 1.5,
            y=round(zero - max(amount, 0) * scale, 1),
            height=round(abs(amount) * scale, 1),
            is_scheduled=is_scheduled,
        )
        for number, (amount, is_scheduled) in sorted(by_day.items())
    ]
    last = monthrange(journal.month.year, journal.month.month)[1]
    longest = max(own, key=lambda row: row.days)
    return DaysChart(
        width=last * WIDTH,
        bars=bars,
        zero=round(zero, 1),
        height=HEIGHT + 4,
        first=journal.month,
        last=journal.month.replace(day=last),
        each=money(longest.each.of(role)) if longest.days > 1 else "",
        left_out=_left_out(journal, role),
        has_scheduled=any(bar.is_scheduled for bar in bars),
    )


_FEWEST = 2


def _left_out(journal: Journal, role: str) -> Money | None:
    """What the rows that have no bars bring the account; None if nothing."""
    gains = [row.gains.of(role) for row in journal.days if row.what not in OWN]
    left_out = sum(gain.minor for gain in gains)
    return Money.of(left_out, gains[0].decimals) if left_out else None


def days_table(journal: Journal) -> DaysTable:
    """The rows of the journal's days."""
    told = journal.sum.account
    roles = [
        role
        for role in ACCOUNTS
        if any(row.gains.of(role).minor for row in journal.days)
    ]
    statuses = {row.status for row in journal.days}
    return DaysTable(
        columns=[ACCOUNTS[role] for role in roles],
        rows=[
            DayRow(
                when=days(row.first, row.last) if row.days > 1 else day(row.first),
                what=_what(row, told),
                amounts=[(ACCOUNTS[role], row.gains.of(role)) for role in roles],
                is_scheduled=row.status == SCHEDULED,
            )
            for row in journal.days
        ],
        status=statuses.pop().capitalize() if len(statuses) == 1 else "",
    )


def _what(row: JournalDays, told: str) -> str:
    if row.days == 1:
        return row.what
    each = money(row.each.of(told))
    counted = f"{count(row.days, 'day', 'days')}, each {each}"
    return counted if row.what in OWN else f"{row.what}: {counted}"
