"""Leases of jobs: taking a job, keeping it, giving it back and ending it.

A worker leases a job for a while and extends the lease while it is alive. If a worker
is silent for too long, another takes its job. Each function is a transaction of the
runtime store; a worker that has lost its job changes nothing.
"""

import json
import logging
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import select

from daybook.clock import moment_text
from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import has_rows
from daybook.db.live import Progress
from daybook.db.migrate import current_revision, newest_revision
from daybook.jobs.commands import touch
from daybook.jobs.kinds import JobKind, Report, file_key
from daybook.jobs.models import Job
from daybook.jobs.parts import SharedJob, end_lease
from daybook.jobs.rules import (
    ATTEMPTS_MAX,
    RUNNING_MAX,
    SILENT,
    FailureCode,
    JobId,
    JobStatus,
    lost_message,
)
from daybook.jobs.turns import is_free, lock_turns, next_organisation, note_start
from daybook.storage.rules import StorageKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that a worker has; `worker` is a name for this lease only."""

    kind: JobKind[Any]
    job_id: JobId
    worker: str
    file_name: str

    @property
    def key(self) -> StorageKey:
        """The key of the file that the job will have."""
        return file_key(self.job_id, self.file_name)

    @property
    def shared(self) -> SharedJob:
        """The job under this lease, where others render parts of it."""
        return SharedJob(self.kind.model, self.job_id, self.worker)


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """A finished file: its size, rows and hash, and its process's report about it."""

    size: int
    rows: int
    sha256: bytes
    report: Report = field(default_factory=dict)


def new_name() -> str:
    """A name for a lease, which begins with this process's number."""
    return f"{os.getpid()}-{uuid4().hex}"


