"""What mail a user may want: the events that they are told, and the form. Pure."""

from enum import IntEnum, IntFlag
from typing import NamedTuple


class MailFormat(IntEnum):
    """The form of messages; the number is stored."""

    TEXT = 1
    """Plain text alone."""
    BOTH = 2
    """Plain text and HTML; the mail program chooses."""


class MailEvents(IntFlag):
    """The events that a user is told by mail; the number is stored.

    Links to sign in are not among them: they are sent whenever somebody asks for one.
    """

    EXPORT_READY = 1
    EXPORT_FAILED = 2
    EXPORT_EXPIRING = 4


class MailPreferences(NamedTuple):
    """A user's wishes, in all organisations that they belong to."""

    format: MailFormat
    events: MailEvents
