"""The domain rules again, word by word and day by day, to compare the product with.

Slow and simple on purpose: fractions instead of weights, dictionaries of days instead
of movements, and nothing of the product's arithmetic.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor, trunc
from typing import TypeAlias, TypeVar

from daybook.calendar import Day, date_of
from daybook.ledger.rules import Movement, Role
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Classification, Method, Terms, Timing

Key = TypeVar("Key")

Days: TypeAlias = dict[Day, int]
"""An amount for each day that has one."""
Parts: TypeAlias = list[tuple[Day | None, int]]
"""Dated usage or milestones; an open milestone has no day."""
Net: TypeAlias = dict[tuple[Day, Role, Role], int]
"""What went from the second account to the first on a day, less what came back."""

PAIRS = (
    (Role.BILLED, Role.UNBILLED),
    (Role.BILLED, Role.DEFERRED),
    (Role.BILLED, Role.RECOGNIZED),
    (Role.UNBILLED, Role.RECOGNIZED),
    (Role.DEFERRED, Role.RECOGNIZED),
    (Role.DEFERRED, Role.UNBILLED),
)


def exact_months(
    total: int, months: list[list[Day]], strategy: Strategy
) -> list[Fraction]:
    """The table of rule 3: each month's share before it is rounded."""
    whole = Fraction(total)
    days = [Fraction(len(month)) for month in months]
    full = [len(month) == length_of_month(month[0]) for month in months]
    if strategy is Strategy.DAILY_RATE_EVEN_MONTHS and any(full):
        by_days = [whole / sum(days) * mine for mine in days]
        part_months = sum(
            one for one, is_full in zip(by_days, full, strict=True) if not is_full
        )
        equal = (whole - part_months) / sum(full)
        return [
            equal if is_full else one
            for one, is_full in zip(by_days, full, strict=True)
        ]
    if strategy is Strategy.EVEN_PERIODS:
        weights = [Fraction(1) for _ in months]
    elif strategy is Strategy.CALENDAR_FRACTION:
        weights = [len(month) / Fraction(length_of_month(month[0])) for month in months]
    elif strategy is Strategy.THIRTY_360:
        weights = [Fraction(_days_of_thirty(month)) for month in months]
    else:
        weights = days
    return [whole * weight / sum(weights) for weight in weights]


def rounded(total: int, exact: list[Fraction]) -> list[int]:
    """The one rounding rule, for the exact shares of a total that isn't negative."""
    shares = [floor(share + Fraction(1, 2)) for share in exact[:-1]]
    if sum(shares) > total:
        shares = [floor(share) for share in exact[:-1]]
    return [*shares, total - sum(shares)]


def months_of(first: Day, last: Day) -> list[list[Day]]:
    """The days of a period, month by month."""
    months: dict[tuple[int, int], list[Day]] = defaultdict(list)
    for day in range(first, last + 1):
        months[date_of(day).year, date_of(day).month].append(day)
    return list(months.values())


def straight_line_days(total: int, first: Day, last: Day, strategy: Strategy) -> Days:
    """Rules 3 and 4: what each day of a period gets, zeros left out."""
    if total < 0:
        mirrored = straight_line_days(-total, first, last, strategy)
        return {day: -amount for day, amount in mirrored.items()}
    months = months_of(first, last)
    by_day: Days = {}
    shares = rounded(total, exact_months(total, months, strategy))
    for month, share in zip(months, shares, strict=True):
        exact = [Fraction(share, len(month))] * len(month)
        by_day |= dict(zip(month, rounded(share, exact), strict=True))
    return {day: amount for day, amount in by_day.items() if amount}


def scaled_parts(parts: Parts, total: int) -> Parts:
    """Dated usage or milestones for another total, each with its sign (rule 2).

    Those of nothing get nothing. What nets to zero can't be scaled to anything else.
    """
    whole = sum(amount for _, amount in parts)
    if whole == total or not parts:
        return parts
    assert whole, "parts that net to zero have no proportion"
    exact = [Fraction(amount * total, whole) for _, amount in parts if amount]
    shares = iter(rounded_with_signs(total, exact))
    return [(day, next(shares) if amount else 0) for day, amount in parts]


