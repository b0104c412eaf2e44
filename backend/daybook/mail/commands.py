"""Queueing messages, taking the next one to send, and recording its outcome."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, delete, select, update

from daybook.clock import moment_text
from daybook.db.dialects import advisory_lock
from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import has_rows, has_successor, next_number
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.mail.models import MailMessage
from daybook.mail.rules import (
    ERROR_MAX,
    KEPT,
    LEASE,
    TRIED_FOR,
    MessageKind,
    MessageState,
    next_attempt,
)

MAIL_LOCK = 0x6D61
"""The advisory lock for numbering an organisation's messages (PostgreSQL)."""


class NewMessage(NamedTuple):
    """A message that is about to be queued; `sealed` is a link's encrypted token."""

    organisation_id: int
    message_id: str
    kind: MessageKind
    subject: str
    user_id: int
    sealed: bytes | None = None


class Taken(NamedTuple):
    """A message that a sender has taken; `attempts` counts this attempt too."""

    message: MailMessage
    attempts: int


async def queue_message(
    session: WriteSession, new: NewMessage, *, now: datetime
) -> None:
    """Queue a message in a transaction of the runtime store, once per Message-ID."""
    await advisory_lock(session, MAIL_LOCK, new.organisation_id)
    if await has_rows(session, MailMessage.message_id == new.message_id):
        return
    is_of_it = MailMessage.organisation_id == new.organisation_id
    row = MailMessage(
        organisation_id=new.organisation_id,
        number=await next_number(session, MailMessage.number, is_of_it),
        message_id=new.message_id,
        kind=int(new.kind),
        subject=new.subject,
        user_id=new.user_id,
        sealed=new.sealed,
        state=int(MessageState.QUEUED),
        queued_at=now,
        attempts=0,
        next_attempt_at=now,
    )
    session.add(row)
    await session.flush()


async def take_message(
    store: Store, organisation_id: int, *, now: datetime
) -> Taken | None:
    """Take the message of an organisation that is due longest; None if none is.

    Nobody else takes it before `LEASE` has passed.
    """
    is_due = and_(
        MailMessage.organisation_id == organisation_id,
        MailMessage.next_attempt_at <= now,
    )
    async with store.reads() as session:
        if not await has_rows(session, is_due):
            return None
    async with store.writes() as session:
        message = await session.scalar(
            select(MailMessage)
            .where(is_due)
            .order_by(MailMessage.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if message is None:
            return None
        message.attempts += 1
        message.next_attempt_at = now + LEASE
    return Taken(message, message.attempts)


async def mark_sent(
    store: Store, taken: Taken, state: MessageState, *, now: datetime
) -> None:
    """Mark a message as sent or written, and remove its link."""
    async with store.writes() as session:
        message = await _held(session, taken)
        if message is not None:
            message.sealed = message.last_error = None
            _end(message, state, now)


async def mark_failed(store: Store, taken: Taken, error: str, *, now: datetime) -> None:
    """Give a message up; it is sent again only on request."""
    async with store.writes() as session:
        message = await _held(session, taken)
        if message is not None:
            message.last_error = error[:ERROR_MAX]
            _end(message, MessageState.FAILED, now)


async def postpone(store: Store, taken: Taken, error: str, *, now: datetime) -> None:
    """Try a message again later, or give it up after `TRIED_FOR`."""
    async with store.writes() as session:
        message = await _held(session, taken)
        if message is None:
            return
        again = next_attempt(message.queued_at, message.attempts, now)
        if again is not None:
            message.last_error = error[:ERROR_MAX]
            message.next_attempt_at = again
            return
        days = f"tried for {TRIED_FOR.days} days; the last time: {error}"
        message.last_error = days[:ERROR_MAX]
        _end(message, MessageState.FAILED, now)


async def send_again(
    store: Store, organisation_id: int, number: int, *, now: datetime
) -> MailMessage:
    """Queue a message that was given up once more.

    Raises Rejected if there is none, or if it is queued or sent already.
    """
    async with store.writes() as session:
        key = (organisation_id, number)
        message = await session.get(MailMessage, key, with_for_update=True)
        if message is None:
            raise _refused("there is no such message", ProblemCode.NOT_FOUND)
        if message.state in {MessageState.SENT, MessageState.WRITTEN}:
            raise _refused("the message was sent already")
        if message.state == MessageState.QUEUED:
            assert message.next_attempt_at is not None, "what is queued has an attempt"
            raise _refused(
                "the message waits to be sent: its next attempt is at"
                f" {moment_text(message.next_attempt_at)}"
            )
        message.state = int(MessageState.QUEUED)
        message.queued_at = message.next_attempt_at = now
        message.ended_at, message.attempts = None, 0
    return message


async def remove_old_messages(store: Store, *, now: datetime) -> None:
    """Remove messages that ended `KEPT` ago, except each organisation's last.

    The next number follows from the last one. Links of messages that were given up are
    removed earlier, once nobody could use them.
    """
    is_old = and_(MailMessage.ended_at < now - KEPT, has_successor(MailMessage))
    is_spent = and_(
        MailMessage.sealed.is_not(None), MailMessage.ended_at < now - TRIED_FOR
    )
    async with store.reads() as session:
        if not await has_rows(session, is_old | is_spent):
            return
    async with store.writes() as session:
        spent = update(MailMessage).where(is_spent).values(sealed=None)
        await session.execute(spent)
        await session.execute(delete(MailMessage).where(is_old))


async def _held(session: WriteSession, taken: Taken) -> MailMessage | None:
    """The message, locked; None if another sender has taken it meanwhile."""
    key = (taken.message.organisation_id, taken.message.number)
    message = await session.get(MailMessage, key, with_for_update=True)
    is_held = (
        message is not None
        and message.state == MessageState.QUEUED
        and message.attempts == taken.attempts
    )
    return message if is_held else None


def _end(message: MailMessage, state: MessageState, now: datetime) -> None:
    message.state = int(state)
    message.next_attempt_at, message.ended_at = None, now


def _refused(message: str, code: ProblemCode = ProblemCode.INVALID_VALUE) -> Rejected:
    return Rejected([Problem(code, message, ("number",))])
