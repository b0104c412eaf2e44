"""Tables of the audit trail."""

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText, SmallNumber
from daybook.ledger.models import LEAN, Organisation, Recording


class AuditRecord(Base):
    """Something that was done: append-only, numbered by organisation, chained.

    All is stored as it is hashed (`daybook.audit.rules.Record`): `recorded_at` is text,
    so that no type of a database's own comes between.
    """

    __tablename__ = "audit_records"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        Index(None, "organisation_id", "subject_kind", "subject_id", "number"),
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
    """Of the rows that were written (`RowDigests`); None before there were any."""


class AuditedRecording(Base):
    """Which audit record tells of a ledger's recording: append-only, a look-up."""

    __tablename__ = "audited_recordings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "recording"], [Recording.ledger_id, Recording.number]
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    recording: Mapped[int] = mapped_column(Number, primary_key=True)
    record: Mapped[int] = mapped_column(Number)


class RowDigests(Base):
    """A digest of rows that an audit record covers: append-only.

    `form` says which rows and columns (`daybook.audit.forms`), and `first_key` to
    `last_key` which of them. An organisation's own rows have no ledger: it is 0.
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
    """Short hashes of its parts, to locate what differs."""


class Person(Base):
    """The salt by which a person's name enters the audit trail's hashes."""

    __tablename__ = "persons"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
