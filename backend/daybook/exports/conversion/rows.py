"""Stored movements in another currency, recording by recording. Pure.

A row gets its amount once, from what was recorded up to its own recording, and keeps
it. By service days, the rows of a schedule come to what the planner makes of it in the
other currency (`Plans`). Where the stored rows aren't what the planner makes, and where
its amounts differ by more than rounding, a row gets its own amount rounded.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.plans import Plans
from daybook.ledger.rules import Movement, Role, cut, net_by_day, shares
from daybook.recognition.allocation import daily_amount
from daybook.recognition.replacing import Pair, pair_of

RowKey: TypeAlias = tuple[int, int]
"""A journal's number, and a movement's `seq` there."""


class Row(NamedTuple):
    """A stored movement of a member; `parts` are its service days if a lock moved it.

    A member is named by the first schedule of its line. Movements of a manual journal
    have its document's negative number for one.
    """

    key: RowKey
    member: int
    movement: Movement
    parts: tuple[Movement, ...]
    recorded_in: int
    superseded_in: int | None

    @property
    def pair(self) -> Pair:
        """Its accounts, whichever way it goes."""
        return pair_of(self.movement)

    @property
    def sign(self) -> int:
        """Its direction within the pair: 1 if it debits the first account."""
        return 1 if self.movement.debit is self.pair[0] else -1

    @property
    def service(self) -> Sequence[Movement]:
        """The movement by service days."""
        return self.parts or (self.movement,)

    def service_days(self) -> Iterator[Day]:
        """The service days, in order, each once."""
        days = {
            day
            for part in self.service
            for day in range(part.first_day, part.last_day + 1)
        }
        return iter(sorted(days))


@dataclass(slots=True)
class Converted:
    """A row with its amounts in the other currency; an amount of zero makes no line.

    `moved` are the service days of a row that a lock moved, signed within its pair.
    """

    row: Row
    amount: int
    daily: int
    moved: dict[Day, int] | None = None

    @property
    def movement(self) -> Movement:
        """The converted movement; its amount may be zero."""
        return self.row.movement._replace(amount=self.amount, daily=self.daily)

    def by_day(self) -> Iterable[tuple[Day, int]]:
        """What each service day has, signed within the pair."""
        if self.moved is not None:
            return self.moved.items()
        sign = self.row.sign
        return ((day, sign * share) for day, share in shares(self.movement))

    def add(self, change: int) -> None:
        """Change the amount; the last day takes the change where it can."""
        self.amount += change
        assert self.amount >= 0, "a converted movement keeps its direction"
        if self.moved is not None:
            last = max(self.moved, default=self.row.service[-1].last_day)
            self.moved[last] = self.moved.get(last, 0) + self.row.sign * change
        self.daily = _daily(self.row.movement, self.amount, self.daily)


Group: TypeAlias = tuple[int, Pair]
"""A member and two accounts: within it, days are compared."""


@dataclass(slots=True)
class Rows:
    """The rows of a family in force, with their converted amounts.

    `exchanges` are by member. With `is_mixed`, lines of several rates share an account,
    so that amounts may differ from those at their own rate.
    """

    exchanges: Mapping[int, Exchange]
    is_mixed: bool = False
    groups: dict[Group, dict[RowKey, Converted]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def in_force(self) -> Iterator[Converted]:
        """All rows that stand."""
        for rows in self.groups.values():
            yield from rows.values()

    def record(
        self, ended: Iterable[Row], new: Iterable[Row], plans: Plans
    ) -> list[Converted]:
        """End rows of one recording and convert its new ones; returns the new ones."""
        removed: dict[Group, list[Converted]] = defaultdict(list)
        for row in ended:
            group = (row.member, row.pair)
            removed[group].append(self.groups[group].pop(row.key))
        by_group: dict[Group, list[Row]] = defaultdict(list)
        for row in new:
            by_group[row.member, row.pair].append(row)
        added: list[Converted] = []
        for group, rows in by_group.items():
            standing = self.groups[group]
            plan = _Plan.of(plans, group)
            exchange = self.exchanges[group[0]]
            paired = None
            if not standing and not removed[group] and not self.is_mixed:
                paired = _paired(rows, plan, exchange)
            if paired is None:
                days = _Days(
                    group[1], exchange, plan, standing.values(), is_mixed=self.is_mixed
                )
                paired = days.convert(rows, removed[group])
            standing |= {converted.row.key: converted for converted in paired}
            added += paired
        return added


class _Plan(NamedTuple):
    """What is planned of a group in both currencies."""

    source: Sequence[Movement]
    target: Sequence[Movement]

    @classmethod
    def of(cls, plans: Plans, group: Group) -> "_Plan":
        member, pair = group
        source, target = plans.source.get(member, ()), plans.target.get(member, ())
        return cls(
            [movement for movement in source if pair_of(movement) == pair],
            [movement for movement in target if pair_of(movement) == pair],
        )

    @property
    def shares(self) -> int:
        """How many shares were rounded."""
        return max(len(self.source), len(self.target))


def _paired(
    rows: Sequence[Row], plan: _Plan, exchange: Exchange
) -> list[Converted] | None:
    """First rows that are the planned movements; None if they aren't.

    Only quicker: by days they would get the same.
    """
    if not (_are_apart(plan.source) and _are_apart(plan.target)):
        return None
    planned = set(plan.source)
    by_days = {_on(movement): movement for movement in plan.target}
    found = []
    for row in rows:
        target = by_days.get(_on(row.movement))
        if row.parts or target is None or row.movement not in planned:
            return None
        if not exchange.is_near(row.movement.amount, target.amount, plan.shares):
            return None
        found.append(Converted(row, target.amount, target.daily))
    return found


def _on(movement: Movement) -> tuple[Role, Role, Day, Day]:
    debit, credit, _, _, first_day, last_day = movement
    return debit, credit, first_day, last_day


def _are_apart(movements: Sequence[Movement]) -> bool:
    """Whether no two movements share a day."""
    ordered = sorted(movements, key=lambda movement: movement.first_day)
    return all(before.last_day < after.first_day for before, after in pairwise(ordered))


class _Days:
    """Converts rows between two accounts by the service days that they cover.

    `source` and `target` are the nets of the rows that stand, by day; `wanted` what a
    day should come to in the other currency, where the ledger's currency comes to what
    is `planned`.
    """

    def __init__(
        self,
        pair: Pair,
        exchange: Exchange,
        plan: _Plan,
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
        if not self._is_near(row, total, len(days)):
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
        return Converted(row, amount, _daily(row.movement, amount, wanted))

    def _is_near(self, row: Row, total: int, days: int) -> bool:
        shares = 2 * (self.shares + days)
        amount = row.movement.amount
        return self.is_mixed or self.exchange.is_near(amount, total, shares)

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


def _daily(movement: Movement, amount: int, wanted: int) -> int:
    """The daily amount that is wanted, if the amount allows it, else that of rule 4."""
    days = movement.days
    if days == 1:
        return amount
    if wanted >= 0 and wanted * (days - 1) <= amount:
        return wanted
    return daily_amount(amount, days)


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
