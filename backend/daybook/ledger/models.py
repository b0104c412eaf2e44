"""Tables of organisations, ledgers, recordings, journals and movements.

Rows are lean on purpose: days and months are integers (`daybook.calendar`), roles and
kinds are small checked integers, and every ledger-scoped key begins with the ledger.
People read the view `journal_entries` instead.
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    SPARSE,
    SPARSE_LATER,
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
    renamings: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How often names of customers or products changed: the last number given."""
    activities: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How many lines the activity log has: the last number given."""
    filters: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How often saved filters were changed: the last number given."""
    audit_records: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How many records the audit trail has: the last number given."""
    audit_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The last audit record's hash: the head of the chain."""
    recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The time of the last recording or audit record; it never decreases."""


class ClockAcceptance(Base):
    """An accepted clock that was behind the last recorded time: append-only.

    `accepted_at` is what the clock said, `last_recorded_at` the last recorded time at
    that moment, and `record` the audit record of the acceptance.
    """

    __tablename__ = "clock_acceptances"
    __table_args__ = (LEAN,)

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey(Organisation.id), primary_key=True
    )
    record: Mapped[int] = mapped_column(Number, primary_key=True)
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(PlainText)
    made_by: Mapped[str | None] = mapped_column(PlainText)


class FormerTimeZone(Base):
    """A time zone in which an organisation's days ended, until a moment: append-only.

    A day that was over in it stays over: what was known by its end never changes.
    """

    __tablename__ = "former_time_zones"
    __table_args__ = (LEAN,)

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey(Organisation.id), primary_key=True
    )
    until: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    time_zone: Mapped[str] = mapped_column(PlainText)


class Ledger(Base):
    """The double-entry subledger of one organisation in one currency.

    Its counters are the last numbers given: a writer locks the row, so numbers have no
    gaps, and no two writers give the same one. Its settings are the present ones;
    `ledger_settings` keeps what they were.
    """

    __tablename__ = "ledgers"
    __table_args__ = (
        CheckConstraint("lock_method BETWEEN 1 AND 2", "lock_method_is_known"),
        CheckConstraint("method BETWEEN 1 AND 99", "method_is_known"),
        CheckConstraint("strategy BETWEEN 1 AND 99", "strategy_is_known"),
        CheckConstraint("undated_lines BETWEEN 1 AND 2", "undated_lines_is_known"),
        Index(None, "organisation_id", "currency", unique=True),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey(Organisation.id))
    currency: Mapped[str] = mapped_column(PlainText)
    decimals: Mapped[int] = mapped_column(SmallNumber)
    recordings: Mapped[int] = mapped_column(Number, default=0)
    journals: Mapped[int] = mapped_column(Number, default=0)
    documents: Mapped[int] = mapped_column(Number, default=0)
    schedules: Mapped[int] = mapped_column(Number, default=0)
    lock_method: Mapped[int] = mapped_column(SmallNumber, default=1, server_default="1")
    locked_through: Mapped[int | None] = mapped_column(DayNumber)
    method: Mapped[int] = mapped_column(SmallNumber, default=1, server_default="1")
    strategy: Mapped[int] = mapped_column(SmallNumber, default=1, server_default="1")
    breakage: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether what is left of a credit grant is recognized when it expires."""
    undated_lines: Mapped[int] = mapped_column(
        SmallNumber, default=1, server_default="1"
    )
    """What becomes of a line without the service period that its method needs."""


class StoredLedgerSettings(Base):
    """A ledger's settings as a recording left them: append-only."""

    __tablename__ = "ledger_settings"
    __table_args__ = (ForeignKeyConstraint(["ledger_id"], [Ledger.id]), LEAN)

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    lock_method: Mapped[int] = mapped_column(SmallNumber)
    locked_through: Mapped[int | None] = mapped_column(DayNumber)
    method: Mapped[int] = mapped_column(SmallNumber)
    strategy: Mapped[int] = mapped_column(SmallNumber)
    breakage: Mapped[bool] = mapped_column()
    undated_lines: Mapped[int] = mapped_column(
        SmallNumber, default=1, server_default="1"
    )


