"""Movements summed by the days that they span, and their parts up to a day. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from daybook.calendar import Day
from daybook.ledger.rules import Role, SourceKind, SpanSide

BOTH, DEBITED, CREDITED = map(int, SpanSide)

_DEFERRED, _STANDALONE = int(Role.DEFERRED), int(SourceKind.STANDALONE)


class Span(NamedTuple):
    """The sum of movements with the same accounts and days, and their daily amounts.

    Its part up to a day is computed as that of one movement. `side` says which of the
    accounts are of the selected products.
    """

    first_day: Day
    last_day: Day
    debit: int
    credit: int
    amount: int
    daily: int
    side: int = BOTH
    source: int = 0
    cause: int = 0

    @property
    def touches_deferred(self) -> bool:
        """Whether one of the accounts is Deferred."""
        return _DEFERRED in {self.debit, self.credit}

    @property
    def is_revenue(self) -> bool:
        """Whether reports of revenue have it: all but other manual journals."""
        return self.source != _STANDALONE or self.touches_deferred

    def change(self, role: int, amount: int) -> int:
        """What an amount of it debits an account, less what it credits."""
        debited = amount if self.debit == role and self.side != CREDITED else 0
        credited = amount if self.credit == role and self.side != DEBITED else 0
        return debited - credited

    def until(self, day: Day) -> int:
        """The part up to a day."""
        if day >= self.last_day:
            return self.amount
        if day < self.first_day:
            return 0
        return self.daily * (day - self.first_day + 1)

    def within(self, first: Day, last: Day) -> int:
        """The part on the days `first … last`."""
        return self.until(last) - self.until(first - 1)


def net_debits(spans: Iterable[Span], day: Day) -> dict[Role, int]:
    """Debits less credits of each account, up to a day."""
    nets = dict.fromkeys(Role, 0)
    for span in spans:
        amount = span.until(day)
        for role in Role:
            nets[role] += span.change(role, amount)
    return nets


def net_sides(spans: Iterable[Span], day: Day) -> int:
    """Debits less credits of all accounts, up to a day.

    It is zero but for a product: what manual journals moved to it from others.
    """
    return sum(net_debits(spans, day).values())
