"""The results of the operations `NewExportPage` and `CreateExport`."""

from dataclasses import dataclass
from datetime import datetime

from daybook_web.kit.results import CurrencyAmount, FilePosting, Money, Result


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
    """How far a job is."""

    percent: float


@dataclass(frozen=True, slots=True)
class JobFile(Result):
    """A job's file, while it is kept."""

    url: str
    filename: str
    rows: int
    debit_total: CurrencyAmount


@dataclass(frozen=True, slots=True)
class JobFailure(Result):
    """Why a job made no file."""

    message: str


@dataclass(frozen=True, slots=True)
class ExportJob(Result):
    """An export that was requested."""

    id: str
    status: str
    format: str
    granularity: str
    filters: str | None
    currency: str
    progress: JobProgress
    file: JobFile | None
    failure: JobFailure | None
    created_at: datetime
    requested_by: str


@dataclass(frozen=True, slots=True)
class ExportRecord(Result):
    """The record of a file."""

    number: int
    filename: str
    currency: str
    rows: int
    debit_total: CurrencyAmount
    made_at: datetime
    made_by: str
    posting: FilePosting | None


@dataclass(frozen=True, slots=True)
class Jobs(Result):
    """The last exports."""

    nodes: tuple[ExportJob, ...]


@dataclass(frozen=True, slots=True)
class Records(Result):
    """The last records."""

    nodes: tuple[ExportRecord, ...]


@dataclass(frozen=True, slots=True)
class NewExportPage(Result):
    """All that the page loads; `export_preflight` only if it was wanted."""

    ledgers: tuple[LedgerName, ...]
    export_jobs: Jobs
    export_records: Records
    export_preflight: ExportPreflight | None = None
