"""A family of schedules: what all of its movements should be. Pure.

Whatever happened in whichever order, the plan is a function of the family as it now
stands: its terms, credits, burn-downs and completed milestones, in order of recording.
That is why the net of every day is the same whether a change was recorded in time or
late, and why a void is the family without what was voided (domain rule 6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role
from daybook.recognition.accruals import Accrual
from daybook.recognition.plans import Plan, burn, plan_of, rebuild, reverse
from daybook.recognition.replacing import StoredRow
from daybook.recognition.rules import (
    Classification,
    Terms,
    Treatment,
    net_of,
    with_amount,
)

Key = TypeVar("Key")


class Owner(NamedTuple):
    """Whose schedule it is: what a journal is made of, and how it is numbered."""

    document_id: int
    customer_id: int
    product_id: int
    source: int
    order: tuple[str, str, str, int]


@dataclass(slots=True)
class Member(Generic[Key]):
    """One line's schedule through all its revisions, and what is stored of it.

    `id` is its first schedule, `schedule_id` the newest, which new movements name. A
    credit names the member that it credits and the day on which it takes effect; its
    amount is positive here. A member whose document is void, or whose line is gone, has
    terms of nothing.
    """

    id: int
    schedule_id: int
    owner: Owner
    terms: Terms
    accounting_date: Day
    credits_id: int | None = None
    effective: Day | None = None
    treatment: Treatment = Treatment.REVERSAL
    stored: list[StoredRow[Key]] = field(default_factory=list)


@dataclass(slots=True)
class Family(Generic[Key]):
    """Members by id; the family is named after its first (`id`).

    `breakage` says whether what a credit grant has left is recognized when it expires.
    """

    id: int
    members: dict[int, Member[Key]] = field(default_factory=dict)
    breakage: bool = False

    def credits_of(self, member_id: int) -> list[Member[Key]]:
        """The credits on a member, in order of recording."""
        return [
            self.members[one]
            for one in sorted(self.members)
            if self.members[one].credits_id == member_id
        ]

    def credited(self, member_id: int) -> int:
        """How much credits take from a member in all."""
        return sum(one.terms.amount for one in self.credits_of(member_id))

    def left_to_credit(self, member_id: int) -> int:
        """How much of a member may still be credited: nothing of a negative one."""
        return max(self.members[member_id].terms.amount, 0) - self.credited(member_id)

    def left_to_burn(self, member_id: int | None = None) -> int:
        """How much of a prepayment burn-downs may still take.

        A burn-down that is replaced (`member_id`) keeps its place: credits that were
        recorded behind it take what it leaves, unless others burn down behind them.
        """
        family = self
        if member_id is not None:
            burning = (one.id for one in self.members.values() if _is_burning(one))
            last = max((member_id, *burning))
            some = {one: its for one, its in self.members.items() if one <= last}
            family = replace(self, members=some)
        root = plans_of(family).get(self.id)
        return sum(one.amount for one in root.parts) if root else 0


def _is_burning(member: Member[Key]) -> bool:
    terms = member.terms
    return terms.classification is Classification.BURNDOWN and terms.amount != 0


@dataclass(slots=True)
class _Planned:
    plans: dict[int, Plan] = field(default_factory=dict)
    movements: dict[int, list[Movement]] = field(default_factory=dict)
    accrual: Accrual | None = None


def planned_movements(family: Family[Key]) -> dict[int, list[Movement]]:
    """What each member's movements should be, by service days."""
    planned = _plan(family)
    movements = {one: plan.movements for one, plan in planned.plans.items()}
    if planned.accrual is not None:
        movements[family.id] = planned.accrual.days
    return movements | planned.movements


def plans_of(family: Family[Key]) -> Mapping[int, Plan]:
    """The plans of members that credits and burn-downs change, as they now stand."""
    return _plan(family).plans


def _plan(family: Family[Key]) -> _Planned:
    planned = _Planned()
    for member_id in sorted(family.members):
        _add(planned, family, family.members[member_id])
    return planned


def _add(planned: _Planned, family: Family[Key], member: Member[Key]) -> None:
    terms = member.terms
    if member.credits_id is not None:
        planned.movements[member.id] = _credit(planned, family, member)
    elif terms.classification is Classification.ACCRUAL:
        planned.accrual = Accrual.of(terms)
    else:
        if not family.breakage and terms.expires_on is not None:
            terms = replace(terms, expires_on=None)
        planned.plans[member.id] = _plan_alone(planned, terms, member.accounting_date)
        if terms.classification is Classification.BURNDOWN and terms.amount:
            burn(planned.plans[family.id], planned.plans[member.id])


def _plan_alone(planned: _Planned, terms: Terms, accounting_date: Day) -> Plan:
    if planned.accrual is not None and terms.amount:
        return planned.accrual.meet(terms, accounting_date)
    return plan_of(terms, accounting_date)


def _credit(
    planned: _Planned, family: Family[Key], credit: Member[Key]
) -> list[Movement]:
    assert credit.credits_id is not None, "a credit names what it credits"
    assert credit.effective is not None, "a credit has its day"
    sold = family.members[credit.credits_id]
    plan, amount = planned.plans[sold.id], credit.terms.amount
    if amount == 0:
        return []
    effective = max(credit.effective, sold.accounting_date)
    is_prepaid = sold.terms.classification is Classification.PREPAYMENT
    if credit.treatment is Treatment.REVERSAL or is_prepaid:
        return reverse(plan, amount, effective)
    so_far = sum(
        one.terms.amount for one in family.credits_of(sold.id) if one.id <= credit.id
    )

    def replan() -> Plan:
        return _sold_net(family, sold, sold.terms.amount - so_far)

    return rebuild(plan, amount, effective, replan)


def _sold_net(family: Family[Key], sold: Member[Key], amount: int) -> Plan:
    """A member's plan as if it had been sold for another amount."""
    planned = _Planned()
    for member_id in sorted(family.members):
        member = family.members[member_id]
        if member.credits_id is not None or member_id > sold.id:
            continue
        if member_id == sold.id:
            terms = with_amount(sold.terms, amount)
            member = Member(
                *(sold.id, sold.schedule_id, sold.owner, terms, sold.accounting_date)
            )
        if member.terms.classification is not Classification.BURNDOWN:
            _add(planned, family, member)
    return planned.plans[sold.id]


NEVER = None
"""When a family is settled that keeps something in Deferred or Unbilled."""


def settled_on(in_force: Iterable[Movement]) -> Day | None:
    """The day from which these movements leave nothing open, and none is to come.

    None if they leave something in Deferred or Unbilled. `in_force` are a family's
    movements as they are posted.
    """
    movements = list(in_force)
    for role in (Role.DEFERRED, Role.UNBILLED):
        if net_of(movements, role):
            return NEVER
    return max((one.last_day for one in movements), default=0)