class StoredAccountName(Base):
    """What an account is called from a recording on: append-only.

    `scope` is empty for the account itself, `product:<id>` or `category:<name>` for one
    of its sub-accounts. An empty `name` ends the sub-account.
    """

    __tablename__ = "account_names"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("role BETWEEN 1 AND 99", "role_is_known"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    role: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    scope: Mapped[str] = mapped_column(PlainText, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    code: Mapped[str | None] = mapped_column(PlainText)


class Recording(Base):
    """One write to a ledger: who, why, when; numbered, and its times never decrease.

    `renamings` is the organisation's counter at that time, which finds the names of
    then. `rules` is the version of the rules that computed it (`RULES_VERSION`); it is
    empty in recordings older than the column.
    """

    __tablename__ = "recordings"
    __table_args__ = (Index(None, "ledger_id", "recorded_at"), LEAN)

    ledger_id: Mapped[int] = mapped_column(ForeignKey(Ledger.id), primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(PlainText)
    made_by: Mapped[str | None] = mapped_column(PlainText)
    renamings: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    rules: Mapped[int | None] = mapped_column(SmallNumber)


class ChangeAfterClose(Base):
    """A recording that changed a closed day (`after_close`): append-only.

    `first_day` is the first such day, `record` the audit record of the transaction. A
    recording that opens closed days is one too.
    """

    __tablename__ = "changes_after_close"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        Index(None, "ledger_id", "record"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    record: Mapped[int] = mapped_column(Number)
    first_day: Mapped[int] = mapped_column(DayNumber)


class OpenRecording(Base):
    """A recording in progress; without one the database accepts no row of a ledger.

    Triggers insert it at the recording's start and delete it at its audit record, so
    between transactions the table is empty. `last_…` are the ledger's counters at the
    start.
    """

    __tablename__ = "open_recordings"
    __table_args__ = (LEAN,)

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    last_journal: Mapped[int] = mapped_column(Number)
    last_document: Mapped[int] = mapped_column(Number)
    last_schedule: Mapped[int] = mapped_column(Number)


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
    method: Mapped[int | None] = mapped_column(SmallNumber)
    """How its lines are recognized where they don't say."""


class CustomerName(Base):
    """What a customer was called until a renaming: append-only.

    The name at a recording is that of the least `until` above the recording's
    `renamings`; without one it is the customer's present name.
    """

    __tablename__ = "customer_names"
    __table_args__ = (Index(None, "organisation_id", "until"), LEAN)

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Number, primary_key=True)
    until: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    legal_name: Mapped[str] = mapped_column(PlainText)


class ProductName(Base):
    """What a product was called until a renaming, as `CustomerName`."""

    __tablename__ = "product_names"
    __table_args__ = (Index(None, "organisation_id", "until"), LEAN)

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    product_id: Mapped[int] = mapped_column(Number, primary_key=True)
    until: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    category: Mapped[str | None] = mapped_column(PlainText)


class Journal(Base):
    """A number for all movements of one document, product and posting month.

    The document decides the customer and the source; both are repeated here so that a
    month's report filters without a join. A manual journal may have no customer and no
    product.
    """

    __tablename__ = "journals"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("source BETWEEN 1 AND 4", "source_is_known"),
        Index(None, "ledger_id", "document_id", "month", "product_id", unique=True),
        Index(None, "ledger_id", "month", "number"),
        Index(None, "ledger_id", "customer_id", "month"),
        # Few are manual: a month's list would read the whole month to find them.
        Index(
            *("ix_journals_manual", "ledger_id", "month", "number"),
            sqlite_where=text("source = 4"),
            postgresql_where=text("source = 4"),
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    month: Mapped[int] = mapped_column(SmallNumber)
    document_id: Mapped[int] = mapped_column(Number)
    customer_id: Mapped[int | None] = mapped_column(Number)
    product_id: Mapped[int | None] = mapped_column(Number)
    source: Mapped[int] = mapped_column(SmallNumber)
    opening: Mapped[bool | None] = mapped_column(info=SPARSE)
    """Whether it holds balances taken over at a cutover; empty means no."""


class JournalMovement(Base):
    """A stored movement (`daybook.ledger.rules.Movement`), append-only.

    The one update that the database permits sets `superseded_in`, once. A manual
    journal's movements have no schedule and no method. A side may have a product of its
    own where it isn't the journal's; only then may both sides be of one account.
    `cause` is a `daybook.ledger.rules.Cause`; recordings older than it have none.
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
            "debit_role BETWEEN 1 AND 99 AND credit_role BETWEEN 1 AND 99",
            "roles_are_known",
        ),
        CheckConstraint(
            "debit_role <> credit_role"
            " OR coalesce(debit_product_id, 0) <> coalesce(credit_product_id, 0)",
            "sides_are_two",
        ),
        CheckConstraint("method BETWEEN 1 AND 99", "method_is_known"),
        # Few have a cause; no other row is in it.
        Index(
            *("ix_movements_caused", "ledger_id", "cause", "journal"),
            sqlite_where=text("cause IS NOT NULL"),
            postgresql_where=text("cause IS NOT NULL"),
        ),
        # What later recordings changed: a journal's first movement is in neither, since
        # new journals are found by their numbers.
        Index(
            *("ix_movements_added", "ledger_id", "recorded_in", "journal"),
            sqlite_where=text("seq > 1"),
            postgresql_where=text("seq > 1"),
        ),
        Index(
            *("ix_movements_superseded", "ledger_id", "superseded_in", "journal"),
            sqlite_where=text("superseded_in IS NOT NULL"),
            postgresql_where=text("superseded_in IS NOT NULL"),
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    journal: Mapped[int] = mapped_column(Number, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    schedule_id: Mapped[int | None] = mapped_column(Number)
    debit_role: Mapped[int] = mapped_column(SmallNumber)
    credit_role: Mapped[int] = mapped_column(SmallNumber)
    amount: Mapped[int] = mapped_column(Number)
    daily: Mapped[int] = mapped_column(Number)
    first_day: Mapped[int] = mapped_column(DayNumber)
    last_day: Mapped[int] = mapped_column(DayNumber)
    method: Mapped[int | None] = mapped_column(SmallNumber)
    recorded_in: Mapped[int] = mapped_column(Number)
    superseded_in: Mapped[int | None] = mapped_column(Number)
    debit_product_id: Mapped[int | None] = mapped_column(Number, info=SPARSE)
    credit_product_id: Mapped[int | None] = mapped_column(Number, info=SPARSE)
    cause: Mapped[int | None] = mapped_column(SmallNumber, info=SPARSE_LATER)


class StoredCatchUp(Base):
    """The service days that a lock moved into one movement, and that lock's last day.

    The movement itself is one day long: its posting date, the first open day then.
    """

    __tablename__ = "catch_ups"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "journal", "seq"],
            [JournalMovement.ledger_id, JournalMovement.journal, JournalMovement.seq],
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    journal: Mapped[int] = mapped_column(Number, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    first_day: Mapped[int] = mapped_column(DayNumber)
    last_day: Mapped[int] = mapped_column(DayNumber)
    locked_through: Mapped[int] = mapped_column(DayNumber)


class StoredCatchUpPart(Base):
    """Service days within a catch-up, as the columns of a movement.

    Amounts are signed: negative where they run against the catch-up's direction. They
    sum to the catch-up's amount.
    """

    __tablename__ = "catch_up_parts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "journal", "seq"],
            [StoredCatchUp.ledger_id, StoredCatchUp.journal, StoredCatchUp.seq],
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    journal: Mapped[int] = mapped_column(Number, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    position: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    amount: Mapped[int] = mapped_column(Number)
    daily: Mapped[int] = mapped_column(Number)
    first_day: Mapped[int] = mapped_column(DayNumber)
    last_day: Mapped[int] = mapped_column(DayNumber)


class MonthTotal(Base):
    """How one recording changed a month's total between two accounts.

    A total at any recording is the sum of these, however many journals there are.
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


class SpanTotal(Base):
    """How one recording changed what movements between two accounts sum to.

    By product and by the movements' first and last day, so that the part of a sum up to
    a day is computed as that of a movement. A product of 0 is none, and so is a cause.
    `side` is a `daybook.ledger.rules.SpanSide`. What a recording supersedes is
    subtracted in its rows; a row whose sums are zero isn't stored.
    """

    __tablename__ = "span_totals"
    __table_args__ = (ForeignKeyConstraint(["ledger_id"], [Ledger.id]), LEAN)

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    first_day: Mapped[int] = mapped_column(DayNumber, primary_key=True)
    last_day: Mapped[int] = mapped_column(DayNumber, primary_key=True)
    product_id: Mapped[int] = mapped_column(Number, primary_key=True)
    debit_role: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    credit_role: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    source: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    cause: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    side: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    amount: Mapped[int] = mapped_column(Number)
    daily: Mapped[int] = mapped_column(Number)


class MonthCount(Base):
    """How one recording changed the number of a month's journals, by source.

    A journal counts while it has a movement in force. Sums as `MonthTotal` does.
    """

    __tablename__ = "month_counts"
    __table_args__ = (ForeignKeyConstraint(["ledger_id"], [Ledger.id]), LEAN)

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    month: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    source: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    change: Mapped[int] = mapped_column(Number)


class CalendarDay(Base):
    """Every day that a document may have, for queries that need days as rows."""

    __tablename__ = "calendar"
    __table_args__ = (LEAN,)

    day: Mapped[int] = mapped_column(Number, primary_key=True)
    date: Mapped[str] = mapped_column(PlainText)
