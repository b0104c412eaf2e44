"""Which mail a user gets: about which events, and in which form. Pure."""

from enum import IntEnum, IntFlag
from typing import NamedTuple


class MailFormat(IntEnum):
    """The form of messages; the number is stored."""

    TEXT = 1
    """Plain text alone."""
    BOTH = 2
    """Plain text and HTML; the mail program chooses."""


class MailEvents(IntFlag):
    """The events that a user gets mail about; the number is stored.

    Sign-in links are not among them: they are sent whenever they are requested.
    """

    EXPORT_READY = 1
    EXPORT_FAILED = 2
    EXPORT_EXPIRING = 4


class MailPreferences(NamedTuple):
    """A user's preferences, in all organisations that they belong to."""

    format: MailFormat
    events: MailEvents
