"""Facts about movements for narratives and explanations: kinds, changes, locks.

Most movements have all of them in their row. Locks, names of milestones and later
changes of schedules are loaded for many movements at once, where there are any.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import JournalMovement, StoredCatchUp
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Movement, Role, SourceKind
from daybook.recognition.models import MilestoneCompletion, Schedule, SchedulePart
from daybook.recognition.rules import Classification, Method, Treatment
from daybook.reports.former_names import document_number, product_name
from daybook.reports.journals.entered import Entered, entered_by_document
from daybook.reports.journals.groups import products_by_number
from daybook.reports.journals.narratives import (
    NO_SIDES,
    REVISED,
    VOIDED,
    Moved,
    MovementSubject,
    Occasion,
    Story,
)

NAMED_MAX = 3
"""How many documents a narrative names."""


class MovementRow(NamedTuple):
    """A movement with the columns of `movement_columns`.

    Columns of the schedule are empty in manual journals.
    """

    journal: int
    seq: int
    debit: int
    credit: int
    amount: int
    daily: int
    first_day: Day
    last_day: Day
    method: int | None
    recorded_in: int
    superseded_in: int | None
    schedule_id: int | None
    product: str | None
    document_id: int
    kind: int
    number: str
    document_recorded_in: int
    document_revised_in: int | None
    document_status: int
    service_from: Day | None
    service_to: Day | None
    recognized_on: Day | None
    scheduled: int | None
    classification: int | None
    credits_id: int | None
    family_id: int | None
    treatment: int | None
    revises_id: int | None
    debit_product_id: int | None
    credit_product_id: int | None

    @property
    def movement(self) -> Movement:
        """The value that the rules work with."""
        return Movement(
            *(ROLES[self.debit], ROLES[self.credit], self.amount, self.daily),
            *(self.first_day, self.last_day),
        )

    @property
    def line(self) -> int | None:
        """The first schedule of its line."""
        return self.schedule_id if self.revises_id is None else self.revises_id

    @property
    def family(self) -> int | None:
        """The first schedule of its family."""
        return self.schedule_id if self.family_id is None else self.family_id


# A dict, since the enum's own look-up for each row would take a tenth of an export.
ROLES = {int(role): role for role in Role}


def movement_columns(pin: Pin) -> tuple[Any, ...]:
    """The columns of a `MovementRow`, for `select_movements`."""
    document, schedule = StoredDocument, Schedule
    return (
        *(
            JournalMovement.journal,
            JournalMovement.seq,
            JournalMovement.debit_role,
            JournalMovement.credit_role,
        ),
        *(
            JournalMovement.amount,
            JournalMovement.daily,
            JournalMovement.first_day,
            JournalMovement.last_day,
        ),
        *(
            JournalMovement.method,
            JournalMovement.recorded_in,
            JournalMovement.superseded_in,
        ),
        *(JournalMovement.schedule_id, product_name(pin)),
        *(document.id, document.kind, document_number(pin), document.recorded_in),
        *(document.revised_in, document.status),
        *(schedule.first_day, schedule.last_day, schedule.recognized_on),
        *(schedule.amount, schedule.classification, schedule.credits_id),
        *(schedule.family_id, schedule.treatment, schedule.revises_id),
        *(JournalMovement.debit_product_id, JournalMovement.credit_product_id),
    )


def is_special_schedule() -> ColumnElement[bool]:
    """Whether narratives of a schedule's movements need more than its service days.

    Those of unchanged sales, which are most, don't. Other reasons: the movement's
    method (`SPECIAL_METHODS`), its document, a recording after the document's, a lock.
    """
    schedule = Schedule
    return or_(
        schedule.classification != _EARNED,
        schedule.family_id.is_not(None),
        schedule.credits_id.is_not(None),
        schedule.amount < 0,
    )


def is_special_document() -> ColumnElement[bool]:
    """The same of a document's movements."""
    return StoredDocument.kind.in_([_CREDIT_NOTE, _STANDALONE])


