"""A family of schedules: what all of its movements should be. Pure.

The plan is a function of the family as it now stands: its terms, credits, burn-downs
and completed milestones, in order of recording. So the net of every day is the same
whether a change was recorded in time or late, and a void gives the plan of a family
without the voided document (domain rule 6). History matters in one case: an invoice of
accrued days that another invoice had met stays all difference when the other is voided.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

from daybook.calendar import Day
from daybook.ledger.rules import Movement, Role
from daybook.recognition.accruals import Accrual
from daybook.recognition.plans import Plan, burn, plan_of, rebuild, reverse
from daybook.recognition.ranges import Range, union, without
from daybook.recognition.replacing import StoredRow, first_posting
from daybook.recognition.rules import (
    Classification,
    Terms,
    Treatment,
    net_of,
    with_amount,
)

Key = TypeVar("Key")

BY_NOW = 2**62
"""The number of the recording in progress: later than all stored ones."""


class Owner(NamedTuple):
    """A schedule's document, customer and product, which its journals share.

    Journals are numbered by `order`.
    """

    document_id: int
    customer_id: int
    product_id: int
    source: int
    order: tuple[str, str, str, int]


@dataclass(slots=True)
class Member(Generic[Key]):
    """One line's schedule through all its revisions, with its stored movements.

    `id` is its first schedule, `schedule_id` the newest, which new movements name. A
    credit names the member that it credits and the day on which it takes effect; its
    amount is positive here. A member whose document is void or whose line is gone has
    an amount of zero: `voided_in` is the recording, `removed_by` the schedule that
    ended it. `recorded_in` is the first recording with the line. `invoiced` are the
    stored movements that bill its document.
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
    recorded_in: int = BY_NOW
    voided_in: int | None = None
    removed_by: int | None = None
    invoiced: Sequence[StoredRow[Key]] = ()

    @property
    def is_gone(self) -> bool:
        """Whether it is void or left out: it bills no days, not even for 0.00."""
        return self.voided_in is not None or self.removed_by is not None

    @property
    def first_posted_on(self) -> Day | None:
        """Where a lock moved its billed leg, or its invoice's if it has none yet."""
        return first_posting(self.stored, self.accounting_date, self.invoiced)


@dataclass(slots=True)
class Family(Generic[Key]):
    """Members by id; the family's `id` is its first member's.

    `breakage` says whether the rest of a credit grant is recognized when it expires.
    """

    id: int
    members: dict[int, Member[Key]] = field(default_factory=dict)
    breakage: bool = False

    def credits_of(self, member_id: int) -> list[Member[Key]]:
        """The credits on a member, in order of recording."""
        return [
            self.members[key]
            for key in sorted(self.members)
            if self.members[key].credits_id == member_id
        ]

    def credited(self, member_id: int) -> int:
        """The sum of a member's credits."""
        return sum(credit.terms.amount for credit in self.credits_of(member_id))

    def left_to_credit(self, member_id: int) -> int:
        """How much of a member may still be credited: zero of a negative amount."""
        return max(self.members[member_id].terms.amount, 0) - self.credited(member_id)

    @property
    def is_accruing(self) -> bool:
        """Whether it is a billing schedule's, with its invoices."""
        root = self.members.get(self.id)
        return root is not None and (
            root.terms.classification is Classification.ACCRUAL
        )

    def first_posted_on(self, member: Member[Key]) -> Day | None:
        """The day before which a member posts only what goes through Unbilled.

        None where its service days decide, since no lock moved its invoice's billing. A
        credit has the day of what it credits, a burn-down that of its grant.
        """
        if member.terms.classification is Classification.ACCRUAL:
            return None
        if member.credits_id is not None:
            member = self.members[member.credits_id]
        elif member.terms.classification is Classification.BURNDOWN:
            member = self.members[self.id]
        return member.first_posted_on

    def left_to_burn(self, member_id: int | None = None) -> int:
        """How much of a prepayment burn-downs may still take.

        A replaced burn-down (`member_id`) keeps its place: credits recorded after it
        take what it leaves, unless another burn-down follows them.
        """
        family = self
        if member_id is not None:
            burning = (
                key for key, member in self.members.items() if _is_burning(member)
            )
            last = max((member_id, *burning))
            members = {key: self.members[key] for key in self.members if key <= last}
            family = replace(self, members=members)
        root = plans_of(family).get(self.id)
        return sum(part.amount for part in root.parts) if root else 0


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
    movements = {member_id: plan.movements for member_id, plan in planned.plans.items()}
    if planned.accrual is not None:
        movements[family.id] = planned.accrual.days
    return movements | planned.movements


def plans_of(family: Family[Key]) -> Mapping[int, Plan]:
    """The members' plans, as credits and burn-downs left them."""
    return _plan(family).plans


