"""The whole history of some families, and their state at a recording. Pure.

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
"""The most days of a movement; the days of a longer one were edited."""


class Version(NamedTuple):
    """What a document was from a recording (`made_in`) on."""

    made_in: int
    accounting_date: Day
    status: DocumentStatus
    discount: int


class DocumentHistory(NamedTuple):
    """A document with all its versions, the oldest first."""

    id: int
    kind: SourceKind
    external_id: str
    customer_id: int
    versions: tuple[Version, ...]

    def at(self, recording: int) -> Version | None:
        """The version that a recording left; None before the document existed."""
        found = None
        for version in self.versions:
            if version.made_in <= recording:
                found = version
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
        """The line that names the schedule within the document."""
        return self.external_id if self.group_key is None else self.group_key

    def stands_at(self, recording: int) -> bool:
        """Whether the document has the line, as a recording left it."""
        is_over = self.superseded_in is not None and self.superseded_in <= recording
        return self.recorded_in <= recording and not is_over


class ScheduleHistory(NamedTuple):
    """A schedule with the recording that made it; milestones have no days here.

    `joins` says that it is in the family of another, or replaces an earlier schedule.
    """

    stored: StoredSchedule
    made_in: int
    joins: bool
    settled_on: Day | None
    is_ended: bool
    """Whether it only ends its line, which a revision left out."""


class Completion(NamedTuple):
    """A milestone's day as of a recording; None means that it is open again."""

    position: int
    recorded_in: int
    completed_on: Day | None


class CatchUpRow(NamedTuple):
    """A catch-up's row, and its parts: amount, daily amount, first and last day."""

    first_day: Day
    last_day: Day
    locked_through: Day
    parts: tuple[tuple[int, int, Day, Day], ...]


class RecordedMovement(NamedTuple):
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
    cause: int | None

    @property
    def value(self) -> Movement:
        """The movement that the rules work with; raises ValueError if it is none."""
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
    """A journal with all its movements, by `seq`."""

    number: int
    month: Month
    document_id: int
    customer_id: int
    product_id: int
    source: int
    movements: list[RecordedMovement] = field(default_factory=list)


@dataclass(slots=True)
class Histories:
    """Families that begin in some documents, with all documents that they touch.

    The families begin in the documents of `document_ids`. `families` are the schedules
    of each, in order; `schedules` those of each document, also those of other families,
    which are here only with these documents.
    """

    document_ids: Sequence[int] = ()
    families: dict[int, list[ScheduleHistory]] = field(default_factory=dict)
    schedules: dict[int, list[ScheduleHistory]] = field(default_factory=dict)
    documents: dict[int, DocumentHistory] = field(default_factory=dict)
    lines: dict[int, list[LineHistory]] = field(default_factory=dict)
    journals: dict[int, list[JournalHistory]] = field(default_factory=dict)
    """By document."""
    movements: dict[int, list[RecordedMovement]] = field(default_factory=dict)
    """By schedule."""
    catch_ups: dict[tuple[int, int], CatchUpRow] = field(default_factory=dict)
    completions: dict[int, list[Completion]] = field(default_factory=dict)
    """By schedule, in order of recording."""
    settlements: dict[int, dict[int, Day | None]] = field(default_factory=dict)
    """By family and recording."""

    def catch_up_of(self, row: RecordedMovement) -> CatchUp | None:
        """The catch-up of a row, if a lock moved it."""
        stored = self.catch_ups.get((row.journal, row.seq))
        if stored is None or not stored.parts:
            return None
        moved = row.value
        parts = (
            signed_movement(moved.debit, moved.credit, *part) for part in stored.parts
        )
        days = tuple(part for part in parts if part is not None)
        return CatchUp(moved, days, stored.locked_through)

    def family_rows(self, family_id: int) -> Iterable[RecordedMovement]:
        """All movements that a family ever had."""
        for schedule in self.families[family_id]:
            yield from self.movements.get(schedule.stored.id, ())


def schedule_histories(
    document: DocumentHistory,
    stored: Sequence[tuple[StoredSchedule, bool, Day | None]],
    lines: Iterable[LineHistory],
) -> list[ScheduleHistory]:
    """A document's schedules, in order, with the recordings that made them.

    The recording of a schedule is that of the line that names it. Two kinds are named
    by no line: a schedule that ends a line is made when the line ends, and what a
    second grant pays for a line is made with what the first grant pays. Each revision
    makes all burn-downs' schedules again.
    """
    named, ends = _named_by(
        lines, {schedule.id: schedule.line_root for schedule, *_ in stored}
    )
    newest: dict[int, int] = {}
    before = document.versions[0].made_in
    found = []
    for schedule, joins, settled_on in stored:
        root, made_in = schedule.line_root, before
        if schedule.id in named:
            made_in = named[schedule.id]
        elif root != schedule.id:
            made_in = _next_version(document, newest.get(root, before))
            if schedule.terms.classification is not Classification.BURNDOWN:
                made_in = ends.get(root, made_in)
        newest[root] = before = made_in
        is_ended = (
            schedule.id not in named
            and root != schedule.id
            and not schedule.terms.amount
        )
        found.append(ScheduleHistory(schedule, made_in, joins, settled_on, is_ended))
    return found


def _named_by(
    lines: Iterable[LineHistory], roots: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """The recordings that first named each schedule and ended each root's last line."""
    named: dict[int, int] = {}
    ends: dict[int, int] = {}
    for line in lines:
        id_ = line.schedule_id
        named[id_] = min(line.recorded_in, named.get(id_, line.recorded_in))
        if line.superseded_in is not None and (root := roots.get(id_)) is not None:
            ends[root] = max(line.superseded_in, ends.get(root, 0))
    return named, ends


def _next_version(document: DocumentHistory, recording: int) -> int:
    """The recording that next revised a document, else the last that did."""
    later = [
        version.made_in for version in document.versions if version.made_in > recording
    ]
    return min(later, default=document.versions[-1].made_in)
