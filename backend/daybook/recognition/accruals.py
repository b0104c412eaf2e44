"""Billing schedules: what they accrue, and how their invoices meet it. Pure.

Domain rule 2, "Billing schedule" and "Its invoice". A service day is recognized once:
by the accrual before it is billed, or by the invoice from its accounting date on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role, signed_movement
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
    """What a billing schedule earns before any invoice: in advance, nothing.

    A whole month accrues the price divided by the months of a frequency period, a
    part-month its days' fraction of that, each rounded half up and then spread by day.
    The days from a cancellation on accrue nothing.
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
        accrued.append(
            signed_movement(Role.UNBILLED, Role.RECOGNIZED, share, daily, *on)
        )
    return days_until((movement for movement in accrued if movement), _last_day(terms))


def _last_day(terms: Terms) -> Day:
    _, last_day = terms.service_period
    if terms.cancelled_on is None:
        return last_day
    return min(last_day, terms.cancelled_on - 1)


@dataclass(slots=True)
class Accrual:
    """A billing schedule's plan; its invoices take days from it, in recording order."""

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
        """The plans of an invoice's lines, which bill what was accrued for their days.

        The accruals are compared with all lines together, whatever these amount to.
        From the accounting date on each line keeps its own days, which replace the
        accrual's. `fresh` are the days that no other line met before; the amounts of
        all other days are difference, recognized when billed.
        """
        covered = union(chain.from_iterable(map(self.covered_by, lines)))
        plans = [plan_of(line, accounting_date) for line in lines]
        if not covered:
            return plans
        edge = accounting_date - 1
        if any(self._bills_its_own_date(line, accounting_date) for line in lines):
            edge = accounting_date
        accrued = net_of(within(self.days, clip(fresh, last=edge)), Role.RECOGNIZED)
        self.days = within(
            self.days, without([EVERYTHING], clip(fresh, first=edge + 1))
        )
        again = without(covered, fresh)
        compared = [
            index
            for index, line in enumerate(lines)
            if self._is_compared(line, accounting_date)
        ]
        sides = [_sides(lines[at], accounting_date, fresh, again) for at in compared]
        shares = bill([side.at_once for side in sides], accrued)
        for index, line_sides, share in zip(compared, sides, shares, strict=True):
            plans[index] = _plan(line_sides, accounting_date, *share)
        taken_back = accrued - sum(unbilled for unbilled, _ in shares)
        on = (accounting_date, accounting_date)
        back = signed_movement(
            Role.RECOGNIZED, Role.UNBILLED, taken_back, taken_back, *on
        )
        if back is not None:
            plans[compared[0]].legs.append(back)
        return plans

    def _is_compared(self, terms: Terms, accounting_date: Day) -> bool:
        """Whether accruals are compared with a line.

        They aren't if the line has other days only and is earned when billed.
        """
        return bool(self.covered_by(terms)) or not is_at_once(terms, accounting_date)

    def _bills_its_own_date(self, terms: Terms, accounting_date: Day) -> bool:
        """Whether a line in arrears covers its own accounting date."""
        if terms.timing is not Timing.IN_ARREARS:
            return False
        covered = self.covered_by(terms)
        return any(first <= accounting_date <= last for first, last in covered)


def bill(at_once: Sequence[int], accrued: int) -> list[tuple[int, int]]:
    """Each line's billed amounts: from the accruals, and beyond them.

    `at_once` is what each line earned on the compared days. The amounts from accruals
    are never negative and sum to `accrued` at most. All amounts sum to `at_once`, and
    each line's two to its own, unless another line is negative. The caller takes back
    the rest of the accruals.
    """
    missing = sum(amount for amount in at_once if amount < 0)
    remaining = accrued
    shares = []
    for amount in at_once:
        kept = max(max(amount, 0) + missing, 0)
        missing = min(max(amount, 0) + missing, 0)
        unbilled = min(kept, remaining)
        remaining -= unbilled
        shares.append((unbilled, kept - unbilled))
    unbilled, more = shares[0]
    shares[0] = (unbilled, more + missing)
    return shares


class _Sides(NamedTuple):
    """A line's earned days by how they are billed.

    `at_once` is recognized when billed, on `at_once_days`; the days `before` go through
    Unbilled, those `after` through Deferred.
    """

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
    days = earned(terms)
    followed = within(days, without([EVERYTHING], at_once))
    return _Sides(
        terms,
        net_of(within(days, at_once), Role.RECOGNIZED),
        through_unbilled(followed, first_deferred - 1),
        days_from(followed, first_deferred),
        at_once,
    )


def _plan(sides: _Sides, accounting_date: Day, unbilled: int, more: int) -> Plan:
    """A line's plan: it bills `unbilled` of the accruals, recognizes `more` at once.

    Its parts leave out what is recognized when billed: no credit reallocates that.
    """
    terms, on = sides.terms, (accounting_date, accounting_date)
    before = net_of(sides.before, Role.RECOGNIZED)
    deferred = terms.amount - sides.at_once - before
    legs = billed(unbilled + before, deferred, accounting_date)
    difference = signed_movement(Role.BILLED, Role.RECOGNIZED, more, more, *on)
    return Plan(
        terms,
        accounting_date,
        [*legs, *([difference] if difference else [])],
        [*sides.before, *sides.after],
        tuple(part for part in terms.parts if not is_in(part.day, sides.at_once_days)),
        sides.at_once,
    )
