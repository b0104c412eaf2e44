"""Ranges of days, and the parts of movements that lie in them. Pure."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from daybook.calendar import Day
from daybook.ledger.rules import Movement, cut

Range: TypeAlias = tuple[Day, Day]
"""A first and a last day, both included."""

EVERYTHING: Range = (0, 2**31)
"""A range of all days."""


def is_in(day: Day | None, ranges: Iterable[Range]) -> bool:
    """Whether a day lies in one of the ranges."""
    return day is not None and any(first <= day <= last for first, last in ranges)


def clip(
    ranges: Iterable[Range], first: Day = 0, last: Day = EVERYTHING[1]
) -> list[Range]:
    """The parts of the ranges from `first` to `last`."""
    clipped = ((max(start, first), min(end, last)) for start, end in ranges)
    return [(start, end) for start, end in clipped if start <= end]


def union(ranges: Iterable[Range]) -> list[Range]:
    """The same days in order, as ranges that neither overlap nor touch."""
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            start, end = joined.pop()
            joined.append((start, max(end, last)))
        else:
            joined.append((first, last))
    return joined


def without(ranges: Iterable[Range], others: Iterable[Range]) -> list[Range]:
    """The ranges' days that are in none of `others`."""
    remaining = []
    taken = union(others)
    for start, last in union(ranges):
        rest = start
        for first, end in taken:
            if first > last:
                break
            if first > rest:
                remaining.append((rest, first - 1))
            rest = max(rest, end + 1)
        if rest <= last:
            remaining.append((rest, last))
    return remaining


def within(movements: Iterable[Movement], ranges: Sequence[Range]) -> list[Movement]:
    """The parts of movements on the days of the ranges, in order."""
    pieces = (
        cut(movement, first, last)
        for movement in movements
        for first, last in ranges
        if first <= movement.last_day and last >= movement.first_day
    )
    return [piece for piece in pieces if piece is not None]
