"""Turns a schedule's terms into movements: methods, and the side of each day. Pure.

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
    movements_of_days,
    signed_movement,
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
    """When an amount is earned; stored by its number."""

    STRAIGHT_LINE = 1
    USAGE = 2
    POINT_IN_TIME = 3
    MILESTONE = 4


class Timing(IntEnum):
    """Whether a line is billed before or after its service; the number is stored."""

    IN_ADVANCE = 1
    IN_ARREARS = 2


class Classification(IntEnum):
    """What a schedule's amount is; stored by its number.

    A `BURNDOWN` is the part of a usage that a prepayment's credit grant pays for. An
    `ACCRUAL` is a billing schedule's: its amount is the price of a frequency period.
    """

    EARNED = 1
    PREPAYMENT = 2
    BURNDOWN = 3
    ACCRUAL = 4


class Treatment(IntEnum):
    """How a credit note changes what it credits; stored by its number."""

    REVERSAL = 1
    REBUILD = 2


class Part(NamedTuple):
    """An amount with a day of its own: dated usage or a milestone; None while open."""

    day: Day | None
    amount: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What recognition needs to know of one schedule.

    `amount` is net, in minor units, negative for a negative line. A straight-line
    schedule has a service period; a point in time has `recognized_on`, and so has usage
    without dates. `parts` are dated usage or milestones and sum to the amount; usage of
    a negative line is negative, whatever its group amounts to. `months` is the length
    of a billing schedule's frequency period, and `cancelled_on` the first day that no
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
    """The timing of a line that doesn't state one: domain rule 2, last sentence."""
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
    """The parts scaled to another total, in the same proportion.

    Rounded by the one rule (domain rule 3); each part keeps its sign, and a zero part
    stays zero, also in the last place, which takes the rest.
    """
    if not parts or total == 0:
        return ()
    amounts = iter(split_signed(total, [part.amount for part in parts if part.amount]))
    return tuple(Part(part.day, next(amounts) if part.amount else 0) for part in parts)


def with_amount(terms: Terms, amount: int) -> Terms:
    """The same terms for another amount; parts keep their proportion."""
    return replace(terms, amount=amount, parts=scaled(terms.parts, amount))


def without_days(terms: Terms) -> Terms:
    """The same terms with all milestones open."""
    parts = tuple(part._replace(day=None) for part in terms.parts)
    return replace(terms, parts=parts)


def only_completes(terms: Terms, before: Terms) -> bool:
    """Whether terms differ in nothing but the days on which milestones were reached."""
    return terms.method is Method.MILESTONE and (
        without_days(terms) == without_days(before)
    )


def credited(terms: Terms) -> Terms:
    """The terms of a credit: the same, with the amount on the other side."""
    parts = tuple(Part(part.day, -part.amount) for part in terms.parts)
    return replace(terms, amount=-terms.amount, parts=parts)


def recognize(terms: Terms, accounting_date: Day) -> list[Movement]:
    """All movements of a schedule on its own: the billed leg first, then its days.

    Their nets on Billed and Recognized are the amount. On Unbilled and Deferred they
    are zero, except that a prepayment and open milestones stay in Deferred.
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
        return _present(
            signed_movement(Role.BILLED, Role.RECOGNIZED, amount, amount, *on)
        )
    first_deferred = first_deferred_day(terms, accounting_date)
    return billed_and_earned(
        terms.amount, earned(terms), first_deferred, accounting_date
    )


def comes_to_nothing(terms: Terms) -> bool:
    """Whether a schedule makes no movements: corrections of usage may net to zero."""
    return terms.amount == 0 and not any(part.amount for part in terms.parts)


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
    """The first day that is earned out of Deferred, if the schedule has it.

    In arrears that is the day after the accounting date. A point in time on the
    accounting date is on neither side (`is_at_once`).
    """
    return accounting_date + (terms.timing is Timing.IN_ARREARS)


def earned(terms: Terms) -> list[Movement]:
    """What each day earns, all out of Deferred; open milestones earn nothing yet."""
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
    """The rest of a schedule (`amount`), reallocated from a day on (domain rule 6).

    A straight-line schedule spreads it over `from_day … service end` by its strategy;
    parts share it in proportion, if open or of `from_day` and later; a point in time
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
    """Dated usage and milestones of `from_day` and later, and open milestones."""
    return [part for part in terms.parts if part.day is None or part.day >= from_day]


def straight_line(
    total: int, first_day: Day, last_day: Day, strategy: Strategy
) -> list[Movement]:
    """A total recognized out of Deferred over a period, one movement a month."""
    if total < 0:
        mirrored = straight_line(-total, first_day, last_day, strategy)
        return [
            movement._replace(debit=movement.credit, credit=movement.debit)
            for movement in mirrored
        ]
    parts, their_weights = _weighed(first_day, last_day, strategy)
    # Imports spend their time here: looking up an enum member takes as long as making
    # the rest of a movement, and calling the named tuple's own constructor twice that.
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
    months = [(part.first_day, part.last_day, part.days) for part in parts]
    return months, weights(parts, strategy)


def _on_their_days(parts: Iterable[Part]) -> list[Movement]:
    """Parts recognized out of Deferred, each on its day; open ones are left out."""
    by_day: dict[Day, int] = {}
    for day, amount in parts:
        if day is not None:
            by_day[day] = by_day.get(day, 0) + amount
    return movements_of_days(by_day, Role.DEFERRED, Role.RECOGNIZED)


def billed(unbilled: int, deferred: int, on: Day) -> list[Movement]:
    """The billed leg: `unbilled` was earned before, `deferred` will be earned after."""
    return _present(
        signed_movement(Role.BILLED, Role.UNBILLED, unbilled, unbilled, on, on),
        signed_movement(Role.BILLED, Role.DEFERRED, deferred, deferred, on, on),
    )


def through_unbilled(days: Iterable[Movement], last_day: Day) -> list[Movement]:
    """The days up to `last_day`, earned out of Unbilled in the place of Deferred."""
    return [
        movement._replace(debit=Role.UNBILLED)
        if movement.debit is Role.DEFERRED
        else movement._replace(credit=Role.UNBILLED)
        for movement in days_until(days, last_day)
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
    for movement in movements:
        if movement.credit is role:
            net += movement.amount
        elif movement.debit is role:
            net -= movement.amount
    return net


def _present(*movements: Movement | None) -> list[Movement]:
    return [movement for movement in movements if movement is not None]
