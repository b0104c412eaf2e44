"""Tables of recurrences: manual journals that are made each month.

`recurrences` has the present state of each and can be made again from the others, which
are append-only. A step is numbered per organisation; what it wrote belongs to it. Rows
are added only to a step in progress: one that its recurrence's state doesn't name yet.
An instance belongs to the manual journal's first step.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.adjustments.models import ManualJournal, ManualStep
from daybook.db.base import (
    Base,
    Number,
    PlainText,
    SmallNumber,
    UtcDateTime,
)
from daybook.ledger.models import LEAN, Customer, Ledger, Organisation, Product


class Recurrence(Base):
    """The present state of a recurrence, numbered per organisation.

    `version` is the version in force, which the step `saved_in` wrote. `audit verify`
    compares all of it with steps and versions.
    """

    __tablename__ = "recurrences"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("status BETWEEN 1 AND 99", "status_is_known"),
        Index(None, "status", "organisation_id", "number"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    ledger_id: Mapped[int] = mapped_column(Number)
    status: Mapped[int] = mapped_column(SmallNumber)
    version: Mapped[int] = mapped_column(Number)
    saved_in: Mapped[int] = mapped_column(Number)
    last_step: Mapped[int] = mapped_column(Number)


class RecurrenceStep(Base):
    """What somebody did with a recurrence: numbered per organisation, append-only.

    `version` is the one that it was about. `setting` is the number of the four-eyes
    setting in force, 0 before the first. `user_id` is the person, if a signed-in user
    approved or rejected.
    """

    __tablename__ = "recurrence_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "number"],
            [Recurrence.organisation_id, Recurrence.number],
        ),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        Index(None, "organisation_id", "number", "id"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    version: Mapped[int] = mapped_column(Number)
    setting: Mapped[int] = mapped_column(Number)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str | None] = mapped_column(PlainText)
    user_id: Mapped[int | None] = mapped_column(Number)
    reason: Mapped[str | None] = mapped_column(PlainText)


class StoredRecurrenceVersion(Base):
    """What a `SAVED` step saved: append-only, numbered per recurrence.

    `until_month` is the last month; without one it goes on. `reverses` has each
    instance reverse itself on the first day of the next month.
    """

    __tablename__ = "recurrence_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"],
            [RecurrenceStep.organisation_id, RecurrenceStep.id],
        ),
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        ForeignKeyConstraint(
            ["organisation_id", "customer_id"], [Customer.organisation_id, Customer.id]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "product_id"], [Product.organisation_id, Product.id]
        ),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        CheckConstraint("day_of_month BETWEEN 1 AND 31", "day_of_month_is_known"),
        CheckConstraint("until_month >= first_month", "end_is_not_before"),
        Index(None, "organisation_id", "number", "version", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    step: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    version: Mapped[int] = mapped_column(Number)
    ledger_id: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    narrative: Mapped[str] = mapped_column(PlainText)
    customer_id: Mapped[int | None] = mapped_column(Number)
    product_id: Mapped[int | None] = mapped_column(Number)
    day_of_month: Mapped[int] = mapped_column(SmallNumber)
    first_month: Mapped[int] = mapped_column(Number)
    until_month: Mapped[int | None] = mapped_column(Number)
    reverses: Mapped[bool] = mapped_column()


class RecurrenceLine(Base):
    """A line of a version, in its order: append-only.

    Without a customer or product it has the header's.
    """

    __tablename__ = "recurrence_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"],
            [StoredRecurrenceVersion.organisation_id, StoredRecurrenceVersion.step],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "customer_id"], [Customer.organisation_id, Customer.id]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "product_id"], [Product.organisation_id, Product.id]
        ),
        CheckConstraint("amount > 0", "amount_is_positive"),
        CheckConstraint("role BETWEEN 1 AND 99", "role_is_known"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    step: Mapped[int] = mapped_column(Number, primary_key=True)
    position: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    role: Mapped[int] = mapped_column(SmallNumber)
    is_debit: Mapped[bool] = mapped_column()
    amount: Mapped[int] = mapped_column(Number)
    description: Mapped[str] = mapped_column(PlainText)
    customer_id: Mapped[int | None] = mapped_column(Number)
    product_id: Mapped[int | None] = mapped_column(Number)


class RecurrenceAuthor(Base):
    """A person who saved or submitted a recurrence in a step, so can't approve it.

    An API key counts as whoever made it.
    """

    __tablename__ = "recurrence_authors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"],
            [RecurrenceStep.organisation_id, RecurrenceStep.id],
        ),
        Index(None, "organisation_id", "number", "user_id"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    step: Mapped[int] = mapped_column(Number, primary_key=True)
    user_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)


class RecurrenceInstance(Base):
    """A manual journal that a recurrence made: one for each month, append-only.

    `step` is the manual journal's first. `approved_in` is the recurrence's step that
    approved it, if that approved the instance, too.
    """

    __tablename__ = "recurrence_instances"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "recurrence"],
            [Recurrence.organisation_id, Recurrence.number],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "step"], [ManualStep.organisation_id, ManualStep.id]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "journal"],
            [ManualJournal.organisation_id, ManualJournal.number],
        ),
        ForeignKeyConstraint(
            ["organisation_id", "approved_in"],
            [RecurrenceStep.organisation_id, RecurrenceStep.id],
        ),
        Index(None, "organisation_id", "journal", unique=True),
        Index(None, "organisation_id", "step", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    recurrence: Mapped[int] = mapped_column(Number, primary_key=True)
    month: Mapped[int] = mapped_column(Number, primary_key=True)
    version: Mapped[int] = mapped_column(Number)
    journal: Mapped[int] = mapped_column(Number)
    step: Mapped[int] = mapped_column(Number)
    approved_in: Mapped[int | None] = mapped_column(Number)