class CaughtUpDays(NamedTuple):
    """The service days of a movement that a lock moved, and the lock's last day."""

    first_day: Day
    last_day: Day
    through: Day


class Background(NamedTuple):
    """Facts about movements that aren't in their rows."""

    moved: dict[tuple[int, int], CaughtUpDays]
    changes: dict[tuple[int | None, int], str]
    milestones: dict[tuple[int | None, Day], str]
    """Names of milestones, by the line's first schedule and the day."""
    products: dict[int, str]
    """The names of sides' products, by their ids in Daybook."""
    entered: dict[int, Entered]
    """Manual journals that somebody entered, by document."""

    def subject(self, row: MovementRow) -> MovementSubject:
        """What a movement's narrative is about."""
        story = story_of(row)
        first_day, last_day = service_of(row, story)
        change = ""
        if row.recorded_in != row.document_recorded_in:
            change = self.changes.get((row.schedule_id, row.recorded_in), "")
        moved = None
        if self.moved and (lock := self.moved.get((row.journal, row.seq))):
            moved = Moved(lock.first_day, lock.last_day, row.first_day, lock.through)
        milestone = ""
        if story is Story.MILESTONE:
            day = row.first_day if moved is None else moved.first_day
            milestone = self.milestones.get((row.line, day), "")
        return MovementSubject(
            product=row.product or "",
            document=row.number,
            first_day=first_day,
            last_day=last_day,
            story=story,
            change=change,
            moved=moved,
            milestone=milestone,
            sides=self._sides(row),
            entered=self._entered(row),
        )

    def _entered(self, row: MovementRow) -> str:
        """What somebody told of a manual journal; empty if nobody did."""
        entered = self.entered.get(row.document_id)
        return "" if entered is None else entered.text

    def _sides(self, row: MovementRow) -> tuple[str, str]:
        """The names of both sides' products, if a side has one of its own."""
        numbers = row.debit_product_id, row.credit_product_id
        if not any(numbers):
            return NO_SIDES
        debit, credit = (
            row.product or "" if number is None else self.products[number]
            for number in numbers
        )
        return debit, credit


def occasion_of(row: MovementRow, subject: MovementSubject) -> Occasion:
    """Why its journal has a movement."""
    change = subject.change if subject.change in _OWN_CHANGES else ""
    return Occasion(row.kind, change, subject.moved)


_OWN_CHANGES = {VOIDED, REVISED}


def service_of(row: MovementRow, story: Story) -> tuple[Day | None, Day | None]:
    """The service days that a movement's narrative names."""
    if row.recognized_on is not None:
        if story is Story.USAGE and row.service_from is not None:
            return row.service_from, row.service_to
        return row.recognized_on, row.recognized_on
    if story in _OWN_DAYS and {row.debit, row.credit} & _EARNING:
        return row.first_day, row.last_day
    return row.service_from, row.service_to


_OWN_DAYS = {Story.USAGE, Story.MILESTONE, Story.PREPAYMENT, Story.BURNDOWN}
_EARNING = {int(Role.RECOGNIZED)}
_STORIES = {
    int(Classification.PREPAYMENT): Story.PREPAYMENT,
    int(Classification.BURNDOWN): Story.BURNDOWN,
    int(Classification.ACCRUAL): Story.ACCRUAL,
}
_BY_METHOD = {int(Method.USAGE): Story.USAGE, int(Method.MILESTONE): Story.MILESTONE}
SPECIAL_METHODS = frozenset(_BY_METHOD)
"""Methods whose movements have narratives of their own."""
_EARNED, _REBUILD = int(Classification.EARNED), int(Treatment.REBUILD)
_CREDIT_NOTE, _STANDALONE = int(SourceKind.CREDIT_NOTE), int(SourceKind.STANDALONE)


