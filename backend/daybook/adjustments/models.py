"""Tables of manual journals (domain rule 9).

`manual_journals` has the present state of each and can be made again from the others,
which are append-only. A step, such as a submission, is numbered per organisation; what
it wrote belongs to it. Rows are added only to a step in progress: one that its
journal's state doesn't name yet.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    Base,
    DayNumber,
    Number,
    PlainText,
    SmallNumber,
    UtcDateTime,
)
from daybook.documents.models import StoredDocument
from daybook.ledger.models import LEAN, Customer, Ledger, Organisation, Product


class ManualJournal(Base):
    """The present state of a manual journal, numbered per organisation.

    `version` is the version in force, which the step `saved_in` wrote; `kind`, `day`
    and `adjusts` are that version's, repeated for lists. `last_step` is the last of its
    steps. `audit verify` compares all of it with steps and versions.
    """

    __tablename__ = "manual_journals"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("status BETWEEN 1 AND 99", "status_is_known"),
        Index(None, "organisation_id", "status", "number"),
        Index(None, "ledger_id", "adjusts"),
        Index(None, "organisation_id", "day", "number"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    ledger_id: Mapped[int] = mapped_column(Number)
    status: Mapped[int] = mapped_column(SmallNumber)
    version: Mapped[int] = mapped_column(Number)
    saved_in: Mapped[int] = mapped_column(Number)
    last_step: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    day: Mapped[int] = mapped_column(DayNumber)
    adjusts: Mapped[int | None] = mapped_column(Number)


class ManualStep(Base):
    """What somebody did with a manual journal: numbered per organisation, append-only.

    `version` is the one that it was about. `user_id` is the person, if a signed-in user
    approved or rejected. `recording` is the ledger's, if it posted something.
    """

    __tablename__ = "manual_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "number"],
            [ManualJournal.organisation_id, ManualJournal.number],
        ),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        Index(None, "organisation_id", "number", "id"),
        Index(None, "organisation_id", "made_by", "number"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    version: Mapped[int] = mapped_column(Number)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str | None] = mapped_column(PlainText)
    user_id: Mapped[int | None] = mapped_column(Number)
    reason: Mapped[str | None] = mapped_column(PlainText)
    recording: Mapped[int | None] = mapped_column(Number)


class ManualVersion(Base):
    """What a `DRAFT` step saved: append-only, numbered per journal.

    `adjusts` is the number of the ledger's journal that it adjusts, `mode` how.
    """

    __tablename__ = "manual_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"], [ManualStep.organisation_id, ManualStep.id]
        ),
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        ForeignKeyConstraint(
            ["organisation_id", "customer_id"], [Customer.organisation_id, Customer.id]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "product_id"], [Product.organisation_id, Product.id]
        ),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        CheckConstraint("mode BETWEEN 1 AND 99", "mode_is_known"),
        CheckConstraint("reverses_on > day", "reversal_is_later"),
        Index(None, "organisation_id", "number", "version", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    step: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    version: Mapped[int] = mapped_column(Number)
    ledger_id: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    day: Mapped[int] = mapped_column(DayNumber)
    narrative: Mapped[str] = mapped_column(PlainText)
    customer_id: Mapped[int | None] = mapped_column(Number)
    product_id: Mapped[int | None] = mapped_column(Number)
    adjusts: Mapped[int | None] = mapped_column(Number)
    mode: Mapped[int | None] = mapped_column(SmallNumber)
    reverses_on: Mapped[int | None] = mapped_column(DayNumber)


class ManualLine(Base):
    """A line of a version, in its order: append-only.

    `is_mirror` marks the lines that take the adjusted journal back, which come first
    and were derived. An entered line without a customer or product has the header's.
    """

    __tablename__ = "manual_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"],
            [ManualVersion.organisation_id, ManualVersion.step],
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
    is_mirror: Mapped[bool] = mapped_column()
    role: Mapped[int] = mapped_column(SmallNumber)
    is_debit: Mapped[bool] = mapped_column()
    amount: Mapped[int] = mapped_column(Number)
    description: Mapped[str] = mapped_column(PlainText)
    customer_id: Mapped[int | None] = mapped_column(Number)
    product_id: Mapped[int | None] = mapped_column(Number)


class ManualAuthor(Base):
    """A person who saved or submitted a journal in a step, so can't approve it.

    An API key counts as whoever made it.
    """

    __tablename__ = "manual_authors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"], [ManualStep.organisation_id, ManualStep.id]
        ),
        Index(None, "organisation_id", "number", "user_id"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    step: Mapped[int] = mapped_column(Number, primary_key=True)
    user_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)


class ManualDocument(Base):
    """A document that a step posted: one for each customer, reversals apart."""

    __tablename__ = "manual_documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "step"], [ManualStep.organisation_id, ManualStep.id]
        ),
        ForeignKeyConstraint(
            ["ledger_id", "document_id"], [StoredDocument.ledger_id, StoredDocument.id]
        ),
        CheckConstraint("part BETWEEN 1 AND 99", "part_is_known"),
        Index(None, "organisation_id", "number"),
        Index(None, "ledger_id", "document_id", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    step: Mapped[int] = mapped_column(Number, primary_key=True)
    document_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    ledger_id: Mapped[int] = mapped_column(Number)
    part: Mapped[int] = mapped_column(SmallNumber)
