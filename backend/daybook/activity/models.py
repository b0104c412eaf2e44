"""The table of the activity log."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText, SmallNumber, UtcDateTime
from daybook.ledger.models import LEAN, Ledger, Organisation


class Activity(Base):
    """A run that ended: append-only, numbered per organisation.

    `first_recording … last_recording` are the recordings that it made in its ledger.
    """

    __tablename__ = "activities"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        # Filters of the log, each in the order of pages.
        Index(None, "organisation_id", "made_by", "id"),
        Index(None, "organisation_id", "kind", "id"),
        Index(None, "organisation_id", "ledger_id", "id"),
        Index(None, "organisation_id", "is_failed", "id"),
        Index(None, "organisation_id", "started_at", "id"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    ledger_id: Mapped[int | None] = mapped_column(Number)
    first_recording: Mapped[int | None] = mapped_column(Number)
    last_recording: Mapped[int | None] = mapped_column(Number)
    documents: Mapped[int] = mapped_column(Number)
    journals: Mapped[int] = mapped_column(Number)
    movements: Mapped[int] = mapped_column(Number)
    problems: Mapped[int] = mapped_column(Number)
    is_failed: Mapped[bool] = mapped_column()
    message: Mapped[str] = mapped_column(PlainText)
    made_by: Mapped[str | None] = mapped_column(PlainText)
    file: Mapped[str | None] = mapped_column(PlainText)
    """The name of the file that an import was of, if it was of one."""