def story_of(row: MovementRow) -> Story:  # noqa: PLR0911  (one for each story)
    """The kind of a movement for its narrative."""
    if row.kind == _STANDALONE or row.classification is None or row.scheduled is None:
        return Story.MANUAL
    if row.classification != _EARNED:
        return _STORIES[row.classification]
    if row.credits_id is not None:
        is_rebuilt = row.treatment == _REBUILD
        return Story.REBUILT_CREDIT if is_rebuilt else Story.CREDIT
    if row.kind == _CREDIT_NOTE:
        return Story.LONE_CREDIT
    if row.family != row.line:
        return Story.BILLED_ACCRUAL
    if row.scheduled < 0:
        return Story.REDUCTION
    return _BY_METHOD.get(row.method or 0, Story.SALE)


async def load_background(
    session: AsyncSession, pin: Pin, rows: Sequence[MovementRow]
) -> Background:
    """Load the facts that movements' narratives need beyond their rows."""
    if not rows:
        return Background({}, {}, {}, {}, {})
    moved = await locks_of(session, pin, {row.journal for row in rows})
    changed = {
        (row.schedule_id, row.recorded_in): row
        for row in rows
        if row.recorded_in != row.document_recorded_in
    }
    reached = {
        row.family
        for row in rows
        if row.family is not None and row.method == int(Method.MILESTONE)
    }
    manual = {row.document_id for row in rows if row.kind == _STANDALONE}
    numbers = {number for row in rows for number in row[-2:] if number is not None}
    sides = await products_by_number(session, pin, numbers) if numbers else {}
    return Background(
        moved=moved,
        changes=await _changes(session, pin, [*changed.values()]) if changed else {},
        milestones=await _milestones(session, pin, reached) if reached else {},
        products={number: product.name for number, product in sides.items()},
        entered=await entered_by_document(session, pin, manual) if manual else {},
    )


async def locks_of(
    session: AsyncSession, pin: Pin, journals: Iterable[int]
) -> dict[tuple[int, int], CaughtUpDays]:
    """The locks that moved movements of journals, by journal and `seq`."""
    numbers = sorted(journals)
    if not numbers:
        return {}
    statement = select(
        *(
            StoredCatchUp.journal,
            StoredCatchUp.seq,
            StoredCatchUp.first_day,
            StoredCatchUp.last_day,
            StoredCatchUp.locked_through,
        )
    ).where(StoredCatchUp.ledger_id == pin.ledger_id)
    found: list[Any] = []
    # A range with few other journals in it is read faster than a list.
    if numbers[-1] - numbers[0] < 2 * len(numbers):
        within = StoredCatchUp.journal.between(numbers[0], numbers[-1])
        found += (await session.execute(statement.where(within))).all()
    else:
        found += await rows_in_lists(
            session, statement, StoredCatchUp.journal.in_, numbers
        )
    return {(row[0], row[1]): CaughtUpDays(*row[2:]) for row in found}


async def _milestones(
    session: AsyncSession, pin: Pin, family_ids: Iterable[int]
) -> dict[tuple[int | None, Day], str]:
    """Names of completed milestones, by line and by each day of completion."""
    names: dict[tuple[int, Day], list[str]] = defaultdict(list)
    part, done = SchedulePart, MilestoneCompletion
    line = func.coalesce(Schedule.revises_id, Schedule.id)
    statement = (
        select(line, part.name, done.completed_on)
        .select_from(Schedule)
        .join(
            part,
            (part.ledger_id == Schedule.ledger_id) & (part.schedule_id == Schedule.id),
        )
        .join(
            done,
            (done.ledger_id == part.ledger_id)
            & (done.schedule_id == part.schedule_id)
            & (done.position == part.position),
        )
        .where(
            Schedule.ledger_id == pin.ledger_id,
            done.recorded_in <= pin.recording,
            done.completed_on.is_not(None),
        )
        .order_by(part.schedule_id, part.position)
    )
    for row in await rows_in_lists(session, statement, _in_families, family_ids):
        line_id, name, day = row
        assert day is not None, "only completed milestones are selected"
        reached = names[line_id, day]
        if name and name not in reached:
            reached.append(name)
    return {key: " and ".join(reached) for key, reached in names.items()}


