"""Late changes of a month that its recordings don't note by their first closed day.

Those that changed an earlier month too, and reversals that a lock moved to a later day.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.models import ManualDocument, ManualJournal
from daybook.adjustments.rules import Part, Status
from daybook.audit.models import AuditRecord
from daybook.audit.rules import Action
from daybook.calendar import (
    Day,
    Month,
    day_words,
    first_day_of,
    last_day_of,
    range_words,
)
from daybook.db.lists import scalars_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.models import (
    ChangeAfterClose,
    Journal,
    JournalMovement,
    Recording,
    StoredCatchUp,
    StoredLedgerSettings,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import LockMethod
from daybook.reports.population.marks import closed_by_recordings, last_closed_day
from daybook.reports.revenue_sql import is_movement_of_journal


async def changed_from_before(
    session: AsyncSession, pin: Pin, month: Month, ended_at: datetime
) -> set[int]:
    """Recordings whose first closed day is before a month, and that changed it too.

    They were made after the month's end, `ended_at`.

    A recording notes its first closed day alone. Its movements tell the others: those
    that are posted on closed days, and those that a lock moved from there.
    """
    first, last = first_day_of(month), last_day_of(month)
    changed, movement, moved = ChangeAfterClose, JournalMovement, StoredCatchUp
    is_its = and_(
        Recording.ledger_id == changed.ledger_id,
        Recording.number == changed.recorded_in,
    )
    found = await session.scalars(
        select(changed.recorded_in)
        .join(Recording, is_its)
        .where(
            changed.ledger_id == pin.ledger_id,
            changed.recorded_in <= pin.recording,
            changed.first_day < first,
            Recording.recorded_at >= ended_at,
        )
    )
    late = found.all()
    closed = await closed_by_recordings(session, pin) if late else []
    if not closed:
        return set()
    posted = (
        select(movement.recorded_in)
        .join_from(Journal, movement, is_movement_of_journal())
        .where(
            Journal.ledger_id == pin.ledger_id,
            Journal.month == month,
            movement.first_day <= last_closed_day(closed),
        )
    )
    moved_there = (
        select(movement.recorded_in)
        .join_from(
            moved,
            movement,
            and_(
                movement.ledger_id == moved.ledger_id,
                movement.journal == moved.journal,
                movement.seq == moved.seq,
            ),
        )
        .where(
            moved.ledger_id == pin.ledger_id,
            moved.first_day <= last,
            moved.last_day >= first,
        )
    )
    numbers = set[int]()
    for statement in (posted, moved_there):
        numbers.update(
            await scalars_in_lists(
                session, statement.distinct(), movement.recorded_in.in_, late
            )
        )
    return numbers


class LateReversal(NamedTuple):
    """A manual journal whose reversal posts on another day, since its own is closed."""

    number: int
    day: Day
    posts_on: Day


async def late_reversals(
    session: AsyncSession, pin: Pin, month: Month
) -> list[LateReversal]:
    """Manual journals whose reversals post in a later month, by number.

    They are those of the month, and those whose reversals post in it. A reversal
    posts on its journal's own day but where that is locked.
    """
    its, posts_on = StoredDocument, StoredDocument.accounting_date
    first, last = first_day_of(month), last_day_of(month)
    found = await session.execute(
        select(ManualJournal.number, ManualJournal.day, its.accounting_date)
        .join(
            ManualDocument,
            and_(
                ManualDocument.organisation_id == ManualJournal.organisation_id,
                ManualDocument.number == ManualJournal.number,
                ManualDocument.part == int(Part.UNDO),
            ),
        )
        .join(
            its,
            and_(
                its.ledger_id == ManualDocument.ledger_id,
                its.id == ManualDocument.document_id,
                its.recorded_in <= pin.recording,
            ),
        )
        .where(
            ManualJournal.organisation_id == pin.organisation_id,
            ManualJournal.ledger_id == pin.ledger_id,
            ManualJournal.status == int(Status.REVERSED),
            or_(
                and_(ManualJournal.day.between(first, last), posts_on > last),
                and_(ManualJournal.day < first, posts_on.between(first, last)),
            ),
        )
        .distinct()
        .order_by(ManualJournal.number)
    )
    return [LateReversal(*row) for row in found]


class HeldSpan(NamedTuple):
    """Recordings under a lock that covered all days that were closed until then.

    What came too late for these was posted on the day after the lock, `posts_on`.
    """

    first: int
    last: int
    posts_on: Day


async def held_by_locks(session: AsyncSession, pin: Pin) -> list[HeldSpan]:
    """The recordings that left all closed days as they were, of those up to the pin."""
    settings = StoredLedgerSettings
    rows = await session.execute(
        select(settings.recorded_in, settings.lock_method, settings.locked_through)
        .where(
            settings.ledger_id == pin.ledger_id,
            settings.recorded_in <= pin.recording,
        )
        .order_by(settings.recorded_in)
    )
    locks = rows.all()
    ends = [*(row.recorded_in - 1 for row in locks[1:]), pin.recording]
    closed = await closed_by_recordings(session, pin)
    found = []
    for (set_in, method, through), end in zip(locks, ends, strict=False):
        if method != int(LockMethod.CUSTOM_DATE) or through is None:
            continue
        # The last closed day never moves back: a lock covers it until a recording.
        covered = [last for last, day in closed if day <= through]
        last = min(end, covered[-1] if covered else 0)
        if last >= set_in:
            found.append(HeldSpan(set_in, last, through + 1))
    return found


class Lateness(NamedTuple):
    """What a recording did to closed days, from the first of them on.

    `locked_through` is the lock of then where it covered all closed days: these stayed
    as they were, and their amounts were posted on the first open day. `is_opening` says
    that the recording moved a lock back, and `is_locked_again` that a lock covers all
    of these days now.
    """

    first_day: Day
    locked_through: Day | None
    is_opening: bool
    is_locked_again: bool

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to do about it."""
        if self.is_opening:
            return self.is_locked_again
        return self.locked_through is not None

    @property
    def words(self) -> str:
        """What was done, and what there is to do."""
        if self.is_opening:
            days = f"closed days from {day_words(self.first_day)} on were opened"
            if self.is_locked_again:
                return f"{days}, and are locked again"
            return f"{days}: lock them again"
        if self.locked_through is None:
            days = f"entries of closed days from {day_words(self.first_day)} on"
            return f"{days} were changed: export what differs from posted files"
        # What comes too late for some closed days has amounts of the last one at most.
        days = range_words(self.first_day, max(self.first_day, self.locked_through))
        return (
            f"its amounts of {days} are posted on {day_words(self.locked_through + 1)},"
            " since those days were closed: they stay as they were, and there is"
            " nothing to do"
        )


