"""Tables of outgoing events and of their readers' cursors, in the runtime store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Number, PlainText, RuntimeBase, SmallNumber, UtcDateTime


class OutgoingEvent(RuntimeBase):
    """Something that happened, numbered per organisation, without gaps.

    It is written in the transaction of the change that it reports, so that neither is
    there without the other. A subject has one event of each kind.
    """

    __tablename__ = "outgoing_events"
    __table_args__ = (
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        Index(None, "organisation_id", "kind", "subject", unique=True),
        Index(None, "made_at"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(PlainText)
    """Drawn at random: numbers begin again if the runtime store is lost."""
    kind: Mapped[int] = mapped_column(SmallNumber)
    subject: Mapped[str] = mapped_column(PlainText)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """By the program's clock."""
    requested_by: Mapped[str] = mapped_column(PlainText)
    """The person or key that requested the subject; erased with the person's name."""


class Cursor(RuntimeBase):
    """How far a consumer has read an organisation's events or audit trail."""

    __tablename__ = "cursors"

    consumer: Mapped[str] = mapped_column(PlainText, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    position: Mapped[int] = mapped_column(Number)
    """The number of the last event that was read."""
