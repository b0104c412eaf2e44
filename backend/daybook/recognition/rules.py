"""From a line's terms to its movements: methods, and the side of each day. Pure.

Domain rule 2. What is earned on a day before the accounting date goes through
Unbilled, on or after it through Deferred; on the accounting date the line is billed.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role, amount_between, cut, movement
from daybook.recognition.allocation import (
    Strategy,
    daily_amount,
    month_parts,
    split,
    weights,
)


class Method(IntEnum):
    """When an amount is earned; the number is what is stored."""

    STRAIGHT_LINE = 1
    USAGE = 2
    POINT_IN_TIME = 3
    MILESTONE = 4


class Timing(IntEnum):
    """Whether a line is billed before or after its service; the number is stored."""

    IN_ADVANCE = 1
    IN_ARREARS = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What recognition needs to know of one schedule.

    `amount` is net, in minor units, negative where the line is one. A straight-line
    schedule has a service period; a point in time has `recognized_on`.
    """

    amount: int
    method: Method
    timing: Timing
    strategy: Strategy = Strategy.DAILY_RATE_EVEN_MONTHS
    first_day: Day | None = None
    last_day: Day | None = None
    recognized_on: Day | None = None

    @property
    def service_period(self) -> tuple[Day, Day]:
        """The period that a straight-line schedule must have."""
        assert self.first_day is not None, "straight-line terms have a period"
        assert self.last_day is not None, "straight-line terms have a period"
        return self.first_day, self.last_day


def default_timing(
    method: Method, last_day: Day | None, accounting_date: Day
) -> Timing:
    """The timing of a line that doesn't say: domain rule 2, last sentence."""
    if method is Method.USAGE:
        return Timing.IN_ARREARS
    if last_day is not None and accounting_date > last_day:
        return Timing.IN_ARREARS
    return Timing.IN_ADVANCE


def default_point(
    timing: Timing, first_day: Day | None, last_day: Day | None, accounting_date: Day
) -> Day:
    """The day of a point in time that doesn't name it (domain rule 2)."""
    if first_day is None or last_day is None:
        return accounting_date
    return first_day if timing is Timing.IN_ADVANCE else last_day


def recognize(terms: Terms, accounting_date: Day) -> list[Movement]:
    """All movements of a schedule: the billed leg first, then the days in order.

    Their nets on Billed and Recognized are the amount, on Unbilled and Deferred zero.
    """
    if terms.amount == 0:
        return []
    if terms.method is Method.POINT_IN_TIME:
        return _at_a_point(terms, accounting_date)
    assert terms.method is Method.STRAIGHT_LINE, "other methods are refused on entry"
    first_day, last_day = terms.service_period
    earned = straight_line(terms.amount, first_day, last_day, terms.strategy)
    first_deferred = first_deferred_day(terms, accounting_date)
    if first_deferred <= first_day:
        return _billed(0, terms.amount, accounting_date) + earned
    before = [_through_unbilled(one, first_deferred - 1) for one in earned]
    after = [cut(one, first_deferred, last_day) for one in earned]
    sign = 1 if terms.amount > 0 else -1
    unbilled = sign * sum(one.amount for one in before if one)
    return [
        *_billed(unbilled, terms.amount - unbilled, accounting_date),
        *(one for one in before if one),
        *(one for one in after if one),
    ]


def first_deferred_day(terms: Terms, accounting_date: Day) -> Day:
    """The first day that is earned out of Deferred, should it belong to the period.

    In arrears the accounting date counts as before itself; a point in time on it is
    on neither side.
    """
    return accounting_date + (terms.timing is Timing.IN_ARREARS)


def straight_line(
    total: int, first_day: Day, last_day: Day, strategy: Strategy
) -> list[Movement]:
    """A total recognized out of Deferred over a period, one movement a month."""
    parts, their_weights = _weighed(first_day, last_day, strategy)
    shares = split(total, their_weights)
    debit, credit = Role.DEFERRED, Role.RECOGNIZED
    planned = [
        movement(debit, credit, share, daily_amount(share, end - start + 1), start, end)
        for (start, end), share in zip(parts, shares, strict=True)
    ]
    return [one for one in planned if one]


@lru_cache(maxsize=16_384)
def _weighed(
    first_day: Day, last_day: Day, strategy: Strategy
) -> tuple[list[tuple[Day, Day]], list[int]]:
    """Cached, since many lines share a period: it depends on the calendar only."""
    parts = month_parts(first_day, last_day)
    return [(one.first_day, one.last_day) for one in parts], weights(parts, strategy)


def _at_a_point(terms: Terms, accounting_date: Day) -> list[Movement]:
    """The whole amount on one day, before, on or after the accounting date."""
    day, amount = terms.recognized_on, terms.amount
    assert day is not None, "a point in time has its day"
    if day == accounting_date:
        return _present(
            movement(Role.BILLED, Role.RECOGNIZED, amount, amount, day, day)
        )
    if day < accounting_date:
        earned = movement(Role.UNBILLED, Role.RECOGNIZED, amount, amount, day, day)
        return _billed(amount, 0, accounting_date) + _present(earned)
    earned = movement(Role.DEFERRED, Role.RECOGNIZED, amount, amount, day, day)
    return _billed(0, amount, accounting_date) + _present(earned)


def _billed(unbilled: int, deferred: int, on: Day) -> list[Movement]:
    """The billed leg: what was earned before comes from Unbilled, the rest defers."""
    return _present(
        movement(Role.BILLED, Role.UNBILLED, unbilled, unbilled, on, on),
        movement(Role.BILLED, Role.DEFERRED, deferred, deferred, on, on),
    )


def _through_unbilled(one: Movement, last_day: Day) -> Movement | None:
    """The days up to `last_day` of a movement out of Deferred, out of Unbilled."""
    piece = cut(one, one.first_day, last_day)
    if piece is None:
        return None
    if piece.debit is Role.DEFERRED:
        return piece._replace(debit=Role.UNBILLED)
    return piece._replace(credit=Role.UNBILLED)


def _present(*movements: Movement | None) -> list[Movement]:
    return [one for one in movements if one is not None]


def reduced(terms: Terms, amount: int, from_day: Day) -> list[Movement]:
    """What is left of a positive schedule, allocated anew from a day on (rule 6).

    A straight-line schedule spreads over `from_day … service end` by its own strategy,
    a point in time keeps its day.
    """
    if amount == 0:
        return []
    if terms.method is Method.POINT_IN_TIME:
        point = terms.recognized_on
        assert point is not None, "a point in time has its day"
        assert point >= from_day, "what is recognized already isn't left"
        return _present(
            movement(Role.DEFERRED, Role.RECOGNIZED, amount, amount, point, point)
        )
    first_day, last_day = terms.service_period
    return straight_line(amount, max(first_day, from_day), last_day, terms.strategy)


def deferred_from(movements: list[Movement], day: Day) -> int:
    """How much of Deferred these movements recognize from a day on, net."""
    return sum(
        amount_between(one, day, one.last_day)
        * (1 if one.debit is Role.DEFERRED else -1)
        for one in movements
    )


def credited(terms: Terms) -> Terms:
    """The terms of a credit: the same, with the amount on the other side."""
    return replace(terms, amount=-terms.amount)
