"""A family of schedules by the domain rules: what each member's days should be.

By service days and from the beginning, one member after the other in their order of
recording: terms as they now stand, credits, burn-downs, and invoices that meet what
their billing schedule accrued.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from daybook.calendar import Day
from daybook.documents.rules import Document, Milestone
from daybook.errors import ProblemCode
from daybook.ledger.rules import Role
from daybook.recognition.rules import Classification, Terms, Timing, Treatment
from daybook_groups_oracle import with_total
from daybook_oracle import (
    Days,
    Net,
    Schedule,
    earned_days,
    is_at_once,
    is_before,
    length_of_month,
    months_of,
    rounded,
    without_zeros,
)


class Refused(Exception):
    """The rules refuse a document."""

    def __init__(self, code: ProblemCode) -> None:
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class Item:
    """One line group's schedule, or one credit, through all its revisions.

    `number` is its place in the order of recording. A credit names what it credits, a
    burn-down the grant that pays it, a billing schedule's invoice the schedule that it
    meets.
    """

    number: int
    document: Document
    product: str
    terms: Terms
    a: Day
    milestones: tuple[Milestone, ...] = ()
    credits: "Item | None" = None
    effective: Day = 0
    treatment: Treatment = Treatment.REVERSAL
    pays_from: "Item | None" = None
    meets: "Item | None" = None

    @property
    def root(self) -> "Item":
        """What its family is named after."""
        parent = self.credits or self.pays_from or self.meets
        return parent.root if parent else self

    def end(self) -> None:
        """A line that is gone, or void, comes to nothing."""
        self.terms = replace(self.terms, amount=0, parts=())


def paid_from(a: Day, used: Days) -> Net:
    """Usage paid from credits that are billed on a: until then they hold nothing."""
    net: Net = Counter()
    for day, amount in used.items():
        if day < a:
            net[day, Role.UNBILLED, Role.RECOGNIZED] += amount
            net[a, Role.DEFERRED, Role.UNBILLED] += amount
        else:
            net[day, Role.DEFERRED, Role.RECOGNIZED] += amount
    return net


class FamilyPlan:
    """A family's schedules by service days, one member after the other."""

    def __init__(self, *, breakage: bool) -> None:
        self.breakage = breakage
        self.schedules: dict[Item, Schedule] = {}
        self.own: dict[Item, Net] = {}
        self.accruing: dict[Item, Days] = {}
        self.met: set[Day] = set()
        self.credited: Counter[Item] = Counter()

    @property
    def nets(self) -> dict[Item, Net]:
        """What each member's journals get."""
        nets = {one: schedule.net for one, schedule in self.schedules.items()}
        for one, days in self.accruing.items():
            nets[one] = {
                (day, Role.UNBILLED, Role.RECOGNIZED): amount
                for day, amount in days.items()
            }
        return nets | self.own

    def add(self, item: Item) -> None:
        """The next member."""
        if item.credits is not None:
            self.own[item] = self._credit(item, item.credits)
        elif item.terms.classification is Classification.ACCRUAL:
            self.accruing[item] = accrued_days(item.terms)
        else:
            self.sell(item, item.terms)
        if item.pays_from is not None and item.terms.amount:
            grant = self.schedules[item.pays_from]
            left = sum(amount for _, amount in grant.parts) - item.terms.amount
            if left < 0:
                raise Refused(ProblemCode.GRANT_EXCEEDED)
            grant.parts = [(day, left) for day, _ in grant.parts]
            grant.deferred = without_zeros(
                {day: one for day, one in grant.parts if day is not None}
            )
            self.own[item] = paid_from(grant.a, self.schedules[item].deferred)

    def sell(self, item: Item, terms: Terms) -> None:
        """A member that is no credit, with these terms."""
        if not self.breakage:
            terms = replace(terms, expires_on=None)
        schedule = Schedule(terms, item.a)
        if item.meets is not None and terms.amount > 0:
            self._meet(schedule, item.meets)
        self.schedules[item] = schedule

    def _meet(self, schedule: Schedule, accrual: Item) -> None:
        """Rule 2, "Its invoice"."""
        terms, a = schedule.terms, schedule.a
        assert terms.first_day is not None
        assert terms.last_day is not None
        first, last = accrual_period(accrual.terms)
        covered = {
            day
            for day in range(terms.first_day, terms.last_day + 1)
            if first <= day <= last and accrual.terms.timing is Timing.IN_ARREARS
        }
        if not covered:
            return
        accruing = self.accruing[accrual]
        fresh = covered - self.met
        past = {day for day in fresh if is_before(day, terms, a)}
        accrued = sum(accruing.get(day, 0) for day in past)
        for day in fresh - past:
            accruing.pop(day, None)
        at_once = past | (covered & self.met)
        if is_at_once(terms, a):
            at_once.add(a)
        self.met |= covered
        earned = earned_days(terms)
        now = sum(amount for day, amount in earned.items() if day in at_once)
        schedule.put_on_sides(
            {day: one for day, one in earned.items() if day not in at_once}
        )
        schedule.parts = [one for one in schedule.parts if one[0] not in at_once]
        unbilled = min(accrued, now) + sum(schedule.unbilled.values())
        schedule.bill(unbilled, max(now - accrued, 0))
        if now < accrued:
            schedule.legs[a, Role.UNBILLED, Role.RECOGNIZED] = now - accrued

    def _credit(self, credit: Item, sold: Item) -> Net:
        amount = credit.terms.amount
        self.credited[sold] += amount
        if not amount:
            return {}
        schedule = self.schedules[sold]
        is_prepaid = sold.terms.classification is Classification.PREPAYMENT
        if credit.treatment is Treatment.REVERSAL or is_prepaid:
            return schedule.reverse(amount, credit.effective)
        net = FamilyPlan(breakage=self.breakage)
        for one in self.order_of(sold):
            net.add(one)
        left = sold.terms.amount - self.credited[sold]
        net.sell(sold, with_total(sold.terms, left))
        return schedule.rebuild(amount, credit.effective, net.schedules[sold])

    def order_of(self, sold: Item) -> Sequence[Item]:
        """What an item sold net meets: its accrual, after what met it before."""
        members = [*self.accruing, *self.schedules]
        return [
            one for one in members if one.number < sold.number and not one.pays_from
        ]


def accrual_period(terms: Terms) -> tuple[Day, Day]:
    """The days that a billing schedule accrues: a cancelled one's last is earlier."""
    assert terms.first_day is not None
    assert terms.last_day is not None
    if terms.cancelled_on is None:
        return terms.first_day, terms.last_day
    return terms.first_day, min(terms.last_day, terms.cancelled_on - 1)


def accrued_days(terms: Terms) -> Days:
    """Rule 2, "Billing schedule": the price by whole and part months, then by day."""
    if terms.timing is Timing.IN_ADVANCE or not terms.amount:
        return {}
    assert terms.first_day is not None
    assert terms.last_day is not None
    assert terms.months is not None
    by_day: Days = {}
    for month in months_of(terms.first_day, terms.last_day):
        price = Fraction(terms.amount, terms.months)
        exact = price * len(month) / length_of_month(month[0])
        share = floor(exact + Fraction(1, 2))
        shares = rounded(share, [Fraction(share, len(month))] * len(month))
        by_day |= dict(zip(month, shares, strict=True))
    _, last = accrual_period(terms)
    return {day: one for day, one in by_day.items() if one and day <= last}
