"""Tables of the audit trail."""

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText
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
