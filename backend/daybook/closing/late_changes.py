"""Late changes of a month that its recordings don't note by their first closed day.

Those that changed an earlier month too, and reversals that a lock moved to a later day.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.models import ManualDocument, ManualJournal
from daybook.adjustments.rules import Part, Status
from daybook.calendar import Day, Month, first_day_of, last_day_of
from daybook.db.lists import scalars_in_lists
from daybook.documents.models import StoredDocument
from daybook.ledger.models import (
    ChangeAfterClose,
    Journal,
    JournalMovement,
    Recording,
    StoredCatchUp,
)
from daybook.ledger.pins import Pin
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
    """The manual journals of a month whose reversals post after it, by number.

    A reversal posts on its journal's own day but where that is locked.
    """
    its = StoredDocument
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
            ManualJournal.day.between(first_day_of(month), last_day_of(month)),
            its.accounting_date > last_day_of(month),
        )
        .distinct()
        .order_by(ManualJournal.number)
    )
    return [LateReversal(*row) for row in found]
