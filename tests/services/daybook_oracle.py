"""The domain rules again, word by word and day by day, to compare the product with.

Slow and simple on purpose: fractions instead of weights, dictionaries of days instead
of movements, and nothing of the product's arithmetic.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor
from typing import TypeAlias, TypeVar

from daybook.calendar import Day, date_of
from daybook.ledger.rules import Movement, Role
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method, Terms, Timing

Key = TypeVar("Key")

Days: TypeAlias = dict[Day, int]
"""An amount for each day that has one."""
Net: TypeAlias = dict[tuple[Day, Role, Role], int]
"""What went from the second account to the first on a day, less what came back."""

PAIRS = (
    (Role.BILLED, Role.UNBILLED),
    (Role.BILLED, Role.DEFERRED),
    (Role.BILLED, Role.RECOGNIZED),
    (Role.UNBILLED, Role.RECOGNIZED),
    (Role.DEFERRED, Role.RECOGNIZED),
)


def exact_months(
    total: int, months: list[list[Day]], strategy: Strategy
) -> list[Fraction]:
    """The table of rule 3: each month's share before it is rounded."""
    whole = Fraction(total)
    days = [Fraction(len(month)) for month in months]
    full = [len(month) == _length_of_month(month[0]) for month in months]
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
        weights = [
            len(month) / Fraction(_length_of_month(month[0])) for month in months
        ]
    elif strategy is Strategy.THIRTY_360:
        weights = [Fraction(_days_of_thirty(month)) for month in months]
    else:
        weights = days
    return [whole * weight / sum(weights) for weight in weights]


def rounded(total: int, exact: list[Fraction]) -> list[int]:
    """The one rounding rule, for the exact shares of a total that isn't negative."""
    shares = [floor(one + Fraction(1, 2)) for one in exact[:-1]]
    if sum(shares) > total:
        shares = [floor(one) for one in exact[:-1]]
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


def earned_days(terms: Terms) -> Days:
    """What each day earns, whatever the account."""
    if terms.method is Method.POINT_IN_TIME:
        assert terms.recognized_on is not None
        return {terms.recognized_on: terms.amount} if terms.amount else {}
    assert terms.first_day is not None
    assert terms.last_day is not None
    return straight_line_days(
        terms.amount, terms.first_day, terms.last_day, terms.strategy
    )


def is_before(day: Day, terms: Terms, a: Day) -> bool:
    """Rule 2: whether a day counts as before the accounting date."""
    counts_too = terms.timing is Timing.IN_ARREARS and day == a
    return day < a or (counts_too and terms.method is Method.STRAIGHT_LINE)


def recognized_net(terms: Terms, a: Day) -> Net:
    """Rule 2, which accounts: every day on its side, and the billed leg on a."""
    earned = earned_days(terms)
    if terms.method is Method.POINT_IN_TIME and list(earned) == [a]:
        return {(a, Role.BILLED, Role.RECOGNIZED): terms.amount}
    net: Net = defaultdict(int)
    for day, amount in earned.items():
        is_unbilled = is_before(day, terms, a)
        side = Role.UNBILLED if is_unbilled else Role.DEFERRED
        net[day, side, Role.RECOGNIZED] += amount
        net[a, Role.BILLED, side] += amount
    return without_zeros(net)


class CreditedModel:
    """A schedule and the credits on it, by REVERSAL (rule 6)."""

    def __init__(self, terms: Terms, accounting_date: Day) -> None:
        self.terms, self.a = terms, accounting_date
        self.net = recognized_net(terms, accounting_date)
        self.left = max(terms.amount, 0)

    @property
    def deferred(self) -> Days:
        """What each day recognizes out of Deferred."""
        return {
            day: amount
            for (day, debit, credit), amount in self.net.items()
            if (debit, credit) == (Role.DEFERRED, Role.RECOGNIZED)
        }

    def credit(self, amount: int, accounting_date: Day) -> Net:
        """Take a credit; what its own journals get."""
        c = max(accounting_date, self.a)
        self.left -= amount
        deferred = {day: one for day, one in self.deferred.items() if day >= c}
        from_deferred = min(amount, sum(deferred.values()))
        own = {
            (c, Role.BILLED, Role.DEFERRED): -from_deferred,
            (c, Role.BILLED, Role.RECOGNIZED): from_deferred - amount,
        }
        if from_deferred:
            for day in deferred:
                del self.net[day, Role.DEFERRED, Role.RECOGNIZED]
            for day, one in self._anew(sum(deferred.values()) - from_deferred, c):
                self.net[day, Role.DEFERRED, Role.RECOGNIZED] = one
        return without_zeros(own)

    def _anew(self, amount: int, c: Day) -> Iterable[tuple[Day, int]]:
        terms = self.terms
        if terms.method is Method.POINT_IN_TIME:
            assert terms.recognized_on is not None
            return [(terms.recognized_on, amount)] if amount else []
        assert terms.first_day is not None
        assert terms.last_day is not None
        first = max(terms.first_day, c)
        # Day a in arrears went through Unbilled, so it isn't one of the days left.
        first += is_before(first, terms, self.a)
        if first > terms.last_day:
            return []
        days = straight_line_days(amount, first, terms.last_day, terms.strategy)
        return days.items()


def net_of(movements: Iterable[Movement]) -> Net:
    """The days of movements: the first with `daily` each, the last with the rest."""
    net: Net = defaultdict(int)
    for one in movements:
        days = range(one.first_day, one.last_day + 1)
        sign = 1 if (one.debit, one.credit) in PAIRS else -1
        pair = (one.debit, one.credit) if sign == 1 else (one.credit, one.debit)
        for day in days[:-1]:
            net[day, *pair] += sign * one.daily
        net[days[-1], *pair] += sign * (one.amount - one.daily * (len(days) - 1))
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


def _length_of_month(day: Day) -> int:
    month = date_of(day).month
    return sum(date_of(other).month == month for other in range(day - 31, day + 32))


def _days_of_thirty(month: list[Day]) -> int:
    """From the first to the last of them in a month of 30."""

    def thirtieth(day: Day) -> int:
        is_month_end = date_of(day + 1).day == 1
        return 30 if is_month_end else min(date_of(day).day, 30)

    return thirtieth(month[-1]) - thirtieth(month[0]) + 1
