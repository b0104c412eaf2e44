"""The results of the operations of an export's page, and of a file's."""

from dataclasses import dataclass
from datetime import date, datetime

from daybook_web.exports.results import ExportJob, JobOptions, RecordOfJob
from daybook_web.kit.results import CurrencyAmount, FilePosting, Result


@dataclass(frozen=True, slots=True)
class FileOptions(JobOptions):
    """What was asked of a file beside what it selects; None where nothing was."""

    preset: str | None
    date_form: str | None
    converted_into: str | None
    max_rows: int | None
    default_account: str | None
    opens: str | None


@dataclass(frozen=True, slots=True)
class TrailHead(Result):
    """The last audit record when something was asked for."""

    number: str
    hash: str


@dataclass(frozen=True, slots=True)
class Undoing(Result):
    """How a posting was undone."""

    reason: str
    undone_at: datetime
    undone_by: str | None


@dataclass(frozen=True, slots=True)
class MarkedPosting(FilePosting):
    """A posting, and who marked it."""

    marked_at: datetime
    marked_by: str | None


@dataclass(frozen=True, slots=True)
class PastPosting(MarkedPosting):
    """A posting, and how it was undone, if it was."""

    undoing: Undoing | None


@dataclass(frozen=True, slots=True)
class FileRecord(RecordOfJob):
    """The record of a file."""

    id: str
    made_at: datetime
    made_by: str
    currency: str
    recording: int
    posted_through: date
    filters: str | None
    format: str | None
    compression: str | None
    options: FileOptions
    granularity: str
    group_by: tuple[str, ...] | None
    renderer: int
    filename: str
    bytes: str
    credit_total: CurrencyAmount
    audit_head: TrailHead | None
    manifest: str | None
    posting: MarkedPosting | None
    postings: tuple[PastPosting, ...]


@dataclass(frozen=True, slots=True)
class WholeJob(ExportJob):
    """An export with all that is known of it."""

    recording: int
    compression: str | None
    group_by: tuple[str, ...] | None
    options: FileOptions
    audit_head: TrailHead | None
    started_at: datetime | None
    finished_at: datetime | None
    record: FileRecord | None


@dataclass(frozen=True, slots=True)
class ExportPage(Result):
    """The export; None if there is none."""

    export_job: WholeJob | None


@dataclass(frozen=True, slots=True)
class ExportFilePage(Result):
    """The record; None if there is none."""

    node: FileRecord | None
