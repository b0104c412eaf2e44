"""Telling the activity log of jobs that ended, after their own rows say so.

The log is in the ledger's store and may have to wait for an import; a job never does.
"""

from time import perf_counter

from sqlalchemy import select

from daybook.activity.commands import write_activity
from daybook.activity.rules import ActivityKind, Started
from daybook.db.engine import Database, Store
from daybook.jobs.models import ExportJob
from daybook.jobs.rules import UNFINISHED, ExportStatus, JobId
from daybook.ledger.commands import lock_organisation


async def untold_ends(store: Store) -> list[JobId]:
    """Jobs that ended and are not in the activity log, in the order of their making."""
    one = ExportJob
    statement = (
        select(one.organisation_id, one.number)
        .where(one.is_logged.is_(False), one.status.not_in(UNFINISHED))
        .order_by(one.created_at, one.number)
    )
    async with store.reads() as session:
        return [JobId(*row) for row in await session.execute(statement)]


async def tell_end(database: Database, job_id: JobId) -> None:
    """Write a job's line of the activity log, unless it is there."""
    async with database.writes() as session:
        organisation = await lock_organisation(session, job_id.organisation_id)
        # Within the organisation's turn, so that of two servers one writes the line.
        async with database.runtime.writes() as beside:
            job = await beside.get_one(ExportJob, tuple(job_id))
            if job.is_logged:
                return
            job.is_logged = True
            await write_activity(
                session,
                organisation,
                kind=ActivityKind.EXPORT,
                started=_started(job),
                message=_message(job),
                made_by=job.requested_by,
                is_failed=job.status == ExportStatus.FAILED,
            )


def _started(job: ExportJob) -> Started:
    started = job.started_at or job.created_at
    took = (job.finished_at or started) - started
    return Started(started, perf_counter() - took.total_seconds())


def _message(job: ExportJob) -> str:
    what = f"{job.currency} journals, {job.granularity}"
    match ExportStatus(job.status):
        case ExportStatus.FAILED:
            return f"export {job.number} of {what}: {job.failure_message}"
        case ExportStatus.CANCELLED:
            return f"export {job.number} of {what}: cancelled"
        case _:
            return f"export {job.number} of {what}: {job.rows_done:,} rows"
