"""The types of messages and of mail preferences, and of their mutations."""

import strawberry

from daybook.access.mail_rules import MailEvents as StoredEvents
from daybook.access.mail_rules import MailPreferences as StoredPreferences
from daybook.mail.models import MailMessage as StoredMessage
from daybook.mail.rules import MessageKind, MessageState
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import DateTime, moment_or_none
from daybook_graphql.kit.user_errors import UserError
from daybook_graphql.mail.enums import (
    MailEvent,
    MailFormat,
    MailMessageKind,
    MailMessageState,
)
from daybook_graphql.mail.ids import MailMessageId

ERRORS = "What is wrong with the input; then nothing was changed."
field = strawberry.field


@listed(
    "A message",
    "messages",
    page="A page of messages, newest first; ended ones are kept for 30 days.",
)
@strawberry.type(description="A message by mail, and what became of it.")
class MailMessage(Node):
    number: int = field(description="Its number in the organisation.")
    message_id: str = field(
        description="Its header `Message-ID`: the same each time it is sent."
    )
    kind: MailMessageKind = field(description="What it is about.")
    export_number: int | None = field(
        description="The number of the export; null for links."
    )
    recipient: str | None = field(
        description="Whom it is for, by their address; null once they have left."
    )
    state: MailMessageState = field(description="What became of it.")
    queued_at: DateTime = field(description="When it was queued.")
    attempts: int = field(description="How often sending was tried.")
    next_attempt_at: DateTime | None = field(
        description="When it is tried next; null once it has ended."
    )
    ended_at: DateTime | None = field(
        description="When it was sent, written or given up."
    )
    failure: str | None = field(
        description="Why the last attempt failed, for people; null if it didn't."
    )


@strawberry.type(description="Which mail a user wants, in all their organisations.")
class MailPreferences:
    format: MailFormat = field(description="The form of messages.")
    events: list[MailEvent] = field(description="The events that they get mail about.")


@strawberry.input(description="Which mail you want.")
class SetMailPreferencesInput:
    format: MailFormat = field(description="The form of messages.")
    events: list[MailEvent] = field(description="All events that you want mail about.")


@strawberry.type(description="Your preferences now.")
class SetMailPreferencesPayload:
    preferences: MailPreferences | None = field(
        description="Your preferences; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="Which message.")
class SendMailAgainInput:
    message_id: strawberry.ID = field(description="The message's id.")


@strawberry.type(description="The message as it is queued again.")
class SendMailAgainPayload:
    message: MailMessage | None = field(
        description="The message; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


def message_of(row: StoredMessage, recipient: str | None) -> MailMessage:
    """A stored message as the schema shows it."""
    return MailMessage(
        node_id=MailMessageId(row.number),
        number=row.number,
        message_id=row.message_id,
        kind=MailMessageKind(MessageKind(row.kind)),
        export_number=int(row.subject) if row.subject else None,
        recipient=recipient,
        state=MailMessageState(MessageState(row.state)),
        queued_at=DateTime(row.queued_at),
        attempts=row.attempts,
        next_attempt_at=moment_or_none(row.next_attempt_at),
        ended_at=moment_or_none(row.ended_at),
        failure=row.last_error,
    )


def preferences_of(stored: StoredPreferences) -> MailPreferences:
    """Stored preferences as the schema shows them."""
    return MailPreferences(
        format=MailFormat(stored.format),
        events=[MailEvent(each) for each in StoredEvents if each in stored.events],
    )
