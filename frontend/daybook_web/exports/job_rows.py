"""Exports as rows of a table: what each is of, where it stands, what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from daybook.reports.trail.names import person_name
from daybook_web.exports.results import ExportJob, RecordOfJob
from daybook_web.exports.words import STATES, file_title, filter_words
from daybook_web.kit.formats import count, sentence
from daybook_web.kit.results import CurrencyAmount, FilePosting

MOVING = frozenset({"QUEUED", "RUNNING"})
ENDED_WITHOUT_FILE = frozenset({"FAILED", "CANCELLED", "EXPIRED"})
DOTS = {"QUEUED": "none", "RUNNING": "half", "READY": "full"}
"""The dots of states; others have none."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is that is being made."""

    percent: float
    words: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """An export; the addresses of what can't be done are empty."""

    id: str
    number: int
    name: str
    """That of its file, by which journals and the audit trail know it; without a file
    that of the export."""
    page: str
    title: str
    details: str
    sha256: str
    rows: str
    total: CurrencyAmount | None
    dot: str
    state: str
    is_failed: bool
    message: str
    progress: Progress | None
    kept_until: datetime | None
    posting: FilePosting | None
    by: str
    at: datetime
    file_name: str
    file_url: str
    difference_url: str
    is_moving: bool
    is_awaited: bool
    """Whether its file or the file's record isn't there yet."""
    is_unposted: bool
    """Whether its file could be marked as posted."""
    may_be_made_again: bool

    @classmethod
    def of(cls, job: ExportJob) -> "JobRow":
        """The row of an export."""
        file, record = job.file, job.record
        made = file or record
        posting = record.posting if record else None
        is_moving = job.status in MOVING
        return cls(
            id=job.id,
            number=job.number,
            name=record_name(record.number) if record else f"Export {job.number}",
            page=page_of(job.number),
            title=file_title(job.currency, job.filters, job.format, job.granularity),
            details=_details(job),
            sha256=made.sha256 if made else "",
            rows=f"{made.rows:,}" if made else "",
            total=made.debit_total if made else None,
            dot=DOTS.get(job.status, ""),
            state=STATES.get(job.status, job.status),
            is_failed=job.failure is not None,
            message=sentence(job.failure.message) if job.failure else "",
            progress=progress_of(job),
            kept_until=file.expires_at if file else None,
            posting=posting,
            by=person_name(job.requested_by),
            at=job.created_at,
            file_name=file.filename if file else "",
            file_url=file.url if file else "",
            difference_url=difference_url(job.currency, record),
            is_moving=is_moving,
            # The record is written soon after the file is there.
            is_awaited=is_moving or (file is not None and record is None),
            is_unposted=record is not None and posting is None,
            may_be_made_again=job.status in ENDED_WITHOUT_FILE,
        )


def job_rows(jobs: Sequence[ExportJob]) -> list[JobRow]:
    """The rows of exports, in their order."""
    return [JobRow.of(job) for job in jobs]


def record_name(number: int) -> str:
    """What a file is called, by the number of its record."""
    return f"File {number}"


def page_of(number: int) -> str:
    """The address of an export's page."""
    return f"/exports/{number}"


def page_of_record(number: int) -> str:
    """The address of the page of a file's record."""
    return f"/exports/files/{number}"


def difference_url(currency: str, record: RecordOfJob | None) -> str:
    """Where the difference to a file is exported; empty unless it is posted."""
    if record is None or record.posting is None:
        return ""
    return difference_address(currency, record.number)


def difference_address(currency: str, number: int) -> str:
    """Where the difference to the posted file of a record is exported."""
    return f"/exports/new?{urlencode({'currency': currency, 'since': number})}"


def progress_of(job: ExportJob) -> Progress | None:
    """How far an export is; None unless it is being made and its rows are counted."""
    done, total = job.progress.done, job.progress.total
    if job.status != "RUNNING" or not total:
        return None
    return Progress(job.progress.percent, f"{done:,} of {total:,} lines")


def _details(job: ExportJob) -> str:
    """The other filters, what it is a difference to, and in how many parts it comes."""
    words = [f"{choice.value}: {choice.text}" for choice in filter_words(job.filters)]
    if job.options.since is not None:
        words.insert(0, "Difference to a posted file")
    if job.file is not None and job.file.parts > 1:
        words.append(count(job.file.parts, "file", "files"))
    return " · ".join(words)
