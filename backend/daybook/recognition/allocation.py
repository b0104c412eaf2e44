"""Straight-line allocation: a total to its months, a month to its days. Pure.

Domain rules 3 and 4. Totals are minor units; the arithmetic is on integers, so every
share is exact before it is rounded. A negative total mirrors the positive one.
"""

from collections.abc import Sequence
from enum import IntEnum
from math import lcm
from typing import NamedTuple

from daybook.calendar import Day, date_of, first_day_of, last_day_of, month_of


class Strategy(IntEnum):
    """How a straight-line total goes to months; stored by its number."""

    DAILY_RATE_EVEN_MONTHS = 1
    CALENDAR_FRACTION = 2
    EXACT_DAYS = 3
    EVEN_PERIODS = 4
    THIRTY_360 = 5


class MonthPart(NamedTuple):
    """The days of a service period that lie in one calendar month."""

    first_day: Day
    last_day: Day
    days_in_month: int

    @property
    def days(self) -> int:
        """How many days of the month belong to the period."""
        return self.last_day - self.first_day + 1

    @property
    def is_full(self) -> bool:
        """Whether the period covers the whole month."""
        return self.days == self.days_in_month


def month_parts(first_day: Day, last_day: Day) -> list[MonthPart]:
    """Cut a period at the months' ends."""
    parts = []
    for month in range(month_of(first_day), month_of(last_day) + 1):
        start, end = first_day_of(month), last_day_of(month)
        parts.append(
            MonthPart(max(first_day, start), min(last_day, end), end - start + 1)
        )
    return parts


def allocate(
    total: int, first_day: Day, last_day: Day, strategy: Strategy
) -> list[tuple[MonthPart, int]]:
    """Each month of the period with its share; the shares sum to the total."""
    parts = month_parts(first_day, last_day)
    return list(zip(parts, split(total, weights(parts, strategy)), strict=True))


def weights(parts: Sequence[MonthPart], strategy: Strategy) -> list[int]:
    """What each month weighs; shares are in proportion to the weights (rule 3)."""
    match strategy:
        case Strategy.DAILY_RATE_EVEN_MONTHS:
            return _daily_rate_even_months(parts)
        case Strategy.CALENDAR_FRACTION:
            common = lcm(*(part.days_in_month for part in parts))
            return [part.days * common // part.days_in_month for part in parts]
        case Strategy.EXACT_DAYS:
            return [part.days for part in parts]
        case Strategy.EVEN_PERIODS:
            return [1] * len(parts)
        case Strategy.THIRTY_360:
            return [_days_of_thirty(part) for part in parts]


def _daily_rate_even_months(parts: Sequence[MonthPart]) -> list[int]:
    """A part-month weighs its days; the full months share the rest equally."""
    full = [part for part in parts if part.is_full]
    if not full:
        return [part.days for part in parts]
    full_days = sum(part.days for part in full)
    return [full_days if part.is_full else part.days * len(full) for part in parts]


def _days_of_thirty(part: MonthPart) -> int:
    """Days in a month of 30: the 31st, and the end of February, count as the 30th."""

    def in_thirty(day: Day) -> int:
        is_month_end = day == last_day_of(month_of(day))
        return 30 if is_month_end else min(date_of(day).day, 30)

    return in_thirty(part.last_day) - in_thirty(part.first_day) + 1


def split(total: int, parts: Sequence[int]) -> list[int]:
    """Split a total in proportion to positive weights by the one rounding rule.

    Every share but the last is rounded half up, and the last takes the rest. If that
    gives the last share the opposite sign of the total, the others are truncated.
    """
    if total < 0:
        return [-share for share in split(-total, parts)]
    whole = sum(parts)
    shares = [(2 * total * part + whole) // (2 * whole) for part in parts[:-1]]
    last = total - sum(shares)
    if last < 0:
        shares = [total * part // whole for part in parts[:-1]]
        last = total - sum(shares)
    shares.append(last)
    return shares


def split_signed(total: int, parts: Sequence[int]) -> list[int]:
    """Split a total in proportion to parts of either sign, none of them zero.

    Parts of one sign go by `split`. Where signs are mixed, each share has the sign of
    its part: a negative share mirrors a positive one, and the last takes the rest. If
    that turns the last share's sign, the others are truncated; if it still does, the
    positive and the negative parts are split apart, the positive total rounded half up.
    """
    if total == 0 or min(parts) > 0 or max(parts) < 0:
        return split(total, [abs(part) for part in parts])
    if total < 0:
        return [-share for share in split_signed(-total, [-part for part in parts])]
    whole = sum(parts)
    assert whole > 0, "a total goes the way of its parts"
    for rounding in (whole, 0):
        shares = [
            _signed((2 * total * abs(part) + rounding) // (2 * whole), part)
            for part in parts[:-1]
        ]
        last = total - sum(shares)
        if last * parts[-1] >= 0:
            return [*shares, last]
    positive = [part for part in parts if part > 0]
    rounded = (2 * total * sum(positive) + whole) // (2 * whole)
    up = iter(split(rounded, positive))
    down = iter(split(total - rounded, [-part for part in parts if part < 0]))
    return [next(up) if part > 0 else next(down) for part in parts]


def _signed(amount: int, like: int) -> int:
    return amount if like > 0 else -amount


def daily_amount(share: int, days: int) -> int:
    """What each day but the last gets of a share spread over `days` (rule 4)."""
    if share < 0:
        return -daily_amount(-share, days)
    daily = (2 * share + days) // (2 * days)
    return share // days if daily * (days - 1) > share else daily
