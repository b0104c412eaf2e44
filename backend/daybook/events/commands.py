"""Writing outgoing events, reading on from a cursor, and removing old events."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import ColumnElement, and_, delete, exists

from daybook.db.dialects import advisory_lock, insert_into
from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import has_rows, has_successor, next_number
from daybook.events.models import Cursor, OutgoingEvent
from daybook.events.rules import KEPT, NewEvent

EVENTS_LOCK = 0x6576
"""The advisory lock for numbering an organisation's events (PostgreSQL)."""


async def write_event(session: WriteSession, event: NewEvent) -> None:
    """Write an event, in the transaction of the change that it reports."""
    await advisory_lock(session, EVENTS_LOCK, event.organisation_id)
    is_of_it = OutgoingEvent.organisation_id == event.organisation_id
    row = OutgoingEvent(
        organisation_id=event.organisation_id,
        number=await next_number(session, OutgoingEvent.number, is_of_it),
        id=token_hex(16),
        kind=int(event.kind),
        subject=event.subject,
        made_at=event.made_at,
        requested_by=event.requested_by,
    )
    session.add(row)
    await session.flush()


async def take_cursor(
    session: WriteSession, consumer: str, organisation_id: int, *, start: int = 0
) -> Cursor:
    """A consumer's cursor, created if missing and locked until the transaction ends.

    The consumer sets its `position` in the transaction that stores what it read.
    Outgoing events are in the same store as their cursors: 0 is the start of both, so
    that a lost store reports nothing old. A consumer of the ledger's store, which
    may be there without cursors, must give its present end as `start`.
    """
    key = {"consumer": consumer, "organisation_id": organisation_id}
    made = insert_into(session, Cursor).values(**key, position=start)
    await session.execute(made.on_conflict_do_nothing())
    return await session.get_one(Cursor, tuple(key.values()), with_for_update=True)


async def remove_old_events(store: Store, *, now: datetime) -> None:
    """Remove events that are past their time and behind all cursors.

    An organisation's last event stays, since the next number follows from it.
    """
    is_old = OutgoingEvent.made_at < now - KEPT
    is_done = and_(is_old, _is_read(), has_successor(OutgoingEvent))
    async with store.reads() as session:
        if not await has_rows(session, is_done):
            return
    async with store.writes() as session:
        await session.execute(delete(OutgoingEvent).where(is_done))


def _is_read() -> ColumnElement[bool]:
    is_before = and_(
        Cursor.organisation_id == OutgoingEvent.organisation_id,
        Cursor.position < OutgoingEvent.number,
    )
    return ~exists().where(is_before)
