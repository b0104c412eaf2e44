"""Converts movements between two accounts by the service days that they cover. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from daybook.calendar import Day
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.movements import Converted, Row, daily_within
from daybook.exports.conversion.plans import Plans
from daybook.ledger.rules import Movement, cut, net_by_day
from daybook.recognition.replacing import Pair, pair_of

ROUNDED_DAYS = 2 * 31
"""The days of a month, in both currencies: a movement may be cut after each."""


class PlannedPair(NamedTuple):
    """What is planned of a member between two accounts, in both currencies."""

    source: Sequence[Movement]
    target: Sequence[Movement]
    shares: int
    """How many shares of the member were rounded, at most, before one of its rows."""

    @classmethod
    def of(cls, plans: Plans, member: int, pair: Pair) -> "PlannedPair":
        """A member's plans between two accounts."""
        source, target = plans.source.get(member, ()), plans.target.get(member, ())
        return cls(
            [movement for movement in source if pair_of(movement) == pair],
            [movement for movement in target if pair_of(movement) == pair],
            len(source) + len(target) + ROUNDED_DAYS,
        )


class PairDays:
    """Converts rows between two accounts by the service days that they cover.

    `source` and `target` are the nets of the rows that stand, by day; `wanted` what a
    day should come to in the other currency, where the ledger's currency comes to what
    is `planned`.
    """

    def __init__(
        self,
        pair: Pair,
        exchange: Exchange,
        plan: PlannedPair,
        standing: Iterable[Converted],
        *,
        is_mixed: bool,
    ) -> None:
        self.pair, self.exchange = pair, exchange
        self.shares, self.is_mixed = plan.shares, is_mixed
        self.planned = net_by_day(plan.source, *pair)
        self.wanted = net_by_day(plan.target, *pair)
        self.source: dict[Day, int] = defaultdict(int)
        self.target: dict[Day, int] = defaultdict(int)
        for converted in standing:
            self._add(converted)

    def convert(
        self, rows: Iterable[Row], removed: Sequence[Converted]
    ) -> list[Converted]:
        """The rows converted, those first that go on from a removed one."""
        ordered = sorted(rows, key=lambda row: (row.service[0].first_day, row.key))
        found: list[Converted] = []
        others = []
        for row in ordered:
            kept = None if self._completes(row) else _kept(row, removed)
            if kept is None:
                others.append(row)
            else:
                self._add(kept)
                found.append(kept)
        for row in others:
            converted = self._converted(row)
            self._add(converted)
            found.append(converted)
        return found

    def _add(self, converted: Converted) -> None:
        for day, amount in net_by_day(converted.row.service, *self.pair).items():
            self.source[day] += amount
        for day, amount in converted.by_day():
            self.target[day] += amount

    def _completes(self, row: Row) -> bool:
        """Whether the row brings all of its days to what is planned."""
        own = net_by_day(row.service, *self.pair)
        return all(
            self.source.get(day, 0) + own.get(day, 0) == self.planned.get(day, 0)
            for day in row.service_days()
        )

    def _converted(self, row: Row) -> Converted:
        """The row by what its days should come to, in sum and each."""
        days = list(row.service_days())
        changes, rounded = self._changes(row)
        total = row.sign * (sum(changes.values()) + rounded)
        if not self._is_near(row, total):
            changes, rounded = self._alone(row)
            total = row.sign * rounded
        amount = max(total, 0)
        if row.parts:
            changes[days[-1]] = changes.get(days[-1], 0) + rounded
            return Converted(row, amount, amount, changes if amount else {})
        daily = row.sign * changes.get(days[0], 0)
        is_even = len(changes) == len(days) and all(
            row.sign * changes[day] == daily for day in days[:-1]
        )
        wanted = daily if is_even else -1
        return Converted(row, amount, daily_within(row.movement, amount, wanted))

    def _is_near(self, row: Row, total: int) -> bool:
        """Whether what was planned differs from the row's own amount by rounding."""
        amount = row.movement.amount
        return self.is_mixed or self.exchange.is_near(amount, total, self.shares)

    def _alone(self, row: Row) -> tuple[dict[Day, int], int]:
        """No change by day, and the row's own amount, whatever was planned."""
        return {}, row.sign * self.exchange.of(row.movement.amount)

    def _changes(self, row: Row) -> tuple[dict[Day, int], int]:
        """The change of each day that comes to what is planned, and of all others.

        Of a day on which nothing is left, nothing is left in the other currency either.
        """
        own = net_by_day(row.service, *self.pair)
        changes: dict[Day, int] = {}
        others = others_before = 0
        for day in row.service_days():
            net = self.source.get(day, 0) + own.get(day, 0)
            before = self.target.get(day, 0)
            if net == self.planned.get(day, 0):
                changes[day] = self.wanted.get(day, 0) - before
            elif net == 0:
                changes[day] = -before
            else:
                others += net
                others_before += before
        return changes, self.exchange.of(others) - others_before


def _kept(row: Row, removed: Iterable[Converted]) -> Converted | None:
    """The row as the part that stays of a removed one; None if it is no such part."""
    if row.parts:
        return None
    movement = row.movement
    span = (movement.first_day, movement.last_day)
    for before in removed:
        if before.row.parts or cut(before.row.movement, *span) != movement:
            continue
        part = cut(before.movement, *span)
        if part is None:
            return Converted(row, 0, 0)
        return Converted(row, part.amount, part.daily)
    return None
