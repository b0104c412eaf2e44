"""Parts of a job that several workers render: cutting them, leases, results.

The worker that has the job coordinates: its process cuts the job into parts and joins
what helpers make of them. A helper leases a part as a worker leases a job. Each
function is a transaction of the runtime store; a helper that has lost its part changes
nothing.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.dialects import advisory_lock
from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import count_rows, has_rows
from daybook.jobs.models import Job, JobPart
from daybook.jobs.rules import ATTEMPTS_MAX, JobId, JobStatus

PARTS_LOCK = 0x7061_7274
"""The advisory lock that a helper holds while it takes a part (PostgreSQL)."""


class SharedJob(NamedTuple):
    """A job whose parts are rendered by several workers, under one lease."""

    model: type[Job]
    job_id: JobId
    coordinator: str

    @property
    def its_parts(self) -> ColumnElement[bool]:
        """Whether a part is one of its own."""
        return and_(
            JobPart.kind == self.model.__tablename__,
            JobPart.organisation_id == self.job_id.organisation_id,
            JobPart.number == self.job_id.number,
            JobPart.coordinator == self.coordinator,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a helper has."""

    job: SharedJob
    index: int
    task: Any
    helper: str


async def cut_job(store: Store, job: SharedJob, tasks: Sequence[Any]) -> bool:
    """Cut a job into parts with these tasks; False if its lease was lost."""
    async with store.writes() as session:
        row = await session.get(job.model, tuple(job.job_id), with_for_update=True)
        if row is None or row.worker != job.coordinator:
            return False
        assert row.status == JobStatus.RUNNING, "a job with a worker runs"
        common = {
            "kind": job.model.__tablename__,
            **job.job_id._asdict(),
            "coordinator": job.coordinator,
            "attempts": 0,
        }
        rows = [
            {**common, "index": index, "task": json.dumps(task)}
            for index, task in enumerate(tasks)
        ]
        await session.execute(insert(JobPart), rows)
    return True


async def end_lease(session: WriteSession, job: Job) -> None:
    """End the lease of a job; its parts go with it."""
    job.worker = job.lease_until = None
    await session.execute(
        delete(JobPart).where(
            JobPart.kind == type(job).__tablename__,
            JobPart.organisation_id == job.organisation_id,
            JobPart.number == job.number,
        )
    )


async def count_free(store: Store, model: type[Job], passed: Collection[str]) -> int:
    """How many parts wait for helpers, except for those of the leases in `passed`."""
    is_free = _is_free_of(model, datetime.now(UTC), passed)
    async with store.reads() as session:
        return await count_rows(session, JobPart, is_free)


async def take_part(
    store: Store,
    model: type[Job],
    helper: str,
    duration: timedelta,
    *,
    passed: Collection[str] = (),
) -> Part | None:
    """Take the next free part of the job whose turn it is; None if none is free.

    It is a job of the organisation that is helped least, and there the job that is
    helped least. Jobs under the leases in `passed` are left to others.
    """
    clock = datetime.now(UTC)
    # Read first: a write that takes nothing would wake everybody.
    async with store.reads() as session:
        if not await has_rows(session, _is_free_of(model, clock, passed)):
            return None
    async with store.writes() as session:
        await advisory_lock(session, PARTS_LOCK)
        job = await _least_helped(session, model, clock, passed)
        if job is None:
            return None
        return await _take(session, job, helper, clock, duration)


async def take_part_of(
    store: Store, job: SharedJob, helper: str, duration: timedelta
) -> Part | None:
    """Take the next free part of a job; None if none is free."""
    clock = datetime.now(UTC)
    async with store.reads() as session:
        if not await has_rows(session, job.its_parts, _is_free(clock)):
            return None
    async with store.writes() as session:
        await advisory_lock(session, PARTS_LOCK)
        return await _take(session, job, helper, clock, duration)


async def extend(store: Store, part: Part, duration: timedelta) -> bool:
    """Extend the lease of a part; return whether the helper still has it."""
    clock = datetime.now(UTC)
    async with store.reads() as session:
        until = await session.scalar(
            select(JobPart.lease_until).where(_is_held(part)).limit(1)
        )
    if until is None:
        return False
    if until - clock > duration / 2:
        return True
    extended = (
        update(JobPart).where(_is_held(part)).values(lease_until=clock + duration)
    )
    return await _has_changed(store, extended)