def rounded_with_signs(total: int, exact: list[Fraction]) -> list[int]:
    """The rounding rule for exact shares of both signs."""
    last = exact[-1]
    for rounding in (half_up, trunc):
        shares = [rounding(share) for share in exact[:-1]]
        rest = total - sum(shares)
        if rest * last >= 0:
            return [*shares, rest]
    # The rest would have the wrong sign: each side is rounded for itself.
    positive = half_up(sum((share for share in exact if share > 0), Fraction(0)))
    sides = {
        True: iter(rounded(positive, [share for share in exact if share > 0])),
        False: iter(
            rounded(positive - total, [-share for share in exact if share < 0])
        ),
    }
    return [next(sides[True]) if share > 0 else -next(sides[False]) for share in exact]


def half_up(exact: Fraction) -> int:
    """A value rounded half up, a negative one by its magnitude."""
    magnitude = floor(abs(exact) + Fraction(1, 2))
    return magnitude if exact >= 0 else -magnitude


def earned_days(terms: Terms) -> Days:
    """What each day earns, whatever the account; open milestones have no day."""
    if terms.parts:
        return days_of_parts([(part.day, part.amount) for part in terms.parts])
    if terms.method is Method.STRAIGHT_LINE:
        assert terms.first_day is not None
        assert terms.last_day is not None
        return straight_line_days(
            terms.amount, terms.first_day, terms.last_day, terms.strategy
        )
    if terms.recognized_on is None:
        return {}
    return days_of_parts([(terms.recognized_on, terms.amount)])


def days_of_parts(parts: Parts) -> Days:
    """Each part on its day; those of one day together."""
    by_day: Days = defaultdict(int)
    for day, amount in parts:
        if day is not None:
            by_day[day] += amount
    return without_zeros(by_day)


def is_before(day: Day, terms: Terms, a: Day) -> bool:
    """Rule 2: whether a day counts as before the accounting date."""
    return day < a or (terms.timing is Timing.IN_ARREARS and day == a)


def is_at_once(terms: Terms, a: Day) -> bool:
    """Rule 2: earned wholly on the accounting date by point in time."""
    return terms.method is Method.POINT_IN_TIME and terms.recognized_on == a


