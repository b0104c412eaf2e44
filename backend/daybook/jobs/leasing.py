"""Who renders a job: taking it, keeping it, giving it back and ending it.

A worker has a job for a while and says again and again that it lives. A job whose
worker is silent for too long is taken by another. Each function is a transaction of the
runtime store, and what a worker says of a job that isn't its own changes nothing.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from daybook.clock import moment_text
from daybook.db.engine import Store, WriteSession
from daybook.exports.commands import touch
from daybook.exports.formats import format_of
from daybook.exports.models import ExportJob
from daybook.jobs.rules import (
    ATTEMPTS_MAX,
    SILENT,
    ExportStatus,
    FailureCode,
    JobId,
    lost_message,
)


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that a worker has; `worker` is a name that is used for this once."""

    job_id: JobId
    worker: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rendering is, in lines; `total` is 0 until they are counted."""

    total: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """A rendered file: bytes, lines, hash and totals in minor units."""

    size: int
    rows: int
    sha256: bytes
    debit_total: int
    credit_total: int


async def take_job(
    store: Store, worker: str, *, lease: timedelta, now: datetime
) -> Lease | None:
    """Take the oldest job that nobody has, or whose worker is lost; None without any.

    One whose workers were lost too often fails.
    """
    clock = datetime.now(UTC)
    # A write is told to everybody who waits for one: also to the worker that asks.
    async with store.reads() as session:
        if await session.scalar(select(1).where(_is_free(clock)).limit(1)) is None:
            return None
    async with store.writes() as session:
        while True:
            job = await session.scalar(
                select(ExportJob)
                .where(_is_free(clock))
                .order_by(ExportJob.created_at, ExportJob.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if job is None:
                return None
            if job.status == ExportStatus.RUNNING:
                process = str(job.worker).partition("-")[0]
                _lose(job, SILENT.format(process, lease.total_seconds()), now)
            if job.status != ExportStatus.FAILED:
                break
            await session.flush()
        job.status = int(ExportStatus.RUNNING)
        job.attempts += 1
        job.worker, job.lease_until = worker, clock + lease
        job.started_at = job.started_at or now
        touch(job)
        job_id = JobId(job.organisation_id, job.number)
        return Lease(job_id, worker, job.file_name)


async def beat(store: Store, its: Lease, progress: Progress, lease: timedelta) -> bool:
    """Say how far the rendering is, and keep the job; whether it still is the worker's.

    Nothing is written where nothing is new and the lease has long to run.
    """
    clock = datetime.now(UTC)
    async with store.reads() as session:
        job = await session.get(ExportJob, tuple(its.job_id))
    if not _is_its(job, its):
        return False
    assert job is not None, "it is the worker's"
    assert job.lease_until is not None, "who has it has it for some time"
    is_counted = progress.total not in {0, job.rows_total}
    is_new = is_counted or progress.done > job.rows_done
    if not is_new and job.lease_until - clock > lease / 2:
        return True
    async with store.writes() as session:
        job = await _own(session, its)
        if job is None:
            return False
        job.lease_until = clock + lease
        if is_new:
            job.rows_total = progress.total or job.rows_total
            job.rows_done = max(job.rows_done, progress.done)
            touch(job)
    return True


async def finish(
    store: Store, its: Lease, made: Made, *, now: datetime, keep: timedelta
) -> ExportStatus | None:
    """End a job with its file, if it still is the worker's; give its status then."""
    async with store.writes() as session:
        job = await session.get(ExportJob, tuple(its.job_id), with_for_update=True)
        if job is None or not _is_its(job, its):
            return None if job is None else ExportStatus(job.status)
        job.status = int(ExportStatus.READY)
        job.worker = job.lease_until = None
        job.renderer = format_of(job.format).version
        job.rows_total = job.rows_done = made.rows
        job.file_bytes, job.file_sha256 = made.size, made.sha256
        job.debit_total, job.credit_total = made.debit_total, made.credit_total
        job.finished_at, job.expires_at = now, now + keep
        touch(job)
    return ExportStatus.READY


async def give_back(store: Store, its: Lease) -> None:
    """Let another take the job, whose worker ends in good order: it was no attempt."""
    async with store.writes() as session:
        job = await _own(session, its)
        if job is not None:
            job.status = int(ExportStatus.QUEUED)
            job.worker = job.lease_until = None
            job.attempts -= 1
            touch(job)


async def lose(store: Store, its: Lease, ending: str, *, now: datetime) -> None:
    """Note how a rendering ended without a result: it is tried again, or fails."""
    async with store.writes() as session:
        job = await _own(session, its)
        if job is not None:
            _lose(job, ending, now)


async def fail(
    store: Store, its: Lease, code: str, message: str, *, now: datetime
) -> None:
    """End a job without a file, if it still is the worker's."""
    async with store.writes() as session:
        job = await _own(session, its)
        if job is not None:
            _fail(job, code, message, now)


async def expire_jobs(store: Store, *, now: datetime) -> list[JobId]:
    """End the time of files that were kept long enough; which ones they were."""
    async with store.reads() as session:
        are_over = (
            ExportJob.status == int(ExportStatus.READY),
            ExportJob.expires_at <= now,
        )
        if await session.scalar(select(1).where(*are_over).limit(1)) is None:
            return []
    async with store.writes() as session:
        statement = select(ExportJob).where(*are_over).with_for_update()
        jobs = (await session.scalars(statement)).all()
        for job in jobs:
            job.status = int(ExportStatus.EXPIRED)
            touch(job)
        return [JobId(job.organisation_id, job.number) for job in jobs]


def _is_free(clock: datetime) -> ColumnElement[bool]:
    one = ExportJob
    return or_(
        one.status == int(ExportStatus.QUEUED),
        and_(one.status == int(ExportStatus.RUNNING), one.lease_until < clock),
    )


def _is_its(job: ExportJob | None, its: Lease) -> bool:
    return (
        job is not None
        and job.status == int(ExportStatus.RUNNING)
        and job.worker == its.worker
    )


async def _own(session: WriteSession, its: Lease) -> ExportJob | None:
    """The job, locked, if it is the worker's."""
    job = await session.get(ExportJob, tuple(its.job_id), with_for_update=True)
    return job if _is_its(job, its) else None


def _lose(job: ExportJob, ending: str, now: datetime) -> None:
    endings = [*json.loads(job.lost_attempts or "[]"), f"{ending}, {moment_text(now)}"]
    job.lost_attempts = json.dumps(endings)
    if job.attempts >= ATTEMPTS_MAX:
        message = lost_message(endings, job.attempts)
        _fail(job, FailureCode.WORKER_LOST, message, now)
        return
    job.status = int(ExportStatus.QUEUED)
    job.worker = job.lease_until = None
    touch(job)


def _fail(job: ExportJob, code: str, message: str, now: datetime) -> None:
    job.status = int(ExportStatus.FAILED)
    job.worker = job.lease_until = None
    job.failure_code, job.failure_message = code, message
    job.finished_at = now
    touch(job)
