"""Tables of evidence: attachments and their removals, and files on their way."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText, UtcDateTime
from daybook.ledger.models import LEAN, Organisation
from daybook.storage.incoming import IncomingRow


class Attachment(Base):
    """A file that was attached to something as evidence: append-only.

    Numbered by organisation, without gaps. Its content is in the storage of evidence,
    and stays there after a removal.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        Index(None, "organisation_id", "subject_kind", "subject_id", "number"),
        Index(None, "organisation_id", "file_key", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(PlainText)
    subject_id: Mapped[str] = mapped_column(PlainText)
    """As in `EvidenceSubject`."""
    file_name: Mapped[str] = mapped_column(PlainText)
    media_type: Mapped[str] = mapped_column(PlainText)
    description: Mapped[str | None] = mapped_column(PlainText)
    file_key: Mapped[str] = mapped_column(PlainText)
    """Its key in the storage of evidence."""
    file_bytes: Mapped[int] = mapped_column(Number)
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    record: Mapped[int] = mapped_column(Number)
    """The audit record of the attachment."""
    attached_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attached_by: Mapped[str | None] = mapped_column(PlainText)


class RemovedAttachment(Base):
    """An attachment was removed, once and for all: append-only. Its file is kept."""

    __tablename__ = "removed_attachments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "attachment"],
            [Attachment.organisation_id, Attachment.number],
        ),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    attachment: Mapped[int] = mapped_column(Number, primary_key=True)
    reason: Mapped[str] = mapped_column(PlainText)
    removed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_by: Mapped[str | None] = mapped_column(PlainText)


class IncomingEvidence(IncomingRow):
    """A file that is about to be attached."""

    __tablename__ = "incoming_evidence"
    __table_args__ = (Index(None, "begun_at"),)
