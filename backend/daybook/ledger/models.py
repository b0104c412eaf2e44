"""Tables of organisations, ledgers, recordings, journals and movements.

Rows are lean on purpose: days and months are integers (`daybook.calendar`), roles and
kinds small checked integers, and every ledger-scoped key begins with the ledger. For
people there is the view `journal_entries`.
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
)
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    Base,
    DayNumber,
    Number,
    PlainText,
    SmallNumber,
    UtcDateTime,
)

LEAN = {"sqlite_with_rowid": False}
"""SQLite keeps such a table in its primary key: no second tree, no hidden row id."""


class Organisation(Base):
    """The tenant: nothing crosses from one to another."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(PlainText)
    time_zone: Mapped[str] = mapped_column(PlainText)
    customers: Mapped[int] = mapped_column(Number, default=0)
    """How many customers there are: the last number given."""
    products: Mapped[int] = mapped_column(Number, default=0)
    """How many products there are: the last number given."""


class Ledger(Base):
    """The double-entry subledger of one organisation in one currency.

    Its counters are the last numbers given: a writer locks the row, so numbers have no
    gaps, and no two writers give the same one.
    """

    __tablename__ = "ledgers"
    __table_args__ = (Index(None, "organisation_id", "currency", unique=True),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    currency: Mapped[str] = mapped_column(PlainText)
    decimals: Mapped[int] = mapped_column(SmallNumber)
    recordings: Mapped[int] = mapped_column(Number, default=0)
    journals: Mapped[int] = mapped_column(Number, default=0)
    documents: Mapped[int] = mapped_column(Number, default=0)
    schedules: Mapped[int] = mapped_column(Number, default=0)


class Recording(Base):
    """One write to a ledger: numbered, and its times never decrease."""

    __tablename__ = "recordings"
    __table_args__ = (LEAN,)

    ledger_id: Mapped[int] = mapped_column(ForeignKey(Ledger.id), primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(PlainText)


class Customer(Base):
    """Who is invoiced; `external_id` is the sender's own."""

    __tablename__ = "customers"
    __table_args__ = (Index(None, "organisation_id", "external_id", unique=True), LEAN)

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey(Organisation.id), primary_key=True
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    external_id: Mapped[str] = mapped_column(PlainText)
    name: Mapped[str] = mapped_column(PlainText)
    legal_name: Mapped[str] = mapped_column(PlainText)


class Product(Base):
    """What is sold; `external_id` is the sender's own."""

    __tablename__ = "products"
    __table_args__ = (Index(None, "organisation_id", "external_id", unique=True), LEAN)

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey(Organisation.id), primary_key=True
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    external_id: Mapped[str] = mapped_column(PlainText)
    name: Mapped[str] = mapped_column(PlainText)
    category: Mapped[str | None] = mapped_column(PlainText)


class Journal(Base):
    """A number for all movements of one document, product and posting month.

    The document settles the customer and the source; both are repeated here so that a
    month's report filters without a join.
    """

    __tablename__ = "journals"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("source BETWEEN 1 AND 4", "source_is_known"),
        Index(None, "ledger_id", "document_id", "month", "product_id", unique=True),
        Index(None, "ledger_id", "month", "number"),
        Index(None, "ledger_id", "customer_id", "month"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    month: Mapped[int] = mapped_column(SmallNumber)
    document_id: Mapped[int] = mapped_column(Number)
    customer_id: Mapped[int] = mapped_column(Number)
    product_id: Mapped[int] = mapped_column(Number)
    source: Mapped[int] = mapped_column(SmallNumber)


class JournalMovement(Base):
    """A stored movement (`daybook.ledger.rules.Movement`), append-only.

    The one update that the database permits sets `superseded_in`, once.
    """

    __tablename__ = "movements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "journal"], [Journal.ledger_id, Journal.number]
        ),
        CheckConstraint("amount > 0", "amount_is_positive"),
        CheckConstraint(
            "daily >= 0 AND daily * (last_day - first_day) <= amount",
            "daily_is_a_share",
        ),
        CheckConstraint("first_day <= last_day", "days_are_in_order"),
        CheckConstraint(
            "debit_role BETWEEN 1 AND 4 AND credit_role BETWEEN 1 AND 4"
            " AND debit_role <> credit_role",
            "roles_are_two",
        ),
        CheckConstraint("method BETWEEN 1 AND 4", "method_is_known"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    journal: Mapped[int] = mapped_column(Number, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(Number)
    debit_role: Mapped[int] = mapped_column(SmallNumber)
    credit_role: Mapped[int] = mapped_column(SmallNumber)
    amount: Mapped[int] = mapped_column(Number)
    daily: Mapped[int] = mapped_column(Number)
    first_day: Mapped[int] = mapped_column(DayNumber)
    last_day: Mapped[int] = mapped_column(DayNumber)
    method: Mapped[int] = mapped_column(SmallNumber)
    recorded_in: Mapped[int] = mapped_column(Number)
    superseded_in: Mapped[int | None] = mapped_column(Number)


class MonthTotal(Base):
    """What one recording changed in a month's total of a pair of accounts.

    Totals at any recording are sums of these, whatever the number of journals.
    """

    __tablename__ = "month_totals"
    __table_args__ = (ForeignKeyConstraint(["ledger_id"], [Ledger.id]), LEAN)

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    month: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    debit_role: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    credit_role: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    source: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    change: Mapped[int] = mapped_column(Number)


class CalendarDay(Base):
    """Every day that documents may name, for queries that need days as rows."""

    __tablename__ = "calendar"
    __table_args__ = (LEAN,)

    day: Mapped[int] = mapped_column(Number, primary_key=True)
    date: Mapped[str] = mapped_column(PlainText)
