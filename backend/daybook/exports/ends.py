"""Telling the activity log of jobs that ended, after their own rows say so.

The log is in the ledger's store and may have to wait for an import; a job never does.
So the two are committed one after the other, and a program may be killed in between:
a job first notes which line will be its own, and whoever finds that it is not known to
be told looks whether that line was written.
"""

from time import perf_counter

from sqlalchemy import select

from daybook.activity.commands import write_activity
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind, Started
from daybook.db.engine import Database, Store, WriteSession
from daybook.exports.models import ExportJob
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
    """Write a job's line of the activity log, unless it is there.

    Killed at any moment, the line is there once when this has been done again.
    """
    async with database.writes() as session:
        organisation = await lock_organisation(session, job_id.organisation_id)
        # Within the organisation's turn, so that of two servers one writes the line.
        async with database.runtime.writes() as beside:
            job = await beside.get_one(ExportJob, tuple(job_id))
            is_told = job.is_logged or await _is_told(session, job)
            if not is_told:
                job.activity_number = organisation.activities + 1
        if not is_told:
            number = await write_activity(
                session,
                organisation,
                kind=ActivityKind.EXPORT,
                started=_started(job),
                message=_message(job),
                made_by=job.requested_by,
                is_failed=job.status == ExportStatus.FAILED,
            )
            assert number == job.activity_number, "lines are numbered without gaps"
    async with database.runtime.writes() as beside:
        job = await beside.get_one(ExportJob, tuple(job_id))
        job.is_logged = True


async def _is_told(session: WriteSession, job: ExportJob) -> bool:
    """Whether the line that a job noted as its own was written, and as its own.

    Whoever noted it may have been killed, and the number is then another line's.
    """
    if job.activity_number is None:
        return False
    line = await session.get(Activity, (job.organisation_id, job.activity_number))
    return (
        line is not None
        and line.kind == ActivityKind.EXPORT
        and line.message.startswith(f"{_name(job)}: ")
    )


def _started(job: ExportJob) -> Started:
    started = job.started_at or job.created_at
    took = (job.finished_at or started) - started
    return Started(started, perf_counter() - took.total_seconds())


def _message(job: ExportJob) -> str:
    match ExportStatus(job.status):
        case ExportStatus.FAILED:
            return f"{_name(job)}: {job.failure_message}"
        case ExportStatus.CANCELLED:
            return f"{_name(job)}: cancelled"
        case _:
            return f"{_name(job)}: {job.rows_done:,} rows"


def _name(job: ExportJob) -> str:
    by = "" if job.group_by is None else f" by {job.group_by or 'period'}"
    return f"export {job.number} of {job.currency} journals, {job.granularity}{by}"
