"""The table of messages, in the runtime store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Number, PlainText, RuntimeBase, SmallNumber, UtcDateTime


class MailMessage(RuntimeBase):
    """A message to a person, numbered per organisation.

    Moments are by the machines' clocks, even if `DAYBOOK_NOW` is set: with a fixed
    present, nothing would be tried again. It has no address: erasing a person in
    `users` is enough.
    """

    __tablename__ = "mail_messages"
    __table_args__ = (
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        CheckConstraint("state BETWEEN 1 AND 4", "state_is_known"),
        CheckConstraint("(state = 1) = (next_attempt_at IS NOT NULL)", "queued_waits"),
        Index(None, "message_id", unique=True),
        Index(None, "next_attempt_at"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    message_id: Mapped[str] = mapped_column(PlainText)
    """Its Message-ID, so that copies can be recognised."""
    kind: Mapped[int] = mapped_column(SmallNumber)
    subject: Mapped[str] = mapped_column(PlainText)
    user_id: Mapped[int] = mapped_column(Integer)
    """The recipient, whose address is read when it is sent."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The token of a link, encrypted; removed once the message is sent."""
    state: Mapped[int] = mapped_column(SmallNumber)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it was queued, or the last time that somebody asked to send it again."""
    attempts: Mapped[int] = mapped_column(SmallNumber)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is due; while it is being sent, when another process may send it."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was sent, written or given up."""
    last_error: Mapped[str | None] = mapped_column(PlainText)
    """Why the last attempt failed, in words and without the address."""
