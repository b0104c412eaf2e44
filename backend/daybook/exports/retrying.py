"""Requesting an export again: the same file, pinned to the same recording."""

from datetime import datetime

from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.kind import EXPORTS
from daybook.exports.models import ExportJob
from daybook.idempotency.rules import request_hash
from daybook.jobs.commands import JobRequest, queue_job
from daybook.jobs.queries import get_job
from daybook.jobs.rules import ENDED_WITHOUT_FILE, UNFINISHED

REQUESTED = (
    *("format", "compression", "options", "granularity", "group_by", "ledger_id"),
    *("currency", "recording", "today", "renamings", "audit_record", "audit_hash"),
    *("selection", "filters", "file_name"),
)
"""The columns of a job that its request fixed, and that make its bytes."""


async def retry_export(  # noqa: PLR0913  (what, and by whom)
    database: Database,
    organisation_id: int,
    number: int,
    *,
    now: datetime,
    requested_by: str,
    key: str | None = None,
) -> ExportJob:
    """Queue the request of a failed, cancelled or expired export as a new job.

    A repeated key and number return the job that the first request queued. Raises
    Rejected if there is no such export, or it has a file, or will have.
    """
    store = database.runtime
    async with store.reads() as session:
        ended = await get_job(session, ExportJob, organisation_id, number)
    if ended is None:
        message = "there is no such export"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("id",))])
    if ended.status not in ENDED_WITHOUT_FILE:
        raise Rejected([Problem(ProblemCode.WRONG_STATUS, _why_not(ended), ("id",))])
    requested = {column: getattr(ended, column) for column in REQUESTED}
    digest = request_hash("retryExport", {"number": number})
    request = JobRequest(organisation_id, requested_by, now, digest, key)
    return await queue_job(store, EXPORTS, request, lambda: ExportJob(**requested))


def _why_not(job: ExportJob) -> str:
    if job.status in UNFINISHED:
        return f"export {job.number} hasn't ended: wait for it, or cancel it first"
    return f"export {job.number} is ready: download its file"
