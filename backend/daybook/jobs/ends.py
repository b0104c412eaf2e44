"""Logging the ends of jobs in the activity log, after their own rows are committed.

The log is in the ledger's store, where a write may have to wait for an import; a job
never waits. The two are therefore committed one after the other, and a program may be
killed in between. A job first notes the number that its line will have; later, anyone
who finds a job that isn't marked as logged can look for that line. What a kind records
about a file is part of the line's transaction, so that it, too, is written once.
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
from daybook.numbers import counted


async def unlogged_ends(store: Store, model: type[Job]) -> list[JobId]:
    """Jobs that ended and aren't marked as logged, in the order of their creation."""
    statement = (
        select(model.organisation_id, model.number)
        .where(model.is_logged.is_(False), model.status.not_in(UNFINISHED))
        .order_by(model.created_at, model.number)
    )
    async with store.reads() as session:
        return [JobId(*row) for row in await session.execute(statement)]


async def log_end(
    database: Database, kind: JobKind[Any], job_id: JobId, *, now: datetime
) -> None:
    """Write a job's line of the activity log, and record its file.

    If it is killed, it can be repeated: both are written once. Raises ClockRefused if
    nothing can be recorded now.
    """
    async with database.writes() as session:
        organisation = await lock_organisation(session, job_id.organisation_id)
        # The organisation is locked, so that only one of two servers writes the line.
        async with database.runtime.writes() as runtime:
            job = await runtime.get_one(kind.model, tuple(job_id))
            is_logged = job.is_logged or await _has_line(session, kind, job)
            if not is_logged:
                job.activity_number = organisation.activities + 1
        if not is_logged:
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
                # Last, since an audit record covers everything the transaction wrote.
                await kind.record(session, organisation, job, now)
    async with database.runtime.writes() as runtime:
        job = await runtime.get_one(kind.model, tuple(job_id))
        job.is_logged = True


async def _has_line(session: WriteSession, kind: JobKind[AnyJob], job: AnyJob) -> bool:
    """Whether the line with the number that a job noted was written, and is its own.

    If the program was killed in between, the number may belong to another line.
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
            outcome = job.failure_message
        case JobStatus.CANCELLED:
            outcome = "cancelled"
        case _:
            outcome = counted(job.rows_done, "row")
    return f"{kind.name(job)}: {outcome}"
