"""What counts as a change after close. Pure.

A recording changes a closed day (`closed_days`) if it changes the day's net between two
accounts of a journal, or if it comes too late for it: a lock moved the service day to
another day.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.ledger.models import JournalMovement, StoredCatchUp
from daybook.ledger.posting import PlannedJournals

Side: TypeAlias = tuple[int, int]
"""An account, and the product of this side if it isn't the journal's (else 0)."""


def first_closed_change(planned: PlannedJournals, closed: Day) -> Day | None:
    """The first closed day that planned journals change; None if they change none."""
    if not _concerns(planned, closed):
        return None
    late = [row[3] for row in _rows(planned, StoredCatchUp) if row[3] <= closed]
    changed = _first_difference(_shares(planned, closed), closed)
    return min([*late, *([] if changed is None else [changed])], default=None)


def _concerns(planned: PlannedJournals, closed: Day) -> bool:
    """Whether anything planned is about a closed day, even if it changes nothing."""
    for rows in planned.tables:
        if rows.model in {JournalMovement, StoredCatchUp}:
            # One slice for all rows: an import has too many to look at each.
            names = rows.columns
            days = rows.values[names.index("first_day") :: len(names)]
            if min(days, default=closed + 1) <= closed:
                return True
    return any(
        journal.movements[seq].movement.first_day <= closed
        for journal, seq in planned.superseded
    )


def _rows(planned: PlannedJournals, model: object) -> Iterator[tuple[int, ...]]:
    for rows in planned.tables:
        if rows.model is model:
            yield from rows


class _Share(NamedTuple):
    """What a movement does to the days that it covers, signed; `rest` on the last."""

    pair: tuple[int, Side, Side]
    daily: int
    rest: int
    first_day: Day
    last_day: Day


def _shares(planned: PlannedJournals, closed: Day) -> Iterator[_Share]:
    """The shares of movements on closed days; superseded ones are negative."""
    for row in _rows(planned, JournalMovement):
        if row[8] <= closed:
            products = row[13:15] or (0, 0)
            debit, credit = zip(row[4:6], (id_ or 0 for id_ in products), strict=True)
            yield _share((row[1], debit, credit), 1, row[6:10])
    for journal, seq in planned.superseded:
        debit_role, credit_role, *days = journal.movements[seq].movement
        if days[2] <= closed:
            pair = journal.number, (+debit_role, 0), (+credit_role, 0)
            yield _share(pair, -1, days)


def _share(pair: tuple[int, Side, Side], sign: int, share: Sequence[int]) -> _Share:
    """The signed share of a movement's amount, daily amount, first and last day."""
    journal, debit, credit = pair
    amount, daily, first, last = share
    if debit > credit:
        pair, sign = (journal, credit, debit), -sign
    rest = amount - daily * (last - first)
    return _Share(pair, sign * daily, sign * rest, first, last)


def _first_difference(shares: Iterable[_Share], closed: Day) -> Day | None:
    """The first day up to `closed` on which the shares don't cancel out.

    Each share is a step on its first day, on its last and after it: where all steps
    cancel out, so do the shares of each day.
    """
    steps: dict[tuple[object, Day], int] = defaultdict(int)
    for pair, daily, rest, first, last in shares:
        steps[pair, first] += daily
        steps[pair, last] += rest - daily
        steps[pair, last + 1] -= rest
    return min(
        (day for (_, day), step in steps.items() if step and day <= closed),
        default=None,
    )