async def complete(store: Store, part: Part, result: Any) -> bool:
    """Keep what became of a part, if the helper still has it."""
    values = {"result": json.dumps(result), "lease_until": None}
    return await _has_changed(
        store, update(JobPart).where(_is_held(part)).values(values)
    )


async def give_back(store: Store, helper: str, *, counts: bool) -> None:
    """Leave to others what a helper has; whether its attempt counts."""
    is_its = and_(JobPart.helper == helper, JobPart.result.is_(None))
    async with store.reads() as session:
        if not await has_rows(session, is_its):
            return
    attempts = JobPart.attempts if counts else JobPart.attempts - 1
    values = {"helper": None, "lease_until": None, "attempts": attempts}
    await _has_changed(store, update(JobPart).where(is_its).values(values))


async def results_from(
    store: Store, job: SharedJob, first: int
) -> list[tuple[int, Any]]:
    """The parts from an index on that have a result, in their order: index, result."""
    statement = (
        select(JobPart.index, JobPart.result)
        .where(job.its_parts, JobPart.index >= first, JobPart.result.is_not(None))
        .order_by(JobPart.index)
    )
    async with store.reads() as session:
        rows = await session.execute(statement)
        return [(index, json.loads(result or "")) for index, result in rows]


async def lost_part(store: Store, job: SharedJob) -> int | None:
    """A part whose helpers ended without a result too often, if there is one."""
    clock = datetime.now(UTC)
    async with store.reads() as session:
        return await session.scalar(
            select(JobPart.index)
            .where(
                job.its_parts,
                _is_left(clock),
                JobPart.attempts >= ATTEMPTS_MAX,
            )
            .limit(1)
        )


async def _least_helped(
    session: AsyncSession, model: type[Job], clock: datetime, passed: Collection[str]
) -> SharedJob | None:
    """The job with free parts that gets the next helper."""
    columns = (JobPart.organisation_id, JobPart.number, JobPart.coordinator)
    helpers = func.count().filter(JobPart.lease_until >= clock)
    free = func.count().filter(_is_free(clock))
    rows = (
        await session.execute(
            select(*columns, helpers, free)
            .where(JobPart.kind == model.__tablename__, JobPart.result.is_(None))
            .group_by(*columns)
        )
    ).all()
    of_organisation: Counter[int] = Counter()
    for organisation_id, _, _, its_helpers, _ in rows:
        of_organisation[organisation_id] += its_helpers
    candidates = [row for row in rows if row[4] and row[2] not in passed]
    if not candidates:
        return None
    organisation_id, number, coordinator, *_ = min(
        candidates, key=lambda row: (of_organisation[row[0]], row[3], row[0], row[1])
    )
    return SharedJob(model, JobId(organisation_id, number), coordinator)


async def _take(
    session: WriteSession,
    job: SharedJob,
    helper: str,
    clock: datetime,
    duration: timedelta,
) -> Part | None:
    part = await session.scalar(
        select(JobPart)
        .where(job.its_parts, _is_free(clock))
        .order_by(JobPart.index)
        .limit(1)
        .with_for_update()
    )
    if part is None:
        return None
    part.helper, part.lease_until = helper, clock + duration
    part.attempts += 1
    return Part(job, part.index, json.loads(part.task), helper)


def _is_left(clock: datetime) -> ColumnElement[bool]:
    """Whether nobody renders a part that has no result; `clock` is the machine's."""
    return and_(
        JobPart.result.is_(None),
        or_(JobPart.lease_until.is_(None), JobPart.lease_until < clock),
    )


def _is_free(clock: datetime) -> ColumnElement[bool]:
    return and_(_is_left(clock), JobPart.attempts < ATTEMPTS_MAX)


def _is_free_of(
    model: type[Job], clock: datetime, passed: Collection[str]
) -> ColumnElement[bool]:
    return and_(
        JobPart.kind == model.__tablename__,
        JobPart.coordinator.not_in(passed),
        _is_free(clock),
    )


def _is_held(part: Part) -> ColumnElement[bool]:
    return and_(
        part.job.its_parts,
        JobPart.index == part.index,
        JobPart.helper == part.helper,
        JobPart.result.is_(None),
    )


async def _has_changed(store: Store, statement: Update) -> bool:
    async with store.writes() as session:
        changed = await session.scalars(statement.returning(JobPart.index))
        return bool(changed.all())
