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
from typing import TypeAlias

from daybook.calendar import Day
from daybook.exports.conversion.days import PairDays, PlannedPair
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.movements import Converted, Row, RowKey
from daybook.exports.conversion.plans import Plans
from daybook.ledger.rules import Movement, Role
from daybook.recognition.replacing import Pair

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
            plan = PlannedPair.of(plans, *group)
            exchange = self.exchanges[group[0]]
            paired = None
            if not standing and not removed[group] and not self.is_mixed:
                paired = _paired(rows, plan, exchange)
            if paired is None:
                days = PairDays(
                    group[1], exchange, plan, standing.values(), is_mixed=self.is_mixed
                )
                paired = days.convert(rows, removed[group])
            standing |= {converted.row.key: converted for converted in paired}
            added += paired
        return added


def _paired(
    rows: Sequence[Row], plan: PlannedPair, exchange: Exchange
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
