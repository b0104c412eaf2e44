"""A family of schedules by the domain rules: what each member's days should be.

By service days and from the beginning: terms as they now stand, credits, burn-downs,
and invoices that meet what their billing schedule accrued.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(slots=True)
class Standing:
    """A document's place among those that were recorded."""

    order: int


@dataclass(eq=False)
class Item:
    """One line group's schedule, or one credit, through all its revisions.

    `number` is its place in the order of recording. A credit names what it credits, a
    burn-down the grant that pays it, a billing schedule's invoice the schedule that it
    meets. What is over has been left out, or is void. `signs` are those that any of its
    amounts ever had. `kept_from` are those that have gone since this one came: the days
    that they met stay all difference to it (rule 6, voids). `first` is where a lock
    moved its billed leg.
    """

    number: int
    document: Document
    product: str
    terms: Terms
    a: Day
    standing: Standing
    milestones: tuple[Milestone, ...] = ()
    credits: "Item | None" = None
    effective: Day = 0
    treatment: Treatment = Treatment.REVERSAL
    pays_from: "Item | None" = None
    meets: "Item | None" = None
    is_over: bool = False
    kept_from: "frozenset[Item]" = frozenset()
    first: Day = 0
    signs: set[bool] = field(default_factory=set)

    @property
    def root(self) -> "Item":
        """What its family is named after."""
        parent = self.credits or self.pays_from or self.meets
        return parent.root if parent else self

    @property
    def posts_with(self) -> "Item | None":
        """Whose first posting date it keeps to; an accrual has none (rule 6)."""
        if self.terms.classification is Classification.ACCRUAL:
            return None
        return self.credits or self.pays_from or self

    def note_signs(self) -> None:
        """Remember whether its amounts are positive or negative."""
        amounts = [self.terms.amount, *(part.amount for part in self.terms.parts)]
        self.signs = self.signs | {amount > 0 for amount in amounts if amount}

    def service_days(self) -> set[Day]:
        """The days of its service period, whatever it earns on them."""
        if self.terms.first_day is None or self.terms.last_day is None:
            return set()
        return set(range(self.terms.first_day, self.terms.last_day + 1))

    def end(self) -> None:
        """A line that is gone, or void, comes to nothing."""
        self.terms = replace(self.terms, amount=0, parts=())
        self.is_over = True


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
    """A family's schedules by service days.

    Invoices meet what their billing schedule accrued in the order of recording of the
    documents; then credits and burn-downs follow, in their own.
    """

    def __init__(self, items: Iterable[Item], *, breakage: bool) -> None:
        self.breakage = breakage
        self.schedules: dict[Item, Schedule] = {}
        self.own: dict[Item, Net] = {}
        self.accruing: dict[Item, Days] = {}
        self.met_by: dict[Item, set[Day]] = {}
        self.credited: Counter[Item] = Counter()
        members = list(items)
        billing: dict[int, list[Item]] = defaultdict(list)
        for member in members:
            if member.meets is not None:
                billing[member.standing.order].append(member)
            else:
                self.add(member)
        self._note_met(member for member in members if member.meets is not None)
        # Credits of what bills a billing schedule are added once that is.
        for order in sorted(billing):
            self._bill(billing[order])
        for member in members:
            if member.credits is not None and member not in self.own:
                self.own[member] = self._credit(member, member.credits)

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
            if item.credits in self.schedules:
                self.own[item] = self._credit(item, item.credits)
        elif item.terms.classification is Classification.ACCRUAL:
            self.accruing[item] = accrued_days(item.terms)
        else:
            self._sell(item)
        if item.pays_from is not None and item.terms.amount:
            self._burn(item, item.pays_from)

    def _sell(self, item: Item) -> None:
        terms = item.terms
        if not self.breakage:
            terms = replace(terms, expires_on=None)
        self.schedules[item] = Schedule(terms, item.a)

    def _burn(self, item: Item, paying: Item) -> None:
        grant = self.schedules[paying]
        left = sum(amount for _, amount in grant.parts) - item.terms.amount
        if left < 0:
            raise Refused(ProblemCode.GRANT_EXCEEDED)
        grant.parts = [(day, left) for day, _ in grant.parts]
        grant.deferred = without_zeros(
            {day: one for day, one in grant.parts if day is not None}
        )
        self.own[item] = paid_from(grant.a, self.schedules[item].deferred)

    def _bill(self, items: Sequence[Item]) -> None:
        """Rule 2, "Its invoice": one document's lines for a schedule and product."""
        live = [item for item in items if not item.is_over]
        accrual = items[0].meets
        assert accrual is not None
        covered = {
            item: item.service_days() & accrued_period(accrual.terms) for item in items
        }
        for item in items:
            self.schedules[item] = Schedule(item.terms, item.a)
        if live:
            met = set[Day]().union(*(self.met_by[one] for one in live))
            self._meet(live, accrual, covered, met)

    def _note_met(self, items: Iterable[Item]) -> None:
        """Each accrued day is met by the first line that comes to it."""
        for item in items:
            assert item.meets is not None
            days = item.service_days() & accrued_period(item.meets.terms)
            for one, met in list(self.met_by.items()):
                is_another = one.document.key != item.document.key
                if is_another and (not one.is_over or one in item.kept_from):
                    days = days - met
            self.met_by[item] = days

    def _meet(
        self,
        items: Sequence[Item],
        accrual: Item,
        covered: Mapping[Item, set[Day]],
        fresh: set[Day],
    ) -> None:
        a = items[0].a
        union = set[Day]().union(*(covered[item] for item in items))
        earlier = union - fresh
        is_a_before = any(
            a in covered[item] and item.terms.timing is Timing.IN_ARREARS
            for item in items
        )
        past = {day for day in fresh if day < a + is_a_before}
        accruing = self.accruing[accrual]
        accrued = sum(accruing.get(day, 0) for day in past)
        for day in fresh - past:
            accruing.pop(day, None)
        for item in items:
            own = {day for day in fresh if is_before(day, item.terms, a)}
            self.schedules[item] = Schedule(item.terms, a, frozenset(earlier | own))
        if union:
            # What is for other days only, and billed at once, is not part of it.
            compared = [
                self.schedules[item]
                for item in items
                if covered[item] or not is_at_once(item.terms, a)
            ]
            compare(compared, accrued)

    def _credit(self, credit: Item, sold: Item) -> Net:
        amount = credit.terms.amount
        self.credited[sold] += amount
        if not amount:
            return {}
        schedule = self.schedules[sold]
        is_prepaid = sold.terms.classification is Classification.PREPAYMENT
        if credit.treatment is Treatment.REVERSAL or is_prepaid:
            return schedule.reverse(amount, max(credit.effective, sold.first))
        left = sold.terms.amount - self.credited[sold]
        net = with_total(sold.terms, left)
        return schedule.rebuild(amount, max(credit.effective, sold.first), net)


def compare(schedules: Sequence[Schedule], accrued: int) -> None:
    """Bill what an invoice's lines earned at once against what was accrued.

    From Unbilled comes what they earned, between nothing and what was accrued; the
    rest of the accrual is taken back, the rest of what they earned is a difference.
    Negative lines come off the positive ones, the first ones first.
    """
    negative = -sum(min(schedule.at_once, 0) for schedule in schedules)
    left = accrued
    for schedule in schedules:
        earned = max(schedule.at_once, 0)
        off = min(earned, negative)
        negative -= off
        its_share = min(earned - off, left)
        left -= its_share
        schedule.bill(its_share, earned - off - its_share)
    first = schedules[0]
    if negative:
        first.legs[first.a, Role.BILLED, Role.RECOGNIZED] = -negative
    if left:
        first.legs[first.a, Role.UNBILLED, Role.RECOGNIZED] = -left


def accrued_period(terms: Terms) -> set[Day]:
    """The days on which a billing schedule accrues, whatever its price is."""
    if terms.timing is Timing.IN_ADVANCE:
        return set()
    first, last = accrual_period(terms)
    return set(range(first, last + 1))


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
