"""Tables of what came in of the general ledger, and of files on their way."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.connections.models import GlConnection
from daybook.db.base import (
    Base,
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)
from daybook.ledger.models import LEAN


class GlImport(Base):
    """What an import brought of a kind: append-only, numbered by organisation.

    Its rows are a columnar file in the storage of inputs, in the columns of its kind.
    """

    __tablename__ = "gl_imports"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "connection"],
            [GlConnection.organisation_id, GlConnection.number],
        ),
        CheckConstraint("kind BETWEEN 1 AND 99", "kind_is_known"),
        CheckConstraint("origin BETWEEN 1 AND 99", "origin_is_known"),
        Index(None, "organisation_id", "connection", "kind", "number"),
        Index(None, "organisation_id", "file_key", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    connection: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallNumber)
    """As in `daybook.gl.kinds.Kind`."""
    origin: Mapped[int] = mapped_column(SmallNumber)
    """As in `daybook.gl.kinds.Origin`."""
    file_name: Mapped[str] = mapped_column(PlainText)
    """What was read, for people."""
    source_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of all that was read, one file after the other."""
    file_key: Mapped[str] = mapped_column(PlainText)
    """Its key in the storage of inputs."""
    file_bytes: Mapped[int] = mapped_column(Number)
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int] = mapped_column(Number)
    documents: Mapped[int] = mapped_column(Number)
    first_number: Mapped[int | None] = mapped_column(Number)
    """Of the journals' numbers; None for other kinds."""
    last_number: Mapped[int | None] = mapped_column(Number)
    data_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the accounting system wrote it, if it says so."""
    record: Mapped[int] = mapped_column(Number)
    """The audit record of the import."""
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str | None] = mapped_column(PlainText)


class IncomingGlFile(RuntimeBase):
    """An input that is about to be imported, as `IncomingEvidence` is of evidence."""

    __tablename__ = "incoming_gl_files"
    __table_args__ = (Index(None, "begun_at"),)

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(PlainText, primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
