"""Billing schedules: what they accrue, and how their invoices meet it. Pure.

Domain rule 2, "Billing schedule" and "Its invoice". A service day is recognized once:
by the accrual before it is billed, or by the invoice from its accounting date on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role, cut, movement
from daybook.recognition.allocation import daily_amount, month_parts
from daybook.recognition.plans import Plan, plan_of
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

Range: TypeAlias = tuple[Day, Day]
"""A first and a last day, both included."""


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
    met: list[Range] = field(default_factory=list)

    @classmethod
    def of(cls, terms: Terms) -> "Accrual":
        """The plan before any invoice."""
        return cls(terms, accrue(terms))

    def meet(self, terms: Terms, accounting_date: Day) -> Plan:
        """The plan of an invoice's line: it bills what was accrued, and the difference.

        Its service days take the place of the accrual's from its accounting date on.
        Days that an earlier invoice met are all difference, recognized when billed.
        """
        covered = self._covered(terms)
        plan = plan_of(terms, accounting_date)
        if covered is None or terms.amount <= 0:
            return plan
        first_deferred = first_deferred_day(terms, accounting_date)
        fresh = _without(covered, self.met)
        again = _without(covered, fresh)
        self.met += fresh
        accrued = net_of(
            _within(self.days, _clip(fresh, last=first_deferred - 1)), Role.RECOGNIZED
        )
        self.days = _within(
            self.days, _without(_everything, _clip(fresh, first=first_deferred))
        )
        its_days = earned(terms)
        at_once = [*_clip(fresh, last=first_deferred - 1), *again]
        if is_at_once(terms, accounting_date):
            at_once += _without((accounting_date, accounting_date), at_once)
        followed = _within(its_days, _without(_everything, at_once))
        before = through_unbilled(followed, first_deferred - 1)
        after = days_from(followed, first_deferred)
        difference = net_of(_within(its_days, at_once), Role.RECOGNIZED)
        plan.legs = self._legs(plan, accrued, difference, before, after)
        plan.days = [*before, *after]
        # What a credit allocates anew has nothing of what was recognized when billed.
        plan.parts = tuple(one for one in plan.parts if not _is_in(one.day, at_once))
        return plan

    def _legs(
        self,
        plan: Plan,
        accrued: int,
        earned_at_once: int,
        before: Sequence[Movement],
        after: Sequence[Movement],
    ) -> list[Movement]:
        on = (plan.accounting_date, plan.accounting_date)
        unbilled = min(accrued, earned_at_once) + net_of(before, Role.RECOGNIZED)
        deferred = plan.terms.amount - earned_at_once - net_of(before, Role.RECOGNIZED)
        assert plan.terms.parts or deferred == net_of(after, Role.RECOGNIZED)
        more = earned_at_once - accrued
        account = Role.BILLED if more > 0 else Role.UNBILLED
        difference = movement(account, Role.RECOGNIZED, more, more, *on)
        legs = billed(unbilled, deferred, plan.accounting_date)
        return [*legs, *([difference] if difference else [])]

    def _covered(self, terms: Terms) -> Range | None:
        """The service days that a line and the billing schedule have in common."""
        if self.terms.timing is Timing.IN_ADVANCE or terms.first_day is None:
            return None
        assert terms.last_day is not None, "a period has two ends"
        first_day, _ = self.terms.service_period
        first = max(terms.first_day, first_day)
        last = min(terms.last_day, _last_day(self.terms))
        return (first, last) if first <= last else None


_everything: Range = (0, 2**31)


def _is_in(day: Day | None, ranges: Iterable[Range]) -> bool:
    return day is not None and any(first <= day <= last for first, last in ranges)


def _clip(
    ranges: Iterable[Range], first: Day = 0, last: Day = _everything[1]
) -> list[Range]:
    """The parts of some ranges from `first` to `last`."""
    clipped = ((max(start, first), min(end, last)) for start, end in ranges)
    return [(start, end) for start, end in clipped if start <= end]


def _without(whole: Range, ranges: Iterable[Range]) -> list[Range]:
    """What is left of a range when others are taken out."""
    left = []
    start, last = whole
    for first, end in sorted(ranges):
        if first > last:
            break
        if first > start:
            left.append((start, first - 1))
        start = max(start, end + 1)
    if start <= last:
        left.append((start, last))
    return left


def _within(movements: Iterable[Movement], ranges: Sequence[Range]) -> list[Movement]:
    """The parts of movements on some days, in order."""
    pieces = (
        cut(one, first, last)
        for one in movements
        for first, last in ranges
        if first <= one.last_day and last >= one.first_day
    )
    return [one for one in pieces if one is not None]
