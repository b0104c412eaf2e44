"""Kinds and states of messages, and mail preferences, as the schema names them."""

from enum import Enum

import strawberry

from daybook.access.mail_rules import MailEvents as StoredEvents
from daybook.access.mail_rules import MailFormat as StoredFormat
from daybook.mail.rules import MessageKind, MessageState

value = strawberry.enum_value


@strawberry.enum(description="What a message is about. Expect more values.")
class MailMessageKind(Enum):
    EXPORT_READY = value(
        MessageKind.EXPORT_READY, description="An export's file is there."
    )
    EXPORT_FAILED = value(
        MessageKind.EXPORT_FAILED, description="An export ended without a file."
    )
    EXPORT_EXPIRING = value(
        MessageKind.EXPORT_EXPIRING, description="A file expires within a day."
    )
    INVITATION = value(
        MessageKind.INVITATION, description="A link that accepts an invitation."
    )
    SIGN_IN_LINK = value(
        MessageKind.SIGN_IN_LINK, description="A link that signs a member in."
    )


@strawberry.enum(description="What became of a message.")
class MailMessageState(Enum):
    QUEUED = value(
        MessageState.QUEUED, description="It waits to be sent, or to be tried again."
    )
    SENT = value(MessageState.SENT, description="A mail server accepted it.")
    FAILED = value(
        MessageState.FAILED, description="It was given up; it may be sent again."
    )
    WRITTEN = value(
        MessageState.WRITTEN,
        description="It is in the outbox folder, since there is no mail server.",
    )


@strawberry.enum(description="The form of the messages that a user gets.")
class MailFormat(Enum):
    TEXT = value(StoredFormat.TEXT, description="Plain text alone.")
    BOTH = value(StoredFormat.BOTH, description="Plain text and HTML.")


@strawberry.enum(
    description="The events that a user gets mail about. Expect more values."
)
class MailEvent(Enum):
    EXPORT_READY = value(
        StoredEvents.EXPORT_READY, description="The file of their export is there."
    )
    EXPORT_FAILED = value(
        StoredEvents.EXPORT_FAILED, description="Their export ended without a file."
    )
    EXPORT_EXPIRING = value(
        StoredEvents.EXPORT_EXPIRING,
        description="The file of their export expires within a day.",
    )