async def lateness_of(
    session: AsyncSession,
    pin: Pin,
    recordings: Collection[int],
    held: Sequence[HeldSpan],
    locked_again: Collection[int],
) -> dict[int, Lateness]:
    """What recordings that are `ChangeAfterClose` did to closed days."""
    its = ChangeAfterClose
    is_its = and_(
        AuditRecord.organisation_id == pin.organisation_id,
        AuditRecord.number == its.record,
    )
    late = await session.execute(
        select(its.recorded_in, its.first_day, AuditRecord.action)
        .outerjoin(AuditRecord, is_its)
        .where(its.ledger_id == pin.ledger_id, its.recorded_in.in_(recordings))
    )
    found = {}
    for number, first_day, action in late:
        spans = [span for span in held if span.first <= number <= span.last]
        found[number] = Lateness(
            first_day,
            spans[0].posts_on - 1 if spans else None,
            is_opening=action == Action.SET_LOCK.value,
            is_locked_again=number in locked_again,
        )
    return found


async def opened_and_locked_again(session: AsyncSession, pin: Pin) -> set[int]:
    """The recordings that opened closed days of which none is open now."""
    its, settings = ChangeAfterClose, StoredLedgerSettings
    is_its = and_(
        AuditRecord.organisation_id == pin.organisation_id,
        AuditRecord.number == its.record,
    )
    opened = await session.scalars(
        select(its.recorded_in)
        .join(AuditRecord, is_its)
        .where(
            its.ledger_id == pin.ledger_id,
            its.recorded_in <= pin.recording,
            AuditRecord.action == Action.SET_LOCK.value,
        )
    )
    numbers = opened.all()
    if not numbers:
        return set()
    through = await session.scalar(
        select(settings.locked_through)
        .where(
            settings.ledger_id == pin.ledger_id,
            settings.recorded_in <= pin.recording,
        )
        .order_by(settings.recorded_in.desc())
        .limit(1)
    )
    if through is None:
        return set()
    closed = await closed_by_recordings(session, pin)
    covered = [number for number, day in closed if day <= through]
    return {number for number in numbers if covered and number <= covered[-1]}
