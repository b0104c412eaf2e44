"""Tables of exports: jobs in the runtime store, the files' records, their postings."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    SPARSE,
    SPARSE_LATER,
    Base,
    DayNumber,
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)
from daybook.jobs.models import Job
from daybook.ledger.models import LEAN, Ledger, Organisation


class ExportJob(Job, RuntimeBase):
    """A requested export: its ledger, recording and selection are fixed."""

    __tablename__ = "export_jobs"

    format: Mapped[int] = mapped_column(SmallNumber)
    compression: Mapped[str | None] = mapped_column(PlainText)
    """How the file is compressed; None if it isn't."""
    options: Mapped[str | None] = mapped_column(PlainText)
    """The options that differ from the defaults, as JSON; None if none do."""
    granularity: Mapped[str] = mapped_column(PlainText)
    group_by: Mapped[str | None] = mapped_column(PlainText)
    """The groupings, with commas between; None for journals."""
    ledger_id: Mapped[int] = mapped_column(Number)
    currency: Mapped[str] = mapped_column(PlainText)
    recording: Mapped[int] = mapped_column(Number)
    today: Mapped[int] = mapped_column(DayNumber)
    """The day that divides posted from scheduled where the selection doesn't say."""
    renamings: Mapped[int] = mapped_column(Number)
    """How many customers and products had been renamed at the recording."""
    audit_record: Mapped[int | None] = mapped_column(Number)
    """The last audit record when the job was made, if there was one."""
    audit_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    selection: Mapped[str] = mapped_column(PlainText)
    """The filter as JSON, with ids in Daybook instead of names."""
    filters: Mapped[str | None] = mapped_column(PlainText)
    """The filter as requested, in the form of a query string; None for old jobs."""

    renderer: Mapped[int | None] = mapped_column(SmallNumber)
    """The version of the renderer that made the file."""
    debit_total: Mapped[int | None] = mapped_column(Number)
    credit_total: Mapped[int | None] = mapped_column(Number)
    manifest: Mapped[str | None] = mapped_column(PlainText)
    """The file's manifest as JSON, once it is made."""
    link_epoch: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How often the links to the file were revoked: those of earlier epochs end."""
    first_downloaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the end of the file was first sent to somebody."""


class ExportRecord(Base):
    """A file made by a job or by `daybook export`: append-only.

    Numbered by organisation, without gaps. The record stays, the file expires.
    """

    __tablename__ = "export_records"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        Index(None, "organisation_id", "job_number"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """As its audit record: no earlier than what was recorded before."""
    made_by: Mapped[str] = mapped_column(PlainText)
    ledger_id: Mapped[int] = mapped_column(Number)
    recording: Mapped[int] = mapped_column(Number)
    renamings: Mapped[int] = mapped_column(Number)
    divides_on: Mapped[int] = mapped_column(DayNumber)
    """The last day of posted entries: those behind it were scheduled."""
    selection: Mapped[str] = mapped_column(PlainText)
    """The filter as JSON, as in `export_jobs`."""
    filters: Mapped[str | None] = mapped_column(PlainText)
    """The filter as requested, as in `export_jobs`."""
    format: Mapped[int] = mapped_column(SmallNumber)
    granularity: Mapped[str] = mapped_column(PlainText)
    group_by: Mapped[str | None] = mapped_column(PlainText)
    """What journals are grouped by, separated by commas; None if not grouped."""
    renderer: Mapped[int] = mapped_column(SmallNumber)
    file_name: Mapped[str] = mapped_column(PlainText)
    row_count: Mapped[int] = mapped_column(Number)
    """Lines below the header."""
    debit_total: Mapped[int] = mapped_column(Number)
    credit_total: Mapped[int] = mapped_column(Number)
    file_bytes: Mapped[int] = mapped_column(Number)
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    audit_record: Mapped[int | None] = mapped_column(Number)
    """The last audit record when the journals were pinned, if there was one."""
    audit_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    job_number: Mapped[int | None] = mapped_column(Number)
    """The job that made the file, if one did."""
    compression: Mapped[str | None] = mapped_column(PlainText, info=SPARSE)
    """How the file is compressed; None if it isn't."""
    options: Mapped[str | None] = mapped_column(PlainText, info=SPARSE_LATER)
    """The options that differ from the defaults, as JSON; None if none do."""
    manifest: Mapped[str | None] = mapped_column(PlainText, info=SPARSE_LATER)
    """The file's manifest as JSON; None for files that were made before manifests."""


class ExportPosting(Base):
    """A file's record was marked as loaded into its target: append-only.

    Numbered by organisation, without gaps. A record is posted while it has a posting
    that was not undone; it has one such at most.
    """

    __tablename__ = "export_postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "record"],
            [ExportRecord.organisation_id, ExportRecord.number],
        ),
        Index(None, "organisation_id", "record"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    record: Mapped[int] = mapped_column(Number)
    posted_on: Mapped[int] = mapped_column(DayNumber)
    """The day on which the target took the file."""
    reference: Mapped[str] = mapped_column(PlainText)
    """What the target calls it, such as the number of its journal."""
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    marked_by: Mapped[str | None] = mapped_column(PlainText)


class UndonePosting(Base):
    """A posting was undone, once and for all: append-only."""

    __tablename__ = "undone_postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "posting"],
            [ExportPosting.organisation_id, ExportPosting.number],
        ),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    posting: Mapped[int] = mapped_column(Number, primary_key=True)
    reason: Mapped[str] = mapped_column(PlainText)
    undone_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(PlainText)
