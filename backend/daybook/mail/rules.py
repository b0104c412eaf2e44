"""Mail: its kinds and states, and when sending is tried again. Pure."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from daybook.access.mail_rules import MailEvents, MailPreferences


class MessageKind(IntEnum):
    """What a message is about; the number is stored. `subject` is what it names."""

    EXPORT_READY = 1
    """The subject is the job's number, as for all messages about exports."""
    EXPORT_FAILED = 2
    EXPORT_EXPIRING = 3
    INVITATION = 4
    """Its link is sealed in the row, and the subject is empty."""
    SIGN_IN_LINK = 5


EVENTS = {
    MessageKind.EXPORT_READY: MailEvents.EXPORT_READY,
    MessageKind.EXPORT_FAILED: MailEvents.EXPORT_FAILED,
    MessageKind.EXPORT_EXPIRING: MailEvents.EXPORT_EXPIRING,
}
"""The events that users may leave out, by the kinds of their messages."""
LINKS = frozenset({MessageKind.INVITATION, MessageKind.SIGN_IN_LINK})
"""Messages with a link that signs their recipient in."""


class MessageState(IntEnum):
    """The state of a message; the number is stored."""

    QUEUED = 1
    SENT = 2
    """A mail server took it."""
    FAILED = 3
    """It is sent again only on request."""
    WRITTEN = 4
    """It is in the outbox folder, since there was no mail server."""


TRIED_FOR = timedelta(days=3)
"""How long after it was queued a message is retried."""
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
)
"""The waits after the first, second, … attempt; the last one is repeated."""
LEASE = timedelta(minutes=5)
"""How long a sender may hold a message before another one sends it."""
CONNECTING_SECONDS_MAX = 60
"""How long an attempt may take until the mail server has let the user in."""
SENDING_SECONDS_MAX = 60
"""How long it may take from there: both together are shorter than the lease, so that
two attempts never overlap."""
AT_ONCE = 8
"""How many messages a process sends at a time."""
AT_ONCE_PER_ORGANISATION = 1
"""How many of them are an organisation's, so that its mail delays nobody else's."""
PAUSE = timedelta(minutes=1)
"""How long a process waits before it tries an unreachable mail server again."""
KEPT = timedelta(days=30)
"""How long the row and the file of a message are kept."""
ERROR_MAX = 500
"""The longest error that is kept, in characters."""


class Recipient(NamedTuple):
    """A person and the organisation that a message is about."""

    user_id: int
    address: str
    organisation: str
    """The organisation's name."""
    time_zone: str
    """The organisation's, in which messages say moments."""
    preferences: MailPreferences


class Content(NamedTuple):
    """What a message says, as plain text and as HTML."""

    subject: str
    text: str
    html: str


class NothingToSend(Exception):
    """The recipient or the subject of a message is gone; the text says why."""


def next_attempt(queued_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When a message is retried after so many attempts; None if it is given up."""
    again = now + WAITS[min(attempts, len(WAITS)) - 1]
    return again if again <= queued_at + TRIED_FOR else None


def message_id(event: str, organisation_id: int, sender: str) -> str:
    """The Message-ID of an event's message, the same for all copies of it.

    `sender` is the address that mail comes from.
    """
    return f"<{event}.{organisation_id}@{sender.rpartition('@')[2]}>"
