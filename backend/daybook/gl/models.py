"""Tables of the general ledger: inputs, files on their way, refreshes, segments."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.connections.models import GlConnection
from daybook.db.base import (
    Base,
    DayNumber,
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)
from daybook.jobs.models import Job
from daybook.ledger.models import LEAN
from daybook.storage.incoming import IncomingRow


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


class IncomingGlFile(IncomingRow):
    """An input that is about to be imported."""

    __tablename__ = "incoming_gl_files"
    __table_args__ = (Index(None, "begun_at"),)


class GlSegment(Base):
    """A connection's part of the dataset, as a refresh made it: append-only.

    Its number is that of its refresh. A refresh may fail, or end after a later one: so
    numbers have gaps, and rows come in the order of their audit records. Its files are
    in the storage of segments, below the number. With its pins they can be made again.
    """

    __tablename__ = "gl_segments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "connection"],
            [GlConnection.organisation_id, GlConnection.number],
        ),
        Index(None, "organisation_id", "connection", "number"),
        Index(None, "organisation_id", "record", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    connection: Mapped[int] = mapped_column(Number)
    imports_through: Mapped[int] = mapped_column(Number)
    """The last import that counts; later ones don't."""
    rates_refresh: Mapped[int] = mapped_column(Number)
    """The last refresh of the ECB's rates that counts; 0 for the shipped ones alone."""
    manual_through: Mapped[int] = mapped_column(Number)
    """The last manual rate that counts; 0 for none."""
    today: Mapped[int] = mapped_column(DayNumber)
    settings: Mapped[str] = mapped_column(PlainText)
    """The connection as it was: JSON, as `daybook.gl.building.pins` writes it."""
    reporting_currency: Mapped[str] = mapped_column(PlainText)
    data_time: Mapped[datetime] = mapped_column(UtcDateTime)
    """What the dataset calls "Data current as of"."""
    lines: Mapped[int] = mapped_column(Number)
    lines_by_type: Mapped[str] = mapped_column(PlainText)
    """A JSON object: counts by the names of `JournalType`."""
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of its lines as CSV, which other versions of the columnar files keep to."""
    file_bytes: Mapped[int] = mapped_column(Number)
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    positions_bytes: Mapped[int] = mapped_column(Number)
    positions_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    renderer: Mapped[int] = mapped_column(SmallNumber)
    """The version of the rules that made it."""
    notices: Mapped[str] = mapped_column(PlainText)
    """A JSON list, as `daybook.gl.rules.notices` reads it."""
    again_of: Mapped[int | None] = mapped_column(Number)
    """The segment that this one was made from the pins of, which it is equal to."""
    record: Mapped[int] = mapped_column(Number)
    """The audit record of the refresh."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str | None] = mapped_column(PlainText)


class GlRefresh(Job, RuntimeBase):
    """A refresh of a connection's segment: its inputs and settings are pinned."""

    __tablename__ = "gl_refreshes"

    connection: Mapped[int] = mapped_column(Number)
    imports_through: Mapped[int] = mapped_column(Number)
    rates_refresh: Mapped[int] = mapped_column(Number)
    manual_through: Mapped[int] = mapped_column(Number)
    today: Mapped[int] = mapped_column(DayNumber)
    settings: Mapped[str] = mapped_column(PlainText)
    reporting_currency: Mapped[str] = mapped_column(PlainText)
    again_of: Mapped[int | None] = mapped_column(Number)
    made: Mapped[str | None] = mapped_column(PlainText)
    """What its process reported of the segment: JSON; None until it is made."""
