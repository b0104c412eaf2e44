"""Tables of the four-eyes setting and of changes that were requested: append-only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText, SmallNumber, UtcDateTime
from daybook.ledger.models import LEAN, Organisation


class StoredChangeRequest(Base):
    """A change that one person asked for, and another decides about.

    `arguments` and `effect` are JSON. A request without a `StoredDecision` is open.
    """

    __tablename__ = "change_requests"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    kind: Mapped[int] = mapped_column(SmallNumber)
    currency: Mapped[str | None] = mapped_column(PlainText)
    summary: Mapped[str] = mapped_column(PlainText)
    reason: Mapped[str | None] = mapped_column(PlainText)
    arguments: Mapped[str] = mapped_column(PlainText)
    effect: Mapped[str] = mapped_column(PlainText)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_by: Mapped[str | None] = mapped_column(PlainText)


class StoredRequester(Base):
    """A person whose request it is: themselves, or whoever made the key that asked."""

    __tablename__ = "change_requesters"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "request"],
            [StoredChangeRequest.organisation_id, StoredChangeRequest.number],
        ),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    request: Mapped[int] = mapped_column(Number, primary_key=True)
    user_id: Mapped[int] = mapped_column(Number, primary_key=True)


class StoredDecision(Base):
    """What became of a request; `user_id` is the person who approved or rejected."""

    __tablename__ = "change_decisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "request"],
            [StoredChangeRequest.organisation_id, StoredChangeRequest.number],
        ),
        CheckConstraint("outcome BETWEEN 1 AND 3", "outcome_is_known"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    request: Mapped[int] = mapped_column(Number, primary_key=True)
    outcome: Mapped[int] = mapped_column(SmallNumber)
    reason: Mapped[str | None] = mapped_column(PlainText)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(PlainText)
    user_id: Mapped[int | None] = mapped_column(Number)


class StoredFourEyes(Base):
    """The setting from a moment on; without a row it is off.

    `request` is the approved request that turned it off. `last_step` was the last step
    of any manual journal: later ones are under this setting.
    """

    __tablename__ = "four_eyes_settings"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        Index(None, "organisation_id", "last_step"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    is_on: Mapped[bool] = mapped_column()
    request: Mapped[int | None] = mapped_column(Number)
    last_step: Mapped[int] = mapped_column(Number)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str | None] = mapped_column(PlainText)
