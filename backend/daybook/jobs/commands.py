"""Queueing and cancelling jobs, each in a transaction of the runtime store."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, update

from daybook.db.base import RuntimeBase
from daybook.db.dialects import advisory_lock
from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import count_rows, next_number
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.idempotency.rules import check_key, used_otherwise
from daybook.jobs.kinds import AnyJob, JobKind
from daybook.jobs.models import Job
from daybook.jobs.parts import end_lease
from daybook.jobs.rules import UNFINISHED, UNFINISHED_MAX, JobId, JobStatus

NUMBERS_LOCK = 0x6578
"""The advisory lock for numbering an organisation's jobs (PostgreSQL)."""


class JobRequest(NamedTuple):
    """A request of a job; with `key`, the same request returns the same job again."""

    organisation_id: int
    by: str
    now: datetime
    request_hash: bytes
    key: str | None = None


async def queue_job(  # noqa: PLR0913  (what, and by whom)
    store: Store,
    kind: JobKind[AnyJob],
    request: JobRequest,
    make: Callable[[], AnyJob],
    problems: Sequence[Problem] = (),
    *,
    behind: int = 0,
    like: Sequence[ColumnElement[bool]] = (),
) -> AnyJob:
    """Queue a job; `make` creates it with its kind's own columns.

    Its number is greater than `behind`. An unfinished job that is `like` it, by
    conditions of the model's columns, is returned in its place. Raises Rejected with
    the given problems and all that are found here.
    """
    problems = list(problems)
    async with store.writes() as session:
        await advisory_lock(session, NUMBERS_LOCK, request.organisation_id)
        known = None
        try:
            known = await _created(session, kind.model, request)
            if known is None and like:
                known = await _unfinished_like(session, kind.model, request, like)
            if known is None:
                await _check_unfinished(session, kind, request.organisation_id)
        except Rejected as rejected:
            problems += rejected.problems
        if problems:
            raise Rejected(problems)
        if known is not None:
            return known
        job = make()
        job.organisation_id = request.organisation_id
        number = await next_number(
            session,
            kind.model.number,
            kind.model.organisation_id == request.organisation_id,
        )
        job.number = max(number, behind + 1)
        _begin(job, request)
        session.add(job)
    # Behind the commit: a worker that is woken finds the job.
    store.live.wake(job.wake_name)
    return job


async def cancel_job(
    store: Store, model: type[AnyJob], job_id: JobId, *, now: datetime
) -> AnyJob | None:
    """Cancel an unfinished job; return the job as it is now, None if there is none.

    Its worker notices that it has lost the job, and removes what it has written.
    """
    async with store.writes() as session:
        job = await session.get(model, tuple(job_id), with_for_update=True)
        if job is not None and job.status in UNFINISHED:
            job.status = int(JobStatus.CANCELLED)
            await end_lease(session, job)
            job.finished_at = now
            touch(job)
    return job


async def rename_requester(
    store: Store, organisation_id: int, name: str, erased: str
) -> None:
    """Replace the name of an erased person in jobs of all kinds."""
    async with store.writes() as session:
        for table in RuntimeBase.metadata.sorted_tables:
            if "requested_by" in table.c:
                await session.execute(
                    update(table)
                    .where(
                        table.c.organisation_id == organisation_id,
                        table.c.requested_by == name,
                    )
                    .values(requested_by=erased)
                )


def touch(job: Job) -> None:
    """Count a change of a job, so that listeners are notified."""
    job.changes += 1
    job.changed_at = datetime.now(UTC)


async def _created(
    session: WriteSession, model: type[AnyJob], request: JobRequest
) -> AnyJob | None:
    """The job of the same request, if there is one.

    Raises Rejected if the key was used for another request.
    """
    if request.key is None:
        return None
    check_key(request.key)
    known = await session.scalar(
        select(model).where(
            model.organisation_id == request.organisation_id,
            model.idempotency_key == request.key,
        )
    )
    if known is not None and known.request_hash != request.request_hash:
        raise used_otherwise()
    return known


async def _unfinished_like(
    session: WriteSession,
    model: type[AnyJob],
    request: JobRequest,
    like: Sequence[ColumnElement[bool]],
) -> AnyJob | None:
    """The newest job of the organisation that meets the conditions and goes on."""
    found: AnyJob | None = await session.scalar(
        select(model)
        .where(
            model.organisation_id == request.organisation_id,
            model.status.in_(UNFINISHED),
            *like,
        )
        .order_by(model.number.desc())
        .limit(1)
    )
    return found


async def _check_unfinished(
    session: WriteSession, kind: JobKind[AnyJob], organisation_id: int
) -> None:
    model = kind.model
    waiting = await count_rows(
        session,
        model,
        model.organisation_id == organisation_id,
        model.status.in_(UNFINISHED),
    )
    if waiting >= UNFINISHED_MAX:
        message = f"{waiting} {kind.nouns} are waiting: let some end, or cancel them"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])


def _begin(job: Job, request: JobRequest) -> None:
    """Set the columns of a new job that waits to be taken."""
    job.requested_by, job.created_at = request.by, request.now
    job.idempotency_key, job.request_hash = request.key, request.request_hash
    job.status = int(JobStatus.QUEUED)
    job.changes, job.changed_at = 0, datetime.now(UTC)
    job.attempts = job.rows_total = job.rows_done = 0
    job.is_logged = False
