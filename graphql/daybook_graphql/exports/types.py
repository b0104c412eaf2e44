"""Export jobs as the schema shows them."""

import strawberry

from daybook.exports.manifests.manifest import file_count
from daybook.exports.models import ExportJob as StoredJob
from daybook.exports.stored_spec import totals_currency
from daybook.jobs.rules import JobStatus
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook_graphql.context import Info
from daybook_graphql.exports.enums import ExportCompression, ExportFormat, ExportStatus
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.exports.loaders import records_by_job
from daybook_graphql.exports.options import ExportOptions, options_shown
from daybook_graphql.exports.records import (
    ExportRecord,
    compression_shown,
    export_record_of,
    groupings_shown,
)
from daybook_graphql.journals.enums import Granularity, JournalGrouping
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, DateTime, moment_or_none
from daybook_graphql.ledgers.audit_heads import AuditHead, audit_head_of

field = strawberry.field


@strawberry.type(description="How far a rendering is, in rows below the header.")
class ExportProgress:
    done: BigInt = field(description="Rows that are written. It never goes back.")
    total: BigInt = field(
        description="Rows that there will be; 0 until they are counted, when the"
        " rendering begins."
    )
    percent: float = field(description="From 0 to 100; 100 when the file is ready.")


@strawberry.type(description="A file that is ready, and what it should come to.")
class ExportFile:
    url: str = field(description="Where to get it, from the server's own address.")
    expires_at: DateTime = field(description="Until when it is kept.")
    filename: str = field(description="Its name.")
    bytes: BigInt = field(description="Its size.")
    rows: BigInt = field(description="How many rows it has below the header.")
    parts: int = field(
        description="In how many parts it comes: one above its target's limit is a zip"
        " archive of several."
    )
    sha256: str = field(description="The SHA-256 of its bytes, hexadecimal.")
    debit_total: Money = field(description="What its debits sum to.")
    credit_total: Money = field(description="What its credits sum to: the same.")


@strawberry.type(description="Why there is no file.")
class ExportFailure:
    code: str = field(
        description="`WORKER_LOST`, `STORAGE_FAILED`, `TOTALS_DIFFER`, `TOO_LARGE` or"
        " `UNSUPPORTED`; expect more."
    )
    message: str = field(
        description="What happened, and what to do about it, for people. Of"
        " `WORKER_LOST` it tells how each attempt ended."
    )


@listed("An export", "exports", page="A page of exports, newest first.")
@strawberry.type(
    description="An export: what was asked for, how far it is, and what came of it. It"
    " renders the ledger at the recording at which it was asked for, so that it makes"
    " the same bytes whenever it runs."
)
class ExportJob(Node):
    number: int = field(
        description="Its number in the organisation, which pages, mail and webhooks"
        " name it by."
    )
    status: ExportStatus = field(description="Where it stands.")
    format: ExportFormat = field(description="What the file is written as.")
    compression: ExportCompression | None = field(
        description="How the file is compressed; null where it is not."
    )
    options: ExportOptions = field(
        description="What was asked of the file beside its selection."
    )
    granularity: Granularity = field(description="Whether rows are of days or months.")
    group_by: list[JournalGrouping] | None = field(
        description="What its rows are groups by; null where they are of journals."
    )
    filters: str | None = field(
        description="The filters that were asked for, as the report's address has them;"
        " empty for all journals, and null for exports of an earlier version."
    )
    currency: CurrencyCode = field(description="The ledger, by its currency.")
    recording: BigInt = field(description="The ledger's recording that it renders.")
    audit_head: AuditHead | None = field(
        description="The last audit record when it was asked for; null before the first"
        " one, and for exports of an earlier version."
    )
    progress: ExportProgress = field(description="Rows done of rows expected.")
    file: ExportFile | None = field(description="The file, while it is `READY`.")
    failure: ExportFailure | None = field(
        description="Why there is none, where it `FAILED`."
    )
    created_at: DateTime = field(description="When it was asked for.")
    started_at: DateTime | None = field(description="When its rendering first began.")
    finished_at: DateTime | None = field(
        description="When it was ready, failed or cancelled."
    )
    requested_by: str = field(description="Who asked for it.")
    record_key: strawberry.Private[tuple[int, bytes] | None]

    @field(
        description="The record of its file, which the ledger keeps for ever; null"
        " until it is written, soon after the job is `READY`."
    )
    async def record(self, info: Info) -> ExportRecord | None:
        if self.record_key is None:
            return None
        record = await records_by_job(info.context).load(self.record_key)
        return None if record is None else export_record_of(record)


def export_job_of(job: StoredJob) -> ExportJob:
    """A stored job as the schema shows it."""
    file_hash = job.file_sha256
    return ExportJob(
        node_id=ExportJobId(job.number),
        number=job.number,
        status=ExportStatus(JobStatus(job.status)),
        format=ExportFormat(job.format),
        compression=compression_shown(job.compression),
        options=options_shown(job.options),
        granularity=Granularity(StoredGranularity(job.granularity)),
        group_by=groupings_shown(job.group_by),
        filters=job.filters,
        currency=CurrencyCode(job.currency),
        recording=BigInt(job.recording),
        audit_head=audit_head_of(job.audit_record, job.audit_hash),
        progress=_progress(job),
        file=_file(job) if job.status == JobStatus.READY else None,
        failure=_failure(job),
        created_at=DateTime(job.created_at),
        started_at=moment_or_none(job.started_at),
        finished_at=moment_or_none(job.finished_at),
        requested_by=job.requested_by,
        record_key=None if file_hash is None else (job.number, file_hash),
    )


def _progress(job: StoredJob) -> ExportProgress:
    is_finished = job.status in {JobStatus.READY, JobStatus.EXPIRED}
    percent = 100.0 if is_finished else 0.0
    if job.rows_total and not is_finished:
        percent = round(100 * job.rows_done / job.rows_total, 1)
    return ExportProgress(
        done=BigInt(job.rows_done), total=BigInt(job.rows_total), percent=percent
    )


def _file(job: StoredJob) -> ExportFile:
    assert job.expires_at is not None, "a ready file expires"
    assert job.file_sha256 is not None, "a ready file has its hash"
    currency = totals_currency(job.options, job.currency)
    return ExportFile(
        url=f"/exports/{job.number}/{job.file_name}",
        expires_at=DateTime(job.expires_at),
        filename=job.file_name,
        bytes=BigInt(job.file_bytes or 0),
        rows=BigInt(job.rows_done),
        parts=file_count(job.manifest),
        sha256=job.file_sha256.hex(),
        debit_total=money(job.debit_total or 0, currency),
        credit_total=money(job.credit_total or 0, currency),
    )


def _failure(job: StoredJob) -> ExportFailure | None:
    if job.failure_code is None:
        return None
    return ExportFailure(code=job.failure_code, message=job.failure_message or "")