class Schedule:
    """A schedule by service days, as rule 2 has it alone, and as credits change it.

    `legs` are what is billed on the accounting date, `unbilled` and `deferred` what
    each day recognizes out of these accounts, `parts` dated usage and milestones as
    they now are; open ones wait in Deferred. `at_once` is what it earned when it was
    billed, by a point in time or on the `met` days of a billing schedule. `taken_back`
    is what credits so far took out of Recognized.
    """

    def __init__(self, terms: Terms, a: Day, met: frozenset[Day] = frozenset()) -> None:
        self.terms, self.a, self.met = terms, a, met
        self.legs: Net = {}
        self.unbilled: Days = {}
        self.deferred: Days = {}
        self.parts: Parts = [(part.day, part.amount) for part in terms.parts]
        self.at_once = 0
        self.taken_back = 0
        if terms.amount or terms.parts:
            self.earn()

    def earn(self) -> None:
        """Rule 2, which accounts."""
        terms, a = self.terms, self.a
        if terms.classification is Classification.PREPAYMENT:
            expires_on = terms.expires_on
            day = None if expires_on is None else max(expires_on, a)
            self.parts = [(day, terms.amount)]
            self.deferred = days_of_parts(self.parts)
            self.bill(0, self.at_once)
        elif terms.classification is Classification.BURNDOWN:
            self.deferred = earned_days(terms)
        elif is_at_once(terms, a):
            self.at_once = terms.amount
            self.bill(0, self.at_once)
        else:
            self.put_on_sides(earned_days(terms))
            self.bill(0, self.at_once)

    def put_on_sides(self, earned: Days) -> None:
        """Days before the accounting date through Unbilled, the others Deferred.

        The days that are met are earned at once.
        """
        self.at_once = sum(earned.get(day, 0) for day in self.met)
        others = earned.keys() - self.met
        before = {day for day in others if is_before(day, self.terms, self.a)}
        self.unbilled = {day: earned[day] for day in before}
        self.deferred = {day: earned[day] for day in others - before}
        self.parts = [part for part in self.parts if part[0] not in self.met]

    def bill(self, accrued: int, beside: int) -> None:
        """The billed leg: what was earned from Unbilled, and at once, the rest later.

        `accrued` is what a billing schedule accrued of what is earned at once, and
        `beside` what is recognized beside it; other lines may take a part of both.
        """
        before = sum(self.unbilled.values())
        self.legs = without_zeros(
            {
                (self.a, Role.BILLED, Role.UNBILLED): before + accrued,
                (self.a, Role.BILLED, Role.RECOGNIZED): beside,
                (self.a, Role.BILLED, Role.DEFERRED): (
                    self.terms.amount - before - self.at_once
                ),
            }
        )

    @property
    def net(self) -> Net:
        """What it moves in all."""
        net = Counter(self.legs)
        for side, days in (
            (Role.UNBILLED, self.unbilled),
            (Role.DEFERRED, self.deferred),
        ):
            for day, amount in days.items():
                net[day, side, Role.RECOGNIZED] += amount
        return without_zeros(net)

    def first_remaining(self, c: Day) -> Day:
        """Day c; in arrears day a went through Unbilled, so it doesn't remain."""
        return c + 1 if is_before(c, self.terms, self.a) else c

    def reverse(self, amount: int, day: Day) -> Net:
        """Take a credit by REVERSAL (rule 6); what its own journals get."""
        c = max(day, self.a)
        first = self.first_remaining(c)
        still_open = sum(one for its_day, one in self.parts if its_day is None)
        left = still_open + sum(
            one for its_day, one in self.deferred.items() if its_day >= first
        )
        # A negative Deferred counts as 0.
        from_deferred = min(amount, max(left, 0))
        if from_deferred:
            self._allocate_anew(left - from_deferred, first)
        return self._credited(c, from_deferred, amount - from_deferred)

    def rebuild(self, amount: int, day: Day, net: Terms) -> Net:
        """Take a credit by REBUILD; `net` are the terms as if it was sold net."""
        if not amount:
            return {}
        c = max(day, self.a)
        first = self.first_remaining(c)
        n = Schedule(net, self.a, self.met)
        p = self.recognized_before(first) - n.recognized_before(first)
        p -= self.taken_back
        kept = {one: amount for one, amount in self.deferred.items() if one < first}
        own = {one: amount for one, amount in n.deferred.items() if one >= first}
        self.deferred = kept | own
        self.parts = [
            *(part for part in self.parts if part[0] is not None and part[0] < first),
            *(part for part in n.parts if part[0] is None or part[0] >= first),
        ]
        return self._credited(c, amount - p, p)

    def recognized_before(self, first: Day) -> int:
        """What was recognized on days before one, and at once when billed."""
        days = [*self.unbilled.items(), *self.deferred.items()]
        return self.at_once + sum(amount for day, amount in days if day < first)

    def _credited(self, c: Day, from_deferred: int, from_recognized: int) -> Net:
        self.taken_back += from_recognized
        return without_zeros(
            {
                (c, Role.BILLED, Role.DEFERRED): -from_deferred,
                (c, Role.BILLED, Role.RECOGNIZED): -from_recognized,
            }
        )

    def _allocate_anew(self, left: int, first: Day) -> None:
        """What is left, over the days from `first` on, by sections 3 and 4."""
        kept = {day: one for day, one in self.deferred.items() if day < first}
        if self.parts:
            before = [
                part for part in self.parts if part[0] is not None and part[0] < first
            ]
            later = [part for part in self.parts if part not in before]
            later = scaled_parts(later, left)
            self.parts = [*before, *later]
            self.deferred = kept | days_of_parts(later)
            return
        terms = self.terms
        if terms.method is not Method.STRAIGHT_LINE:
            assert terms.recognized_on is not None
            self.deferred = kept | days_of_parts([(terms.recognized_on, left)])
            return
        assert terms.first_day is not None
        assert terms.last_day is not None
        start = max(terms.first_day, first)
        self.deferred = kept | straight_line_days(
            left, start, terms.last_day, terms.strategy
        )


