"""From a schedule's terms to its movements: methods, and the side of each day. Pure.

Domain rule 2. What is earned on a day before the accounting date goes through
Unbilled, on or after it through Deferred; on the accounting date the line is billed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from daybook.calendar import Day
from daybook.ledger.rules import (
    Movement,
    Role,
    days_between,
    movement,
    movements_of_days,
)
from daybook.recognition.allocation import (
    Strategy,
    daily_amount,
    month_parts,
    split,
    split_signed,
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


class Classification(IntEnum):
    """What a schedule's amount is; the number is what is stored.

    A `BURNDOWN` is the part of a usage that a prepayment's credit grant pays for. An
    `ACCRUAL` is a billing schedule's: its amount is the price of a frequency period.
    """

    EARNED = 1
    PREPAYMENT = 2
    BURNDOWN = 3
    ACCRUAL = 4


class Treatment(IntEnum):
    """How a credit note changes what it credits; the number is what is stored."""

    REVERSAL = 1
    REBUILD = 2


class Part(NamedTuple):
    """An amount of its own day: dated usage, or a milestone; an open one has no day."""

    day: Day | None
    amount: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What recognition needs to know of one schedule.

    `amount` is net, in minor units, negative where the line is one. A straight-line
    schedule has a service period; a point in time has `recognized_on`, and so has usage
    without dates. `parts` are dated usage or milestones and sum to the amount; usage of
    a negative line is negative, whatever its group comes to. `months` is the length of
    a billing schedule's frequency period, and `cancelled_on` the first day that it no
    longer accrues. `expires_on` is the last day of a prepayment's credit grant.
    """

    amount: int
    method: Method
    timing: Timing
    strategy: Strategy = Strategy.DAILY_RATE_EVEN_MONTHS
    first_day: Day | None = None
    last_day: Day | None = None
    recognized_on: Day | None = None
    parts: tuple[Part, ...] = ()
    classification: Classification = Classification.EARNED
    months: int | None = None
    cancelled_on: Day | None = None
    expires_on: Day | None = None

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
    """The day of a point in time, or of usage without dates (domain rule 2)."""
    if first_day is None or last_day is None:
        return accounting_date
    return first_day if timing is Timing.IN_ADVANCE else last_day


def scaled(parts: Sequence[Part], total: int) -> tuple[Part, ...]:
    """The same parts in the same proportion, summing to another total.

    By the one rounding rule (domain rule 3), each part keeping its own sign; a part of
    nothing never takes the rest.
    """
    if not parts or total == 0:
        return ()
    amounts = iter(split_signed(total, [one.amount for one in parts if one.amount]))
    return tuple(Part(one.day, next(amounts) if one.amount else 0) for one in parts)


def with_amount(terms: Terms, amount: int) -> Terms:
    """The same terms for another amount; parts keep their proportion."""
    return replace(terms, amount=amount, parts=scaled(terms.parts, amount))


def credited(terms: Terms) -> Terms:
    """The terms of a credit: the same, with the amount on the other side."""
    parts = tuple(Part(one.day, -one.amount) for one in terms.parts)
    return replace(terms, amount=-terms.amount, parts=parts)


def recognize(terms: Terms, accounting_date: Day) -> list[Movement]:
    """All movements of a schedule on its own: the billed leg first, then its days.

    Their nets on Billed and Recognized are the amount, on Unbilled and Deferred zero,
    but for what a prepayment and open milestones leave in Deferred.
    """
    if comes_to_nothing(terms):
        return []
    if terms.classification is Classification.BURNDOWN:
        return earned(terms)
    if terms.classification is Classification.PREPAYMENT:
        return billed(0, terms.amount, accounting_date)
    if is_at_once(terms, accounting_date):
        on = (accounting_date, accounting_date)
        amount = terms.amount
        return _present(movement(Role.BILLED, Role.RECOGNIZED, amount, amount, *on))
    first_deferred = first_deferred_day(terms, accounting_date)
    return billed_and_earned(
        terms.amount, earned(terms), first_deferred, accounting_date
    )


def comes_to_nothing(terms: Terms) -> bool:
    """Whether a schedule makes no movements: corrections of usage may net to zero."""
    return terms.amount == 0 and not any(one.amount for one in terms.parts)


def is_at_once(terms: Terms, accounting_date: Day) -> bool:
    """Whether all is earned when it is billed: Dr Billed, Cr Recognized."""
    is_point = terms.method is Method.POINT_IN_TIME
    return is_point and terms.recognized_on == accounting_date


def billed_and_earned(
    total: int, days: Sequence[Movement], first_deferred: Day, accounting_date: Day
) -> list[Movement]:
    """Put earned days on their sides of Unbilled and Deferred, and bill the total."""
    if not days or first_deferred <= days[0].first_day:
        return billed(0, total, accounting_date) + list(days)
    before = through_unbilled(days, first_deferred - 1)
    after = days_from(days, first_deferred)
    unbilled = net_of(before, Role.RECOGNIZED)
    return [*billed(unbilled, total - unbilled, accounting_date), *before, *after]


