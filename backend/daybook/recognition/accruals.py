"""Billing schedules: what they accrue, and how their invoices meet it. Pure.

Domain rule 2, "Billing schedule" and "Its invoice". A service day is recognized once:
by the accrual before it is billed, or by the invoice from its accounting date on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role, movement
from daybook.recognition.allocation import daily_amount, month_parts
from daybook.recognition.plans import Plan, plan_of
from daybook.recognition.ranges import (
    EVERYTHING,
    Range,
    clip,
    is_in,
    union,
    within,
    without,
)
from daybook.recognition.rules import (
    Terms,
    Timing,
    billed,
    days_from,
    days_until,
    earned,
    first_deferred_day,
    is_at_once,
    net_of,
    through_unbilled,
)


def accrue(terms: Terms) -> list[Movement]:
    """What a billing schedule earns before any invoice; nothing in advance.

    A whole month accrues the price by the months of its frequency period, a part-month
    that by its days, each rounded half up; then by day. The days from a cancellation on
    are dropped.
    """
    if terms.timing is Timing.IN_ADVANCE:
        return []
    assert terms.months is not None, "a billing schedule has a frequency"
    accrued = []
    for part in month_parts(*terms.service_period):
        whole = terms.months * part.days_in_month
        share = (2 * terms.amount * part.days + whole) // (2 * whole)
        daily = daily_amount(share, part.days)
        on = (part.first_day, part.last_day)
        accrued.append(movement(Role.UNBILLED, Role.RECOGNIZED, share, daily, *on))
    return days_until((one for one in accrued if one), _last_day(terms))


def _last_day(terms: Terms) -> Day:
    _, last_day = terms.service_period
    if terms.cancelled_on is None:
        return last_day
    return min(last_day, terms.cancelled_on - 1)


@dataclass(slots=True)
class Accrual:
    """A billing schedule's plan while its invoices meet it, in order of recording."""

    terms: Terms
    days: list[Movement] = field(default_factory=list)

    @classmethod
    def of(cls, terms: Terms) -> "Accrual":
        """The plan before any invoice."""
        return cls(terms, accrue(terms))

    def covered_by(self, terms: Terms) -> list[Range]:
        """The service days that a line and the billing schedule have in common."""
        if self.terms.timing is Timing.IN_ADVANCE or terms.first_day is None:
            return []
        assert terms.last_day is not None, "a period has two ends"
        first_day, _ = self.terms.service_period
        return clip(
            [(terms.first_day, terms.last_day)], first_day, _last_day(self.terms)
        )

    def meet(
        self, lines: Sequence[Terms], accounting_date: Day, fresh: Sequence[Range]
    ) -> list[Plan]:
        """The plans of an invoice's lines: they bill what was accrued for their days.

        The lines are compared with the accruals together, whatever they amount to; from
        the accounting date on each keeps its own days, which take the place of the
        accrual's. `fresh` are the days that no other line had met: the rest are all
        difference, recognized when billed.
        """
        covered = union(chain.from_iterable(map(self.covered_by, lines)))
        plans = [plan_of(one, accounting_date) for one in lines]
        if not covered:
            return plans
        edge = accounting_date - 1
        if any(self._bills_its_own_date(one, accounting_date) for one in lines):
            edge = accounting_date
        accrued = net_of(within(self.days, clip(fresh, last=edge)), Role.RECOGNIZED)
        self.days = within(
            self.days, without([EVERYTHING], clip(fresh, first=edge + 1))
        )
        again = without(covered, fresh)
        compared = [
            at
            for at, its_terms in enumerate(lines)
            if self._is_compared(its_terms, accounting_date)
        ]
        sides = [_sides(lines[at], accounting_date, fresh, again) for at in compared]
        shares = bill([one.at_once for one in sides], accrued)
        for at, its_sides, share in zip(compared, sides, shares, strict=True):
            plans[at] = _plan(its_sides, accounting_date, *share)
        taken_back = accrued - sum(unbilled for unbilled, _ in shares)
        on = (accounting_date, accounting_date)
        back = movement(Role.RECOGNIZED, Role.UNBILLED, taken_back, taken_back, *on)
        if back is not None:
            plans[compared[0]].legs.append(back)
        return plans

    def _is_compared(self, terms: Terms, accounting_date: Day) -> bool:
        """What is for other days only, and billed at once, has no part in it."""
        return bool(self.covered_by(terms)) or not is_at_once(terms, accounting_date)

    def _bills_its_own_date(self, terms: Terms, accounting_date: Day) -> bool:
        """Whether a line in arrears covers its own accounting date."""
        if terms.timing is not Timing.IN_ARREARS:
            return False
        its_days = self.covered_by(terms)
        return any(first <= accounting_date <= last for first, last in its_days)


def bill(at_once: Sequence[int], accrued: int) -> list[tuple[int, int]]:
    """What each line bills of the accruals, and what beside them.

    `at_once` is what each line earned on the days that are compared. The first figures
    sum to the accrued amount at most and are never negative; a line's two figures sum
    to its own amount where no other line is negative, and in all they always do. What
    is left of the accruals is taken back.
    """
    missing = sum(one for one in at_once if one < 0)
    left = accrued
    shares = []
    for amount in at_once:
        kept = max(max(amount, 0) + missing, 0)
        missing = min(max(amount, 0) + missing, 0)
        unbilled = min(kept, left)
        left -= unbilled
        shares.append((unbilled, kept - unbilled))
    unbilled, more = shares[0]
    shares[0] = (unbilled, more + missing)
    return shares


class _Sides(NamedTuple):
    """A line's earned days by how they are billed; `at_once` is recognized already."""

    terms: Terms
    at_once: int
    before: list[Movement]
    after: list[Movement]
    at_once_days: list[Range]


def _sides(
    terms: Terms, accounting_date: Day, fresh: Sequence[Range], again: Sequence[Range]
) -> _Sides:
    first_deferred = first_deferred_day(terms, accounting_date)
    at_once = [*clip(fresh, last=first_deferred - 1), *again]
    if is_at_once(terms, accounting_date):
        at_once = union([*at_once, (accounting_date, accounting_date)])
    its_days = earned(terms)
    followed = within(its_days, without([EVERYTHING], at_once))
    return _Sides(
        terms,
        net_of(within(its_days, at_once), Role.RECOGNIZED),
        through_unbilled(followed, first_deferred - 1),
        days_from(followed, first_deferred),
        at_once,
    )


def _plan(sides: _Sides, accounting_date: Day, unbilled: int, more: int) -> Plan:
    """A line's plan; it bills so much of the accruals, and `more` recognized at once.

    What a credit allocates anew has nothing of what was recognized when billed.
    """
    terms, on = sides.terms, (accounting_date, accounting_date)
    before = net_of(sides.before, Role.RECOGNIZED)
    deferred = terms.amount - sides.at_once - before
    legs = billed(unbilled + before, deferred, accounting_date)
    difference = movement(Role.BILLED, Role.RECOGNIZED, more, more, *on)
    return Plan(
        terms,
        accounting_date,
        [*legs, *([difference] if difference else [])],
        [*sides.before, *sides.after],
        tuple(one for one in terms.parts if not is_in(one.day, sides.at_once_days)),
        sides.at_once,
    )
