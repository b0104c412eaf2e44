"""Tables of the audit trail."""

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText, SmallNumber
from daybook.ledger.models import LEAN, Organisation, Recording


class AuditRecord(Base):
    """An action that was recorded: append-only, numbered per organisation, chained.

    Every column is stored exactly as it is hashed (`daybook.audit.rules.Record`):
    `recorded_at` is text, so that no database's date type alters it.
    """

    __tablename__ = "audit_records"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        Index(None, "organisation_id", "subject_kind", "subject_id", "number"),
        # Filters of the trail, each in the order of pages (`daybook.reports.trail`).
        Index(None, "organisation_id", "recorded_at", "number"),
        Index(None, "organisation_id", "made_by", "number"),
        Index(None, "organisation_id", "action", "number"),
        Index(None, "organisation_id", "subject_kind", "number"),
        Index(None, "organisation_id", "made_by", "action", "number"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    recorded_at: Mapped[str] = mapped_column(PlainText)
    made_by: Mapped[str | None] = mapped_column(PlainText)
    action: Mapped[str] = mapped_column(PlainText)
    subject_kind: Mapped[str] = mapped_column(PlainText)
    subject_id: Mapped[str] = mapped_column(PlainText)
    details: Mapped[str] = mapped_column(PlainText)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Hash of the `RowDigests` of the written rows; None in records before digests."""


class AuditedRecording(Base):
    """Which audit record covers a ledger's recording: an append-only look-up table."""

    __tablename__ = "audited_recordings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "recording"], [Recording.ledger_id, Recording.number]
        ),
        Index(None, "ledger_id", "record"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    recording: Mapped[int] = mapped_column(Number, primary_key=True)
    record: Mapped[int] = mapped_column(Number)


class RowDigests(Base):
    """A digest of rows that an audit record covers: append-only.

    `form` identifies the table and its columns (`daybook.audit.forms`); `first_key` to
    `last_key` is the range of rows. `ledger_id` is 0 for an organisation's own rows.
    """

    __tablename__ = "row_digests"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    record: Mapped[int] = mapped_column(Number, primary_key=True)
    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    form: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    first_key: Mapped[int] = mapped_column(Number, primary_key=True)
    last_key: Mapped[int] = mapped_column(Number)
    row_count: Mapped[int] = mapped_column(Number)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    marks: Mapped[bytes] = mapped_column(LargeBinary)
    """Short hashes of parts of the rows, to locate a difference."""


class Person(Base):
    """The salt with which a person's name is hashed in the audit trail."""

    __tablename__ = "persons"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
