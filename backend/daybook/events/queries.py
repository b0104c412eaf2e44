"""Reading outgoing events."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.events.models import Cursor, OutgoingEvent


async def events_after(
    session: AsyncSession, organisation_id: int, number: int, limit: int
) -> Sequence[OutgoingEvent]:
    """An organisation's events after a number, oldest first."""
    events = await session.scalars(
        select(OutgoingEvent)
        .where(
            OutgoingEvent.organisation_id == organisation_id,
            OutgoingEvent.number > number,
        )
        .order_by(OutgoingEvent.number)
        .limit(limit)
    )
    return events.all()


async def unread_events(session: AsyncSession, consumer: str) -> dict[int, int]:
    """The last event of each organisation with events that a consumer hasn't read."""
    last = (
        select(
            OutgoingEvent.organisation_id.label("organisation_id"),
            func.max(OutgoingEvent.number).label("number"),
        )
        .group_by(OutgoingEvent.organisation_id)
        .subquery()
    )
    found = await session.execute(
        select(last.c.organisation_id, last.c.number)
        .outerjoin(
            Cursor,
            (Cursor.consumer == consumer)
            & (Cursor.organisation_id == last.c.organisation_id),
        )
        .where(last.c.number > func.coalesce(Cursor.position, 0))
        .order_by(last.c.organisation_id)
    )
    return dict(found.all())
