"""The results of the operations of the pages of exports."""

from dataclasses import dataclass
from datetime import datetime

from daybook_web.kit.results import (
    CurrencyAmount,
    FilePosting,
    Money,
    PageInfo,
    Result,
)
from daybook_web.kit.saved import SavedFilter
from daybook_web.reports.other_methods import OtherMethodsChecked


@dataclass(frozen=True, slots=True)
class LedgerName(Result):
    """A ledger, by its currency."""

    currency: str


@dataclass(frozen=True, slots=True)
class PreflightAccount(Result):
    """What an account has in the file."""

    name: str
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class PreflightFinding(Result):
    """Something that the target would not take as it is."""

    code: str
    blocks: bool
    title: str
    message: str
    way_out: str
    places: tuple[str, ...]
    record_id: str | None


@dataclass(frozen=True, slots=True)
class ExportPreflight(Result):
    """What is known of the file before it is made."""

    filename: str
    rows: int
    files: int
    debit_total: CurrencyAmount
    credit_total: CurrencyAmount
    accounts: tuple[PreflightAccount, ...]
    findings: tuple[PreflightFinding, ...]
    first_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobProgress(Result):
    """How far a job is, in rows below the header."""

    done: int
    total: int
    percent: float


@dataclass(frozen=True, slots=True)
class JobFile(Result):
    """A job's file, while it is kept."""

    url: str
    filename: str
    rows: int
    parts: int
    sha256: str
    expires_at: datetime
    debit_total: CurrencyAmount


@dataclass(frozen=True, slots=True)
class JobFailure(Result):
    """Why a job made no file."""

    message: str


@dataclass(frozen=True, slots=True)
class JobOptions(Result):
    """The record, by its id, to whose file a job's file holds the difference."""

    since: str | None


@dataclass(frozen=True, slots=True)
class RecordOfJob(Result):
    """The record of the file that a job made."""

    number: int
    rows: int
    sha256: str
    debit_total: CurrencyAmount
    posting: FilePosting | None


@dataclass(frozen=True, slots=True)
class ExportJob(Result):
    """An export that was requested."""

    id: str
    number: int
    status: str
    format: str
    granularity: str
    filters: str | None
    currency: str
    options: JobOptions
    progress: JobProgress
    file: JobFile | None
    failure: JobFailure | None
    created_at: datetime
    requested_by: str
    record: RecordOfJob | None


@dataclass(frozen=True, slots=True)
class Jobs(Result):
    """The last exports."""

    nodes: tuple[ExportJob, ...]


@dataclass(frozen=True, slots=True)
class PostedRecord(Result):
    """The record of a posted file, which a difference can be made to."""

    number: int
    currency: str
    filters: str | None
    format: str | None
    granularity: str
    options: JobOptions
    posting: FilePosting


@dataclass(frozen=True, slots=True)
class PostedRecords(Result):
    """The newest posted files of a ledger."""

    nodes: tuple[PostedRecord, ...]


@dataclass(frozen=True, slots=True)
class NewExportPage(Result):
    """All that the page loads; the last two only if a preflight was wanted."""

    ledgers: tuple[LedgerName, ...]
    posted: PostedRecords
    export_jobs: Jobs
    export_preflight: ExportPreflight | None = None
    close_checklist: OtherMethodsChecked | None = None


@dataclass(frozen=True, slots=True)
class FileOfCommand(Result):
    """The record of a file that a command made."""

    number: int
    filename: str
    currency: str
    rows: int
    sha256: str
    debit_total: CurrencyAmount
    made_at: datetime
    made_by: str
    posting: FilePosting | None


@dataclass(frozen=True, slots=True)
class JobsFound(Jobs):
    """A page of the exports that fit a filter, and how many fit."""

    total_count: int
    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class FilesFound(Result):
    """A page of files of commands."""

    page_info: PageInfo
    nodes: tuple[FileOfCommand, ...]


@dataclass(frozen=True, slots=True)
class Persons(Result):
    """Everybody who did something, as the audit trail names them."""

    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportsPage(Result):
    """All that the list loads; no rows where the address doesn't fit."""

    ledgers: tuple[LedgerName, ...]
    saved_filters: tuple[SavedFilter, ...]
    audit_choices: Persons
    export_jobs: JobsFound | None = None
    export_records: FilesFound | None = None