def _plan(family: Family[Key]) -> _Planned:
    planned = _sold(family)
    for member_id in sorted(family.members):
        member = family.members[member_id]
        if member.credits_id is not None:
            planned.movements[member_id] = _credit(planned, family, member)
        elif _is_burning(member):
            burn(planned.plans[family.id], planned.plans[member_id])
    return planned


def _sold(family: Family[Key]) -> _Planned:
    """The plans of what is sold, before credits and burn-downs."""
    if family.is_accruing:
        return _meeting(family)
    planned = _Planned()
    for member in family.members.values():
        if member.credits_id is None:
            planned.plans[member.id] = _sold_alone(family, member)
    return planned


def _sold_alone(family: Family[Key], member: Member[Key]) -> Plan:
    terms = member.terms
    if not family.breakage and terms.expires_on is not None:
        terms = replace(terms, expires_on=None)
    return plan_of(terms, member.accounting_date)


def _meeting(family: Family[Key]) -> _Planned:
    """A billing schedule's plan, and those of the invoices that meet it."""
    accrual = Accrual.of(family.members[family.id].terms)
    planned = _Planned(accrual=accrual)
    met = _met(family, accrual)
    for lines in _invoices(family):
        standing = [line for line in lines if not line.is_gone]
        planned.plans |= {
            line.id: plan_of(line.terms, line.accounting_date)
            for line in lines
            if line.is_gone
        }
        if standing:
            plans = accrual.meet(
                [line.terms for line in standing],
                standing[0].accounting_date,
                union(days for line in standing for days in met[line.id]),
            )
            planned.plans |= dict(
                zip((line.id for line in standing), plans, strict=True)
            )
    return planned


def _met(family: Family[Key], accrual: Accrual) -> dict[int, list[Range]]:
    """The accrued days that each invoiced line met, by line, in order of recording.

    A day that a line of another invoice met before is not met again, even if that
    invoice is void by now.
    """
    met: dict[int, list[Range]] = {}
    before: list[Member[Key]] = []
    for line in _invoiced(family):
        taken = (
            days
            for earlier in before
            if earlier.owner.document_id != line.owner.document_id
            and (not earlier.is_gone or _stood(earlier, line))
            for days in met[earlier.id]
        )
        met[line.id] = without(accrual.covered_by(line.terms), taken)
        before.append(line)
    return met


def _invoices(family: Family[Key]) -> Iterable[Sequence[Member[Key]]]:
    """The lines of each invoice, in order."""
    by_document: dict[int, list[Member[Key]]] = defaultdict(list)
    for member in _invoiced(family):
        by_document[member.owner.document_id].append(member)
    return by_document.values()


def _invoiced(family: Family[Key]) -> Iterable[Member[Key]]:
    """The lines of all invoices, in order of recording."""
    for member_id in sorted(family.members):
        member = family.members[member_id]
        if member.credits_id is None and member_id != family.id:
            yield member


def _stood(gone: Member[Key], line: Member[Key]) -> bool:
    """Whether a line that is gone by now still met its days when `line` came."""
    if gone.voided_in is not None and line.recorded_in >= gone.voided_in:
        return False
    return gone.removed_by is None or line.id < gone.removed_by


def _credit(
    planned: _Planned, family: Family[Key], credit: Member[Key]
) -> list[Movement]:
    assert credit.credits_id is not None, "a credit names what it credits"
    assert credit.effective is not None, "a credit has its day"
    sold = family.members[credit.credits_id]
    plan, amount = planned.plans[sold.id], credit.terms.amount
    if amount == 0:
        return []
    effective = max(credit.effective, sold.first_posted_on or sold.accounting_date)
    is_prepaid = sold.terms.classification is Classification.PREPAYMENT
    if credit.treatment is Treatment.REVERSAL or is_prepaid:
        return reverse(plan, amount, effective)
    so_far = sum(
        earlier.terms.amount
        for earlier in family.credits_of(sold.id)
        if earlier.id <= credit.id
    )

    def replan() -> Plan:
        return _sold_net(family, sold, sold.terms.amount - so_far)

    return rebuild(plan, amount, effective, replan)


def _sold_net(family: Family[Key], sold: Member[Key], amount: int) -> Plan:
    """A member's plan as if it had been sold for another amount."""
    net = replace(sold, terms=with_amount(sold.terms, amount))
    if not family.is_accruing:
        return _sold_alone(family, net)
    members = family.members | {sold.id: net}
    return _meeting(replace(family, members=members)).plans[sold.id]


NEVER = None
"""The `settled_on` of a family that keeps something in Deferred or Unbilled."""


def settled_on(in_force: Iterable[Movement]) -> Day | None:
    """The day from which nothing is open and no movement follows, or NEVER.

    It is NEVER if something stays in Deferred or Unbilled. `in_force` are a family's
    movements as they are posted.
    """
    movements = list(in_force)
    for role in (Role.DEFERRED, Role.UNBILLED):
        if net_of(movements, role):
            return NEVER
    return max((movement.last_day for movement in movements), default=0)
