"""Finds rows of a ledger that belong to no family or to no recording."""

from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.documents.replaying.reading_histories import Pinned
from daybook.documents.replaying.slices import Deviation
from daybook.ledger.models import Journal, JournalMovement, Ledger
from daybook.ledger.rules import SourceKind
from daybook.recognition.models import Schedule

_MANUAL = int(SourceKind.STANDALONE)


async def first_stray(session: AsyncSession, pinned: Pinned) -> Deviation | None:
    """The first row that no family has; None if there is none."""
    for find in (_gap_in_schedules, _without_family, _without_recording, _misplaced):
        mismatch = await find(session, pinned)
        if mismatch is not None:
            return mismatch
    return None


async def _gap_in_schedules(session: AsyncSession, pinned: Pinned) -> Deviation | None:
    """The first gap in the numbers of schedules."""
    after = aliased(Schedule)
    is_pinned = (
        Schedule.ledger_id == pinned.ledger_id,
        Schedule.id <= pinned.schedules,
    )
    rows = await session.execute(
        select(func.count(), func.min(Schedule.id)).where(*is_pinned)
    )
    count, first = rows.one()
    if count == pinned.schedules:
        return None
    last: int | None = await session.scalar(
        select(func.min(Schedule.id))
        .outerjoin(
            after,
            (after.ledger_id == Schedule.ledger_id) & (after.id == Schedule.id + 1),
        )
        .where(*is_pinned, after.id.is_(None))
    )
    missing = 1 if first != 1 or last is None else last + 1
    return Deviation(0, f"schedule {missing} ({pinned.currency} ledger) is missing")


async def _without_family(session: AsyncSession, pinned: Pinned) -> Deviation | None:
    """The first schedule of a family that doesn't exist, or that joins another."""
    root = aliased(Schedule)
    rows = await session.execute(
        select(Schedule.id, Schedule.family_id)
        .outerjoin(
            root,
            (root.ledger_id == Schedule.ledger_id) & (root.id == Schedule.family_id),
        )
        .where(
            Schedule.ledger_id == pinned.ledger_id,
            Schedule.family_id.is_not(None),
            or_(root.id.is_(None), root.family_id.is_not(None)),
        )
        .order_by(Schedule.id)
        .limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    name = f"schedule {row.id} ({pinned.currency} ledger)"
    return Deviation(0, f"{name} is of family {row.family_id}, which doesn't exist")


async def _without_recording(session: AsyncSession, pinned: Pinned) -> Deviation | None:
    """The first movement that names a recording that the ledger doesn't have."""
    row = await _first(
        session,
        pinned,
        select(
            JournalMovement.journal,
            JournalMovement.seq,
            JournalMovement.recorded_in,
            Ledger.recordings,
        )
        .join(Ledger, Ledger.id == JournalMovement.ledger_id)
        .where(
            or_(
                JournalMovement.recorded_in < 1,
                JournalMovement.recorded_in > Ledger.recordings,
                JournalMovement.superseded_in < JournalMovement.recorded_in,
                JournalMovement.superseded_in > Ledger.recordings,
            )
        ),
    )
    if row is None:
        return None
    reason = "names a recording that doesn't exist"
    return Deviation(row.recorded_in, f"{_name(pinned, row)} {reason}")


async def _misplaced(session: AsyncSession, pinned: Pinned) -> Deviation | None:
    """The first movement in a journal that isn't of its schedule's document.

    Only movements of manual journals have no schedule.
    """
    row = await _first(
        session,
        pinned,
        select(
            JournalMovement.journal, JournalMovement.seq, JournalMovement.recorded_in
        )
        .outerjoin(
            Journal,
            (Journal.ledger_id == JournalMovement.ledger_id)
            & (Journal.number == JournalMovement.journal),
        )
        .outerjoin(
            Schedule,
            (Schedule.ledger_id == JournalMovement.ledger_id)
            & (Schedule.id == JournalMovement.schedule_id),
        )
        .where(
            or_(
                Journal.number.is_(None),
                Schedule.document_id != Journal.document_id,
                and_(
                    Schedule.id.is_(None),
                    or_(
                        JournalMovement.schedule_id.is_not(None),
                        Journal.source != _MANUAL,
                    ),
                ),
            )
        ),
    )
    if row is None:
        return None
    reason = "is not of its journal's document"
    return Deviation(row.recorded_in, f"{_name(pinned, row)} {reason}")


async def _first(session: AsyncSession, pinned: Pinned, statement: Any) -> Any:
    """A statement's first movement."""
    rows = await session.execute(
        statement.where(JournalMovement.ledger_id == pinned.ledger_id)
        .order_by(JournalMovement.journal, JournalMovement.seq)
        .limit(1)
    )
    return rows.one_or_none()


def _name(pinned: Pinned, row: Any) -> str:
    where = f"({pinned.currency} ledger, recording {row.recorded_in})"
    return f"movement {row.seq} of journal {row.journal} {where}"
