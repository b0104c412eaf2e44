"""Compares what a recording wrote with what it should have written. No I/O.

Rows of a family are compared in any order: a movement's place in its journal depends on
what else its recording wrote.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.db.digests import SIDED_MOVEMENTS
from daybook.db.fast.bulk import Rows
from daybook.documents.replaying.histories import (
    CatchUpRow,
    Histories,
    RecordedMovement,
)
from daybook.ledger.models import JournalMovement, StoredCatchUp, StoredCatchUpPart
from daybook.recognition.models import Settlement
from daybook.recognition.planning import PlannedRun

Place: TypeAlias = tuple[int, int]
"""A movement's journal and its `seq`."""


class Value(NamedTuple):
    """All of a movement but its place; `moved` is its catch-up if a lock moved it."""

    schedule_id: int
    debit: int
    credit: int
    amount: int
    daily: int
    first_day: Day
    last_day: Day
    method: int
    moved: CatchUpRow | None = None
    cause: int | None = None


@dataclass(slots=True)
class Written:
    """What one recording writes of a family."""

    movements: list[Value] = field(default_factory=list)
    superseded: set[Place] = field(default_factory=set)
    settled: list[Day | None] = field(default_factory=list)
    """The day on which it is settled, if the recording writes one; at most one."""


class Difference(NamedTuple):
    """A movement that is missing, one too many, or changed."""

    row: RecordedMovement | None
    value: Value | None
    expected: Value | None


def planned_by_family(
    planned: PlannedRun, family_of: Mapping[int, int], *, has_causes: bool
) -> dict[int, Written]:
    """What a planned recording writes, by family; `family_of` is by schedule.

    Without `has_causes` the movements are those of a recording that stored no causes.
    """
    found: dict[int, Written] = {}
    tables = planned.journals.tables
    by_model = {rows.model: rows for rows in tables if not rows.name}
    moved = _catch_ups(by_model[StoredCatchUp], by_model[StoredCatchUpPart])
    for rows in tables:
        if rows.model is not JournalMovement or rows.name == SIDED_MOVEMENTS:
            continue
        for _, journal, seq, *columns in rows:
            cause = columns[-1] if rows.name and has_causes else None
            value = Value._make((*columns[:8], moved.get((journal, seq)), cause))
            _of(found, family_of[value.schedule_id]).movements.append(value)
    for journal, seq in planned.journals.superseded:
        schedule_id = journal.movements[seq].schedule_id
        assert schedule_id is not None, "only documents with schedules are planned"
        _of(found, family_of[schedule_id]).superseded.add((journal.number, seq))
    for rows in planned.schedules:
        if rows.model is Settlement:
            for _, family_id, _, settled_on in rows:
                _of(found, family_id).settled.append(settled_on)
    return found


def _of(found: dict[int, Written], family_id: int) -> Written:
    return found.setdefault(family_id, Written())


def _catch_ups(moved: Rows, parts: Rows) -> dict[Place, CatchUpRow]:
    parts_at: dict[Place, list[tuple[int, int, Day, Day]]] = {}
    for _, journal, seq, _, *part in parts:
        parts_at.setdefault((journal, seq), []).append(tuple(part))
    return {
        (journal, seq): CatchUpRow._make((*days, tuple(parts_at[journal, seq])))
        for _, journal, seq, *days in moved
    }


def comparable(histories: Histories, row: RecordedMovement) -> Value:
    """A stored movement in the form in which movements are compared."""
    moved = histories.catch_ups.get((row.journal, row.seq))
    return Value(*row[2:10], moved, row.cause)


def first_difference(
    histories: Histories, expected: Sequence[Value], rows: Sequence[RecordedMovement]
) -> Difference | None:
    """The first movement that differs from the expected ones; None if none does.

    A stored row that differs is paired with a missing movement that is alike; without
    one, it is one too many.
    """
    stored = [(row, comparable(histories, row)) for row in rows]
    if len(stored) == len(expected) and all(
        value == right for (_, value), right in zip(stored, expected, strict=True)
    ):
        return None
    remaining = Counter(expected)
    more = []
    for row, value in stored:
        if remaining[value]:
            remaining[value] -= 1
        else:
            more.append((row, value))
    missing = list(remaining.elements())
    if more:
        row, value = min(more, key=lambda pair: pair[0][:2])
        return Difference(row, value, _alike(value, missing))
    if missing:
        first = min(missing, key=lambda value: (value.first_day, value.schedule_id))
        return Difference(None, None, first)
    return None


ALIKE = 5
"""How many columns two movements share to be taken for the same one, changed."""


def _alike(value: Value, missing: Iterable[Value]) -> Value | None:
    def equal(other: Value) -> int:
        return sum(
            remaining == right for remaining, right in zip(value, other, strict=True)
        )

    found = max(missing, key=equal, default=None)
    return found if found is not None and equal(found) >= ALIKE else None