def first_deferred_day(terms: Terms, accounting_date: Day) -> Day:
    """The first day that is earned out of Deferred, should it belong to the schedule.

    In arrears the accounting date counts as before itself; a point in time on it is
    on neither side.
    """
    return accounting_date + (terms.timing is Timing.IN_ARREARS)


def earned(terms: Terms) -> list[Movement]:
    """What each day earns, all of it out of Deferred; open milestones earn nothing."""
    if comes_to_nothing(terms):
        return []
    if terms.parts:
        return _on_their_days(terms.parts)
    if terms.classification is Classification.PREPAYMENT:
        return []
    if terms.method is Method.STRAIGHT_LINE:
        return straight_line(terms.amount, *terms.service_period, terms.strategy)
    if terms.method is Method.MILESTONE:
        return []
    day = terms.recognized_on
    assert day is not None, "a point in time, and usage without dates, has its day"
    return _on_their_days([Part(day, terms.amount)])


def earned_from(terms: Terms, amount: int, from_day: Day) -> list[Movement]:
    """What is left of a schedule, allocated anew from a day on (domain rule 6).

    A straight-line schedule spreads over `from_day … service end` by its own strategy;
    parts of that day and later, and open ones, share it in proportion; a point in time
    keeps its day.
    """
    if amount == 0:
        return []
    if terms.parts:
        return _on_their_days(scaled(remaining_parts(terms, from_day), amount))
    if terms.method is Method.STRAIGHT_LINE and terms.classification is (
        Classification.EARNED
    ):
        first_day, last_day = terms.service_period
        return straight_line(amount, max(first_day, from_day), last_day, terms.strategy)
    return earned(replace(terms, amount=amount))


def remaining_parts(terms: Terms, from_day: Day) -> list[Part]:
    """Dated usage and milestones from a day on, and open milestones."""
    return [one for one in terms.parts if one.day is None or one.day >= from_day]


def straight_line(
    total: int, first_day: Day, last_day: Day, strategy: Strategy
) -> list[Movement]:
    """A total recognized out of Deferred over a period, one movement a month."""
    if total < 0:
        mirrored = straight_line(-total, first_day, last_day, strategy)
        return [one._replace(debit=one.credit, credit=one.debit) for one in mirrored]
    parts, their_weights = _weighed(first_day, last_day, strategy)
    # An import spends its time here: a member of an enum takes as long to look up, and
    # a named tuple's own constructor twice as long, as all else of a movement.
    make, debit, credit = tuple.__new__, Role.DEFERRED, Role.RECOGNIZED
    return [
        make(Movement, (debit, credit, share, daily_amount(share, days), start, end))
        for (start, end, days), share in zip(
            parts, split(total, their_weights), strict=True
        )
        if share
    ]


@lru_cache(maxsize=16_384)
def _weighed(
    first_day: Day, last_day: Day, strategy: Strategy
) -> tuple[list[tuple[Day, Day, int]], list[int]]:
    """Cached, since many lines share a period: it depends on the calendar only."""
    parts = month_parts(first_day, last_day)
    months = [(one.first_day, one.last_day, one.days) for one in parts]
    return months, weights(parts, strategy)


def _on_their_days(parts: Iterable[Part]) -> list[Movement]:
    """Parts recognized out of Deferred, each on its day; open ones are left out."""
    by_day: dict[Day, int] = {}
    for day, amount in parts:
        if day is not None:
            by_day[day] = by_day.get(day, 0) + amount
    return movements_of_days(by_day, Role.DEFERRED, Role.RECOGNIZED)


def billed(unbilled: int, deferred: int, on: Day) -> list[Movement]:
    """The billed leg: what was earned before comes from Unbilled, the rest defers."""
    return _present(
        movement(Role.BILLED, Role.UNBILLED, unbilled, unbilled, on, on),
        movement(Role.BILLED, Role.DEFERRED, deferred, deferred, on, on),
    )


def through_unbilled(days: Iterable[Movement], last_day: Day) -> list[Movement]:
    """The days up to `last_day` of movements out of Deferred, out of Unbilled."""
    return [
        one._replace(debit=Role.UNBILLED)
        if one.debit is Role.DEFERRED
        else one._replace(credit=Role.UNBILLED)
        for one in days_until(days, last_day)
    ]


def days_from(days: Iterable[Movement], first_day: Day) -> list[Movement]:
    """The parts of movements from a day on."""
    return days_between(days, first_day, None)


def days_until(days: Iterable[Movement], last_day: Day) -> list[Movement]:
    """The parts of movements up to a day."""
    return days_between(days, None, last_day)


def net_of(movements: Iterable[Movement], role: Role) -> int:
    """Credits less debits of an account."""
    net = 0
    for one in movements:
        if one.credit is role:
            net += one.amount
        elif one.debit is role:
            net -= one.amount
    return net


def _present(*movements: Movement | None) -> list[Movement]:
    return [one for one in movements if one is not None]