async def _changes(
    session: AsyncSession, pin: Pin, rows: Sequence[MovementRow]
) -> dict[tuple[int | None, int], str]:
    """How a recording after the document's first changed a schedule, in words."""
    families = {row.family for row in rows if row.family is not None}
    documents = await documents_of_families(session, pin, families)
    changes = {}
    for row in rows:
        members = [] if row.family is None else documents[row.family]
        causes = [cause for cause in members if row.recorded_in in cause.recordings]
        changes[row.schedule_id, row.recorded_in] = _change_words(row, causes)
    return changes


class FamilyDocument(NamedTuple):
    """A document in a family, with the recordings that made and changed it."""

    id: int
    number: str
    recordings: frozenset[int]
    voided_in: int | None


async def documents_of_families(
    session: AsyncSession, pin: Pin, family_ids: Iterable[int]
) -> dict[int, list[FamilyDocument]]:
    """The documents with a schedule in each of the families, by family."""
    members: dict[int, dict[int, None]] = defaultdict(dict)
    rows: dict[int, Any] = {}
    statement = (
        select(func.coalesce(Schedule.family_id, Schedule.id), *_document_row(pin))
        .join(
            StoredDocument,
            (StoredDocument.ledger_id == Schedule.ledger_id)
            & (StoredDocument.id == Schedule.document_id),
        )
        .where(Schedule.ledger_id == pin.ledger_id)
        .order_by(Schedule.id)
    )
    found = await rows_in_lists(session, statement, _in_families, family_ids)
    for family_id, *row in found:
        members[family_id][row[0]] = None
        rows[row[0]] = row
    versions = await _version_recordings(session, pin, rows)
    documents = {}
    for id_, number, recorded_in, revised_in, status in rows.values():
        recordings = {recorded_in, *versions.get(id_, ())}
        if revised_in is not None:
            recordings.add(revised_in)
        is_void = status == int(DocumentStatus.VOIDED)
        voided_in = revised_in if is_void else None
        documents[id_] = FamilyDocument(id_, number, frozenset(recordings), voided_in)
    return defaultdict(
        list,
        {
            family_id: [documents[id_] for id_ in ids]
            for family_id, ids in members.items()
        },
    )


def _document_row(pin: Pin) -> tuple[Any, ...]:
    number = document_number(pin)
    return (
        StoredDocument.id,
        number,
        StoredDocument.recorded_in,
        StoredDocument.revised_in,
        StoredDocument.status,
    )


def _in_families(family_ids: list[int]) -> ColumnElement[bool]:
    return or_(Schedule.id.in_(family_ids), Schedule.family_id.in_(family_ids))


async def _version_recordings(
    session: AsyncSession, pin: Pin, document_ids: Iterable[int]
) -> dict[int, set[int]]:
    """The recordings that revised documents, by document."""
    found: dict[int, set[int]] = defaultdict(set)
    statement = select(DocumentVersion.document_id, DocumentVersion.made_in).where(
        DocumentVersion.ledger_id == pin.ledger_id
    )
    rows = await rows_in_lists(
        session, statement, DocumentVersion.document_id.in_, document_ids
    )
    for document_id, made_in in rows:
        found[document_id].add(made_in)
    return found


def _change_words(row: MovementRow, causes: Sequence[FamilyDocument]) -> str:
    """`, as revised`, `, voided`, or which other documents changed the schedule."""
    own = [cause for cause in causes if cause.id == row.document_id]
    if own:
        is_void = own[0].voided_in == row.recorded_in
        return VOIDED if is_void else REVISED
    names = [
        f"the void of {cause.number}"
        if cause.voided_in == row.recorded_in
        else cause.number
        for cause in causes
    ]
    if len(names) > NAMED_MAX:
        names = [*names[: NAMED_MAX - 1], f"{len(names) - NAMED_MAX + 1} others"]
    return f", after {' and '.join(names)}" if names else ""
