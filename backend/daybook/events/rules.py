"""Outgoing events: their kinds, and how long they are kept. Pure."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple


class EventKind(IntEnum):
    """What happened; the number is stored. `subject` names what it is about."""

    EXPORT_READY = 1
    """The subject is the job's number, as for all events of exports."""
    EXPORT_FAILED = 2
    EXPORT_EXPIRING = 3
    """The file expires within a day, and nobody has downloaded it."""


KEPT = timedelta(days=30)
"""How long an event is kept after all consumers have read it."""


class NewEvent(NamedTuple):
    """An event that is about to be written."""

    organisation_id: int
    kind: EventKind
    subject: str
    made_at: datetime
    requested_by: str
    """The person or key that requested the subject."""
