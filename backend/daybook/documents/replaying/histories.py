"""All that was ever recorded of some families, and how it stood at a recording. Pure.

A row counts from the recording that wrote it until the one that superseded it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from daybook.calendar import Day, Month
from daybook.documents.rules import DocumentStatus
from daybook.ledger.rules import CatchUp, Movement, Role, SourceKind, signed_movement
from daybook.recognition.queries import StoredSchedule
from daybook.recognition.rules import Classification

DAYS_MAX = 31
"""Longer movements there are none: whoever made one edited its days."""


class Version(NamedTuple):
    """What a document was from a recording (`made_in`) on."""

    made_in: int
    accounting_date: Day
    status: DocumentStatus
    discount: int


class DocumentHistory(NamedTuple):
    """A document with all that it has been, the oldest version first."""

    id: int
    kind: SourceKind
    external_id: str
    customer_id: int
    versions: tuple[Version, ...]

    def at(self, recording: int) -> Version | None:
        """What it was as a recording left it; None before there was any."""
        found = None
        for one in self.versions:
            if one.made_in <= recording:
                found = one
        return found

    @property
    def voided_in(self) -> int | None:
        """The recording that voided it, if one did."""
        last = self.versions[-1]
        return last.made_in if last.status is DocumentStatus.VOIDED else None


class LineHistory(NamedTuple):
    """A document's line; `superseded_in` is the recording that ended it."""

    position: int
    external_id: str
    amount: int
    schedule_id: int
    group_key: str | None
    recorded_in: int
    superseded_in: int | None

    @property
    def key(self) -> str:
        """What names the line's schedule within its document."""
        return self.external_id if self.group_key is None else self.group_key

    def stands_at(self, recording: int) -> bool:
        """Whether the line is one of its document's as a recording left it."""
        is_over = self.superseded_in is not None and self.superseded_in <= recording
        return self.recorded_in <= recording and not is_over


class ScheduleHistory(NamedTuple):
    """A schedule with the recording that made it; milestones have no days here.

    `joins` says that it is in another's family, or takes the place of an earlier one.
    """

    stored: StoredSchedule
    made_in: int
    joins: bool
    settled_on: Day | None
    is_ended: bool
    """Whether it only ends its line: a revision left that out."""


class Completion(NamedTuple):
    """A milestone's day as of a recording; without one it is open again."""

    position: int
    recorded_in: int
    completed_on: Day | None


class StoredCatchUp(NamedTuple):
    """A catch-up's row, and its parts: amount, daily amount, first and last day."""

    first_day: Day
    last_day: Day
    locked_through: Day
    parts: tuple[tuple[int, int, Day, Day], ...]


class MovementRow(NamedTuple):
    """A movement as it is stored."""

    journal: int
    seq: int
    schedule_id: int
    debit: int
    credit: int
    amount: int
    daily: int
    first_day: Day
    last_day: Day
    method: int
    recorded_in: int
    superseded_in: int | None

    @property
    def value(self) -> Movement:
        """The movement that the rules work with; raises ValueError for what is none."""
        if self.last_day - self.first_day > DAYS_MAX:
            raise ValueError("a movement lies within a month")
        debit, credit, *rest = self[3:9]
        return Movement(Role(debit), Role(credit), *rest)

    def stood_before(self, recording: int) -> bool:
        """Whether it was in force when a recording began."""
        ended = self.superseded_in
        return self.recorded_in < recording and (ended is None or ended >= recording)


@dataclass(slots=True)
class JournalHistory:
    """A journal with all its movements, in their order."""

    number: int
    month: Month
    document_id: int
    customer_id: int
    product_id: int
    source: int
    movements: list[MovementRow] = field(default_factory=list)


@dataclass(slots=True)
class Histories:
    """Families that begin in some documents, with all documents that they touch.

    `document_ids` are those in which they begin. `families` are the schedules of each,
    in order; `schedules` those of each document, also of other families. What belongs
    to other families is here as far as it is of these documents.
    """

    document_ids: Sequence[int] = ()
    families: dict[int, list[ScheduleHistory]] = field(default_factory=dict)
    schedules: dict[int, list[ScheduleHistory]] = field(default_factory=dict)
    documents: dict[int, DocumentHistory] = field(default_factory=dict)
    lines: dict[int, list[LineHistory]] = field(default_factory=dict)
    journals: dict[int, list[JournalHistory]] = field(default_factory=dict)
    """By document."""
    movements: dict[int, list[MovementRow]] = field(default_factory=dict)
    """By schedule."""
    catch_ups: dict[tuple[int, int], StoredCatchUp] = field(default_factory=dict)
    completions: dict[int, list[Completion]] = field(default_factory=dict)
    """By schedule, in order of recording."""
    settlements: dict[int, dict[int, Day | None]] = field(default_factory=dict)
    """By family and recording."""

    def catch_up_of(self, row: MovementRow) -> CatchUp | None:
        """Which service days a row stands for, if a lock moved it."""
        stored = self.catch_ups.get((row.journal, row.seq))
        if stored is None or not stored.parts:
            return None
        moved = row.value
        parts = (
            signed_movement(moved.debit, moved.credit, *one) for one in stored.parts
        )
        its_parts = tuple(one for one in parts if one is not None)
        return CatchUp(moved, its_parts, stored.locked_through)

    def rows_of(self, family_id: int) -> Iterable[MovementRow]:
        """All movements there ever were of a family."""
        for one in self.families[family_id]:
            yield from self.movements.get(one.stored.id, ())


def schedule_histories(
    document: DocumentHistory,
    stored: Sequence[tuple[StoredSchedule, bool, Day | None]],
    lines: Iterable[LineHistory],
) -> list[ScheduleHistory]:
    """A document's schedules, in order, with the recordings that made them.

    Those follow from its lines. No line names what ends one, nor what a second grant
    pays for one: the former is made when its line ends, the latter beside the first
    grant's; and each revision gives every burn-down a schedule anew.
    """
    named, ends = _named_by(lines, {one.id: one.line_root for one, *_ in stored})
    newest: dict[int, int] = {}
    before = document.versions[0].made_in
    found = []
    for one, joins, settled_on in stored:
        root, made_in = one.line_root, before
        if one.id in named:
            made_in = named[one.id]
        elif root != one.id:
            made_in = _next_version(document, newest.get(root, before))
            if one.terms.classification is not Classification.BURNDOWN:
                made_in = ends.get(root, made_in)
        newest[root] = before = made_in
        is_ended = one.id not in named and root != one.id and not one.terms.amount
        found.append(ScheduleHistory(one, made_in, joins, settled_on, is_ended))
    return found


def _named_by(
    lines: Iterable[LineHistory], roots: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """When lines first named a schedule, and when the last line of a root ended."""
    named: dict[int, int] = {}
    ends: dict[int, int] = {}
    for one in lines:
        id_ = one.schedule_id
        named[id_] = min(one.recorded_in, named.get(id_, one.recorded_in))
        if one.superseded_in is not None and (root := roots.get(id_)) is not None:
            ends[root] = max(one.superseded_in, ends.get(root, 0))
    return named, ends


def _next_version(document: DocumentHistory, recording: int) -> int:
    """The recording that next revised a document; the last one, if none did."""
    later = [one.made_in for one in document.versions if one.made_in > recording]
    return min(later, default=document.versions[-1].made_in)
