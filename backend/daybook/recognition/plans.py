"""What a schedule's movements should be, and how credits change them. Pure.

Domain rule 6. A plan is by service days; `replacing` decides where a lock posts them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role, signed_movement
from daybook.recognition.rules import (
    Classification,
    Part,
    Terms,
    billed,
    comes_to_nothing,
    days_from,
    days_until,
    earned,
    earned_from,
    first_deferred_day,
    net_of,
    recognize,
    scaled,
    through_unbilled,
)


@dataclass(slots=True)
class Plan:
    """A schedule's billed legs, its earned days, and its parts as credits left them.

    `parts` are dated usage, milestones or a prepayment, and `days` are computed from
    them. `at_once` is the amount that was earned when billed, or accrued before and
    billed then; `taken_back` is the amount that credits so far took out of Recognized.
    """

    terms: Terms
    accounting_date: Day
    legs: list[Movement]
    days: list[Movement]
    parts: tuple[Part, ...] = ()
    at_once: int = 0
    taken_back: int = 0

    @property
    def movements(self) -> list[Movement]:
        """The billed legs, then the days in order."""
        return [*self.legs, *self.days]

    @property
    def first_deferred_day(self) -> Day:
        """The first day that is earned out of Deferred."""
        return first_deferred_day(self.terms, self.accounting_date)

    def take_parts(self, parts: Sequence[Part]) -> None:
        """Replace the parts, and compute the days from them."""
        self.parts = tuple(parts)
        days = earned(replace(self.terms, parts=self.parts)) if self.parts else []
        if self.terms.classification is Classification.EARNED:
            first = self.first_deferred_day
            days = [*through_unbilled(days, first - 1), *days_from(days, first)]
        self.days = days

    def recognized_before(self, day: Day) -> int:
        """The amount recognized when billed, and on service days before `day`."""
        return self.at_once + net_of(days_until(self.days, day - 1), Role.RECOGNIZED)

    def deferred_from(self, day: Day) -> int:
        """What Deferred still holds for `day` and later, and for open parts."""
        waiting = sum(part.amount for part in self.parts if part.day is None)
        return waiting - net_of(days_from(self.days, day), Role.DEFERRED)


def plan_of(terms: Terms, accounting_date: Day) -> Plan:
    """The plan of a schedule on its own."""
    if comes_to_nothing(terms):
        return Plan(terms, accounting_date, [], [])
    if terms.classification is Classification.PREPAYMENT:
        legs = billed(0, terms.amount, accounting_date)
        plan = Plan(terms, accounting_date, legs, [])
        expires_on = terms.expires_on
        day = None if expires_on is None else max(expires_on, accounting_date)
        plan.take_parts([Part(day, terms.amount)])
        return plan
    movements = recognize(terms, accounting_date)
    legs = [
        movement
        for movement in movements
        if Role.BILLED in {movement.debit, movement.credit}
    ]
    days = [
        movement
        for movement in movements
        if Role.BILLED not in {movement.debit, movement.credit}
    ]
    at_once = net_of(legs, Role.RECOGNIZED)
    return Plan(terms, accounting_date, legs, days, terms.parts, at_once)


class Overdrawn(Exception):
    """Burn-downs take more of a prepayment than it has left."""


def burn(grant: Plan, usage: Plan) -> None:
    """Take a burn-down's usage out of a prepayment's plan; may raise Overdrawn.

    Usage before the prepayment's accounting date waits in Unbilled until that date:
    Deferred holds nothing yet to pay for it.
    """
    amount, billed_on = usage.terms.amount, grant.accounting_date
    remaining = sum(part.amount for part in grant.parts)
    if amount > remaining:
        raise Overdrawn
    grant.take_parts([Part(part.day, remaining - amount) for part in grant.parts])
    before = through_unbilled(usage.days, billed_on - 1)
    unbilled = net_of(before, Role.RECOGNIZED)
    on = (billed_on, billed_on)
    paid = signed_movement(Role.DEFERRED, Role.UNBILLED, unbilled, unbilled, *on)
    usage.legs = [] if paid is None else [paid]
    usage.days = [*before, *days_from(usage.days, billed_on)]


def effective_day(
    accounting_date: Day, parent_first_posting: Day, locked_through: Day | None
) -> Day:
    """The day on which a credit note takes effect (c in domain rule 6)."""
    first_open_day = 0 if locked_through is None else locked_through + 1
    return max(accounting_date, parent_first_posting, first_open_day)


def reverse(plan: Plan, credit: int, effective: Day) -> list[Movement]:
    """Credit an amount of a schedule on a day: from Deferred, then from Recognized.

    Changes the plan, which reallocates the rest of Deferred from that day on, and
    returns the credit's own movements. A credit of zero changes nothing. Deferred
    counts as zero where corrections of usage made it negative.
    """
    assert credit >= 0, "a credit is not negative"
    deferred = max(plan.deferred_from(effective), 0)
    from_deferred = min(credit, deferred)
    if from_deferred > 0:
        _reduce(plan, deferred - from_deferred, effective)
    return _credit(plan, from_deferred, credit - from_deferred, effective)


def rebuild(
    plan: Plan, credit: int, effective: Day, replan: Callable[[], Plan]
) -> list[Movement]:
    """Credit an amount of a schedule as if it had been sold net of it.

    `replan` returns the schedule's plan net of all credits so far, this one included.
    Days from the effective day on are the net plan's; what was recognized too much
    before is taken back on the effective day.
    """
    if credit == 0:
        return []
    net = replan()
    boundary = max(effective, plan.first_deferred_day)
    too_much = plan.recognized_before(boundary) - net.recognized_before(boundary)
    too_much -= plan.taken_back
    plan.days = [
        *days_until(plan.days, boundary - 1),
        *days_from(net.days, boundary),
    ]
    plan.parts = (
        *(part for part in plan.parts if part.day is not None and part.day < boundary),
        *(part for part in net.parts if part.day is None or part.day >= boundary),
    )
    return _credit(plan, credit - too_much, too_much, effective)


def _reduce(plan: Plan, remaining: int, effective: Day) -> None:
    """Reallocate the rest of Deferred, from the effective day on."""
    boundary = max(effective, plan.first_deferred_day)
    if plan.parts:
        before = [part for part in plan.parts if _is_before(part, boundary)]
        later = [part for part in plan.parts if not _is_before(part, boundary)]
        plan.take_parts([*before, *scaled(later, remaining)])
        return
    # Only the days out of Deferred: in arrears, day c itself may be Unbilled's.
    kept = [
        piece
        for movement in plan.days
        for piece in (
            days_until([movement], effective - 1)
            if Role.DEFERRED in {movement.debit, movement.credit}
            else [movement]
        )
    ]
    plan.days = [*kept, *earned_from(plan.terms, remaining, boundary)]


def _is_before(part: Part, boundary: Day) -> bool:
    return part.day is not None and part.day < boundary


def _credit(
    plan: Plan, from_deferred: int, from_recognized: int, on: Day
) -> list[Movement]:
    """A credit's own movements; a negative amount swaps the accounts."""
    plan.taken_back += from_recognized
    own = [
        signed_movement(
            Role.DEFERRED, Role.BILLED, from_deferred, from_deferred, on, on
        ),
        signed_movement(
            Role.RECOGNIZED, Role.BILLED, from_recognized, from_recognized, on, on
        ),
    ]
    return [movement for movement in own if movement is not None]