async def take_job(  # noqa: PLR0913  (keyword-only, each has its meaning)
    store: Store,
    kind: JobKind[Any],
    worker: str,
    *,
    lease: timedelta,
    now: datetime,
    running_max: int = RUNNING_MAX,
) -> Lease | None:
    """Take the oldest free job of the organisation whose turn it is; None without one.

    A job is free if it waits, or its worker is lost. An organisation with `running_max`
    running jobs has no turn. A job whose workers were lost too often fails. Nothing is
    taken from a store that a later version upgraded.
    """
    clock, model = datetime.now(UTC), kind.model
    # Read first: a write that takes nothing would wake this worker again.
    async with store.reads() as session:
        first = await next_organisation(session, kind, clock, running_max=running_max)
    if first is None:
        return None
    if not await is_known(store, kind):
        return None
    passed: set[int] = set()
    while True:
        async with store.writes() as session:
            await lock_turns(session)
            organisation_id = await next_organisation(
                session, kind, clock, running_max=running_max, passed=passed
            )
            if organisation_id is None:
                return None
            job = await session.scalar(
                select(model)
                .where(model.organisation_id == organisation_id, is_free(model, clock))
                .order_by(model.created_at, model.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if job is None:
                # Somebody is about to change it, and will look for work afterwards.
                passed.add(organisation_id)
                continue
            if job.status == JobStatus.RUNNING:
                process = str(job.worker).partition("-")[0]
                silent = SILENT.format(process, lease.total_seconds())
                await _lose(session, kind, job, silent, now)
            if job.status == JobStatus.FAILED:
                # Its event has a number that others wait for, so this ends here.
                continue
            job.status = int(JobStatus.RUNNING)
            job.attempts += 1
            job.worker, job.lease_until = worker, clock + lease
            job.started_at = job.started_at or now
            touch(job)
            await note_start(session, kind, organisation_id)
        return Lease(kind, job.job_id, worker, job.file_name)


async def is_known(store: Store, kind: JobKind[Any]) -> bool:
    """Whether this version knows all columns of a kind's jobs; it warns if it doesn't.

    It doesn't if a later version upgraded the store.
    """
    revision = await current_revision(store)
    if revision == newest_revision(store.history):
        return True
    logger.warning(
        "%s are left to other servers: the database is of another version (%s);"
        " restart this server with that version",
        *(kind.nouns, revision),
    )
    return False


async def beat(
    store: Store, lease: Lease, progress: Progress, duration: timedelta
) -> bool:
    """Report progress and extend the lease; return whether the worker has the job.

    Where a bus tells the progress, it is written when the lease is extended only;
    without one, whenever there is any. Nothing else is written.
    """
    clock = datetime.now(UTC)
    async with store.reads() as session:
        job = await session.get(lease.kind.model, tuple(lease.job_id))
    if not _is_held(job, lease):
        return False
    assert job is not None, "the worker has it"
    assert job.lease_until is not None, "a running job has a lease"
    # Told even if there is no more: a program that has just started hears it, too.
    is_told = store.live.tell(job.live_key, progress)
    is_counted = progress.total not in {0, job.rows_total}
    is_new = is_counted or progress.done > job.rows_done
    is_due = job.lease_until - clock <= duration / 2
    if not is_due and (is_told or not is_new):
        return True
    async with store.writes() as session:
        job = await _held(session, lease)
        if job is None:
            return False
        job.lease_until = clock + duration
        if is_new:
            job.rows_total = progress.total or job.rows_total
            job.rows_done = max(job.rows_done, progress.done)
            touch(job)
    return True


async def finish(
    store: Store,
    lease: Lease,
    file: FinishedFile,
    *,
    now: datetime,
    retention: timedelta,
) -> JobStatus | None:
    """End a job with its file if the worker still has it; return the job's status."""
    model, key = lease.kind.model, tuple(lease.job_id)
    async with store.writes() as session:
        job = await session.get(model, key, with_for_update=True)
        if job is None or not _is_held(job, lease):
            return None if job is None else JobStatus(job.status)
        job.status = int(JobStatus.READY)
        await end_lease(session, job)
        job.rows_total = job.rows_done = file.rows
        job.file_bytes, job.file_sha256 = file.size, file.sha256
        lease.kind.keep(job, file.report)
        job.finished_at, job.expires_at = now, now + retention
        touch(job)
        await lease.kind.announce(session, job, JobStatus.READY)
    return JobStatus.READY


async def give_back(store: Store, lease: Lease) -> None:
    """Requeue the job of a worker that stops normally; the attempt doesn't count."""
    async with store.writes() as session:
        job = await _held(session, lease)
        if job is None:
            return
        job.status = int(JobStatus.QUEUED)
        await end_lease(session, job)
        job.attempts -= 1
        touch(job)
    store.live.wake(job.wake_name)


async def lose(store: Store, lease: Lease, ending: str, *, now: datetime) -> None:
    """Record how an attempt ended without a result; the job is requeued, or fails."""
    async with store.writes() as session:
        job = await _held(session, lease)
        if job is not None:
            await _lose(session, lease.kind, job, ending, now)


async def fail(
    store: Store, lease: Lease, code: str, message: str, *, now: datetime
) -> None:
    """End a job without a file if the worker still has it."""
    async with store.writes() as session:
        job = await _held(session, lease)
        if job is not None:
            await _fail(session, lease.kind, job, _Failure(code, message, now))


async def expire_jobs(
    store: Store, kind: JobKind[Any], *, now: datetime
) -> list[JobId]:
    """Expire files past their retention; return their job ids."""
    model = kind.model
    is_expired = (model.status == int(JobStatus.READY), model.expires_at <= now)
    async with store.reads() as session:
        if not await has_rows(session, *is_expired):
            return []
    async with store.writes() as session:
        statement = select(model).where(*is_expired).with_for_update()
        jobs = (await session.scalars(statement)).all()
        for job in jobs:
            job.status = int(JobStatus.EXPIRED)
            touch(job)
            await kind.announce(session, job, JobStatus.EXPIRED)
        return [job.job_id for job in jobs]


def _is_held(job: Job | None, lease: Lease) -> bool:
    return (
        job is not None
        and job.status == int(JobStatus.RUNNING)
        and job.worker == lease.worker
    )


async def _held(session: WriteSession, lease: Lease) -> Job | None:
    """Lock the job of a lease; None if the worker doesn't have it any more."""
    model, key = lease.kind.model, tuple(lease.job_id)
    job = await session.get(model, key, with_for_update=True)
    return job if _is_held(job, lease) else None


async def _lose(
    session: WriteSession, kind: JobKind[Any], job: Job, ending: str, now: datetime
) -> None:
    endings = [*json.loads(job.lost_attempts or "[]"), f"{ending}, {moment_text(now)}"]
    job.lost_attempts = json.dumps(endings)
    if job.attempts >= ATTEMPTS_MAX:
        attempts = job.attempts
        message = lost_message(endings, attempts, noun=kind.noun, work=kind.work)
        failure = _Failure(FailureCode.WORKER_LOST, message, now)
        await _fail(session, kind, job, failure)
        return
    job.status = int(JobStatus.QUEUED)
    await end_lease(session, job)
    touch(job)


class _Failure(NamedTuple):
    code: str
    message: str
    at: datetime


async def _fail(
    session: WriteSession, kind: JobKind[Any], job: Job, failure: _Failure
) -> None:
    job.status = int(JobStatus.FAILED)
    await end_lease(session, job)
    job.failure_code, job.failure_message = failure.code, failure.message
    job.finished_at = failure.at
    touch(job)
    await kind.announce(session, job, JobStatus.FAILED)
