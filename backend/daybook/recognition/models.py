"""Tables of recognition schedules, their parts, and when families are settled."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, DayNumber, Number, PlainText, SmallNumber
from daybook.ledger.models import LEAN


class Schedule(Base):
    """One line group of a document as recognition sees it: amount, method, period.

    Append-only: a revision makes a new schedule, which names the first one of its line
    (`revises_id`). A credit's schedule has a negative amount and names the first
    schedule of the line it credits (`credits_id`). `family_id` is the schedule that its
    family is named after, where that is another one: the credited schedule, the billing
    schedule that an invoice meets, the credit grant that a burn-down takes from.

    `settled_on` is the day from which its family, as this recording left it, has
    nothing in Deferred or Unbilled and nothing scheduled; empty if it never has.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "document_id"], ["documents.ledger_id", "documents.id"]
        ),
        CheckConstraint("method BETWEEN 1 AND 99", "method_is_known"),
        CheckConstraint("timing BETWEEN 1 AND 2", "timing_is_known"),
        CheckConstraint("strategy BETWEEN 1 AND 99", "strategy_is_known"),
        CheckConstraint("classification BETWEEN 1 AND 4", "classification_is_known"),
        CheckConstraint("treatment BETWEEN 1 AND 2", "treatment_is_known"),
        Index(None, "ledger_id", "document_id"),
        Index(
            None,
            "ledger_id",
            "credits_id",
            sqlite_where=text("credits_id IS NOT NULL"),
            postgresql_where=text("credits_id IS NOT NULL"),
        ),
        Index(
            None,
            "ledger_id",
            "family_id",
            sqlite_where=text("family_id IS NOT NULL"),
            postgresql_where=text("family_id IS NOT NULL"),
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    document_id: Mapped[int] = mapped_column(Number)
    product_id: Mapped[int] = mapped_column(Number)
    amount: Mapped[int] = mapped_column(Number)
    method: Mapped[int] = mapped_column(SmallNumber)
    timing: Mapped[int] = mapped_column(SmallNumber)
    strategy: Mapped[int] = mapped_column(SmallNumber)
    first_day: Mapped[int | None] = mapped_column(DayNumber)
    last_day: Mapped[int | None] = mapped_column(DayNumber)
    recognized_on: Mapped[int | None] = mapped_column(DayNumber)
    credits_id: Mapped[int | None] = mapped_column(Number)
    classification: Mapped[int] = mapped_column(
        SmallNumber, default=1, server_default="1"
    )
    family_id: Mapped[int | None] = mapped_column(Number)
    revises_id: Mapped[int | None] = mapped_column(Number)
    treatment: Mapped[int | None] = mapped_column(SmallNumber)
    months: Mapped[int | None] = mapped_column(SmallNumber)
    cancelled_on: Mapped[int | None] = mapped_column(DayNumber)
    expires_on: Mapped[int | None] = mapped_column(DayNumber)
    settled_on: Mapped[int | None] = mapped_column(DayNumber)


class SchedulePart(Base):
    """Dated usage (with its day) or a milestone (with its id and name): append-only."""

    __tablename__ = "schedule_parts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "schedule_id"], [Schedule.ledger_id, Schedule.id]
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(Number, primary_key=True)
    position: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    amount: Mapped[int] = mapped_column(Number)
    day: Mapped[int | None] = mapped_column(DayNumber)
    external_id: Mapped[str | None] = mapped_column(PlainText)
    name: Mapped[str | None] = mapped_column(PlainText)


class MilestoneCompletion(Base):
    """When a milestone was reached, as of a recording: append-only, the last counts.

    An empty day takes a completion back; a milestone without a row was never completed.
    """

    __tablename__ = "milestone_completions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "schedule_id"], [Schedule.ledger_id, Schedule.id]
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(Number, primary_key=True)
    position: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    completed_on: Mapped[int | None] = mapped_column(DayNumber)


class CreditGrant(Base):
    """What a prepayment grants a customer, by the sender's own id: append-only.

    An id may be used again once its prepayment is void or gone from its invoice.
    """

    __tablename__ = "credit_grants"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "schedule_id"], [Schedule.ledger_id, Schedule.id]
        ),
        Index(None, "ledger_id", "external_id"),
        Index(None, "ledger_id", "customer_id"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(Number, primary_key=True)
    external_id: Mapped[str] = mapped_column(PlainText)
    customer_id: Mapped[int] = mapped_column(Number)
    recorded_in: Mapped[int | None] = mapped_column(Number)
    """Empty in grants older than the column."""


class Settlement(Base):
    """When a family is settled, as a recording after its first left it.

    `settled_on` is as in `Schedule`. Append-only: the last up to a recording counts.
    """

    __tablename__ = "settlements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "family_id"], [Schedule.ledger_id, Schedule.id]
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    family_id: Mapped[int] = mapped_column(Number, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    settled_on: Mapped[int | None] = mapped_column(DayNumber)
