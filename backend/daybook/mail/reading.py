"""Reading outgoing events on from mail's cursor, and queueing their messages."""

from datetime import datetime
from email.utils import parseaddr

from daybook.db.engine import Database
from daybook.events.commands import take_cursor
from daybook.events.models import Cursor, OutgoingEvent
from daybook.events.queries import events_after, unread_events
from daybook.events.rules import EventKind
from daybook.mail.commands import NewMessage, queue_message
from daybook.mail.recipients import reader_of
from daybook.mail.rules import EVENTS, MessageKind, Recipient, message_id

CONSUMER = "mail"
"""Its name among the cursors."""
EVENTS_AT_ONCE = 100

KINDS = {
    EventKind.EXPORT_READY: MessageKind.EXPORT_READY,
    EventKind.EXPORT_FAILED: MessageKind.EXPORT_FAILED,
    EventKind.EXPORT_EXPIRING: MessageKind.EXPORT_EXPIRING,
}


async def queue_events(database: Database, sender: str, *, now: datetime) -> bool:
    """Queue the messages of events that mail hasn't read; return whether some are left.

    Of each organisation, `EVENTS_AT_ONCE` are read: one with many delays no other. An
    event without a recipient has no message: it was requested by a key or at the
    command line, the person has left, or wants no such mail.
    """
    store = database.runtime
    async with store.reads() as session:
        waiting = await unread_events(session, CONSUMER)
    counts = [
        await _queue(database, organisation_id, sender, now)
        for organisation_id in waiting
    ]
    return EVENTS_AT_ONCE in counts


async def _queue(
    database: Database, organisation_id: int, sender: str, now: datetime
) -> int:
    """Queue the messages of an organisation's next events; return how many it read."""
    async with database.runtime.reads() as session:
        cursor = await session.get(Cursor, (CONSUMER, organisation_id))
        position = 0 if cursor is None else cursor.position
        events = await events_after(session, organisation_id, position, EVENTS_AT_ONCE)
    recipients = {
        name: await reader_of(database, organisation_id, name)
        for name in {event.requested_by for event in events}
    }
    async with database.runtime.writes() as session:
        cursor = await take_cursor(session, CONSUMER, organisation_id)
        for event in events:
            # Another process may have read some of them meanwhile.
            if event.number <= cursor.position:
                continue
            cursor.position = event.number
            kind = KINDS.get(EventKind(event.kind))
            recipient = recipients[event.requested_by]
            if recipient is None or kind is None:
                continue
            if EVENTS[kind] in recipient.preferences.events:
                new = _message(event, kind, recipient, sender)
                await queue_message(session, new, now=now)
    return len(events)


def _message(
    event: OutgoingEvent, kind: MessageKind, recipient: Recipient, sender: str
) -> NewMessage:
    address = parseaddr(sender)[1]
    return NewMessage(
        organisation_id=event.organisation_id,
        message_id=message_id(event.id, event.organisation_id, address),
        kind=kind,
        subject=event.subject,
        user_id=recipient.user_id,
    )