def recognized_net(terms: Terms, a: Day) -> Net:
    """Rule 2 for a schedule on its own."""
    return Schedule(terms, a).net


class CreditedModel:
    """A schedule and the credits on it, by REVERSAL (rule 6)."""

    def __init__(self, terms: Terms, accounting_date: Day) -> None:
        self.terms, self.a = terms, accounting_date
        self.schedule = Schedule(terms, accounting_date)
        self.left = max(terms.amount, 0)

    @property
    def net(self) -> Net:
        """What the schedule's own journals get."""
        return self.schedule.net

    @property
    def deferred(self) -> Days:
        """What each day recognizes out of Deferred."""
        return self.schedule.deferred

    def credit(self, amount: int, accounting_date: Day) -> Net:
        """Take a credit; what its own journals get."""
        self.left -= amount
        return self.schedule.reverse(amount, accounting_date)


def net_of(movements: Iterable[Movement]) -> Net:
    """The days of movements: the first with `daily` each, the last with the rest."""
    net: Net = defaultdict(int)
    for movement in movements:
        days = range(movement.first_day, movement.last_day + 1)
        sign = 1 if (movement.debit, movement.credit) in PAIRS else -1
        pair = (
            (movement.debit, movement.credit)
            if sign == 1
            else (movement.credit, movement.debit)
        )
        for day in days[:-1]:
            net[day, *pair] += sign * movement.daily
        net[days[-1], *pair] += sign * (
            movement.amount - movement.daily * (len(days) - 1)
        )
    return without_zeros(net)


def without_zeros(net: Mapping[Key, int]) -> dict[Key, int]:
    """Days that have an amount."""
    return {key: amount for key, amount in net.items() if amount}


def sum_of(nets: Iterable[Net]) -> Net:
    """Several nets taken together."""
    total: Counter[tuple[Day, Role, Role]] = Counter()
    for net in nets:
        for key, amount in net.items():
            total[key] += amount
    return without_zeros(total)


def balances_by_day(net: Net) -> dict[Day, dict[Role, int]]:
    """Balances at the end of each day with entries, each on its normal side.

    What has been billed, earned and not billed, billed and not earned, and earned.
    """
    balance = dict.fromkeys(Role, 0)
    by_day: dict[Day, dict[Role, int]] = {}
    for day, debit, credit in sorted(net):
        amount = net[day, debit, credit]
        balance[debit] += amount if debit in {Role.BILLED, Role.UNBILLED} else -amount
        balance[credit] -= amount if credit in {Role.BILLED, Role.UNBILLED} else -amount
        by_day[day] = dict(balance)
    return by_day


def length_of_month(day: Day) -> int:
    """How many days the month of a day has."""
    month = date_of(day).month
    return sum(date_of(other).month == month for other in range(day - 31, day + 32))


def _days_of_thirty(month: list[Day]) -> int:
    """From the first to the last of them in a month of 30."""

    def thirtieth(day: Day) -> int:
        is_month_end = date_of(day + 1).day == 1
        return 30 if is_month_end else min(date_of(day).day, 30)

    return thirtieth(month[-1]) - thirtieth(month[0]) + 1
