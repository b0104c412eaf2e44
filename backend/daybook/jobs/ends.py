"""Telling the activity log of jobs that ended, after their own rows say so.

The log is in the ledger's store and may have to wait for an import; a job never does.
So the two are committed one after the other, and a program may be killed in between:
a job first notes which line will be its own, and whoever finds that it is not known to
be told looks whether that line was written. What a kind records of a file goes with
the line, in one transaction: it is there once, as the line is.
"""

from datetime import datetime
from time import perf_counter
from typing import Any

from sqlalchemy import select

from daybook.activity.commands import write_activity
from daybook.activity.models import Activity
from daybook.activity.rules import Started
from daybook.db.engine import Database, Store, WriteSession
from daybook.jobs.kinds import AnyJob, JobKind
from daybook.jobs.models import Job
from daybook.jobs.rules import UNFINISHED, JobId, JobStatus
from daybook.ledger.commands import lock_organisation


async def untold_ends(store: Store, model: type[Job]) -> list[JobId]:
    """Jobs that ended and are not in the activity log, in the order of their making."""
    one = model
    statement = (
        select(one.organisation_id, one.number)
        .where(one.is_logged.is_(False), one.status.not_in(UNFINISHED))
        .order_by(one.created_at, one.number)
    )
    async with store.reads() as session:
        return [JobId(*row) for row in await session.execute(statement)]


async def tell_end(
    database: Database, kind: JobKind[Any], job_id: JobId, *, now: datetime
) -> None:
    """Write a job's line of the activity log, and what is recorded of its file.

    Killed at any moment, both are there once when this has been done again. Raises
    ClockRefused where a record can't be made now.
    """
    async with database.writes() as session:
        organisation = await lock_organisation(session, job_id.organisation_id)
        # Within the organisation's turn, so that of two servers one writes the line.
        async with database.runtime.writes() as beside:
            job = await beside.get_one(kind.model, tuple(job_id))
            is_told = job.is_logged or await _is_told(session, kind, job)
            if not is_told:
                job.activity_number = organisation.activities + 1
        if not is_told:
            number = await write_activity(
                session,
                organisation,
                kind=kind.activity,
                started=_started(job),
                message=_message(kind, job),
                made_by=job.requested_by,
                is_failed=job.status == JobStatus.FAILED,
            )
            assert number == job.activity_number, "lines are numbered without gaps"
            if job.file_sha256 is not None:
                # Last: an audit record closes what a transaction wrote.
                await kind.record(session, organisation, job, now)
    async with database.runtime.writes() as beside:
        job = await beside.get_one(kind.model, tuple(job_id))
        job.is_logged = True


async def _is_told(session: WriteSession, kind: JobKind[AnyJob], job: AnyJob) -> bool:
    """Whether the line that a job noted as its own was written, and as its own.

    Whoever noted it may have been killed, and the number is then another line's.
    """
    if job.activity_number is None:
        return False
    line = await session.get(Activity, (job.organisation_id, job.activity_number))
    return (
        line is not None
        and line.kind == kind.activity
        and line.message.startswith(f"{kind.name(job)}: ")
    )


def _started(job: Job) -> Started:
    started = job.started_at or job.created_at
    took = (job.finished_at or started) - started
    return Started(started, perf_counter() - took.total_seconds())


def _message(kind: JobKind[AnyJob], job: AnyJob) -> str:
    match JobStatus(job.status):
        case JobStatus.FAILED:
            told = job.failure_message
        case JobStatus.CANCELLED:
            told = "cancelled"
        case _:
            told = f"{job.rows_done:,} rows"
    return f"{kind.name(job)}: {told}"
