"""Reading jobs of any kind: single jobs, pages, queues, and recent changes.

Progress is what a job's worker told last, where that is more than its row has.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from daybook.db.engine import live_of
from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import scalars_in_lists
from daybook.jobs.kinds import AnyJob
from daybook.jobs.models import Job
from daybook.jobs.rules import UNFINISHED, JobStatus
from daybook.paging import Page, PageRequest

COMPLETE = (JobStatus.READY, JobStatus.EXPIRED)
CHANGED_MAX = 1_000
"""How many recently changed jobs are read at once."""


async def get_job(
    session: AsyncSession, model: type[AnyJob], organisation_id: int, number: int
) -> AnyJob | None:
    """An organisation's job, or None."""
    job = await session.get(model, (organisation_id, number))
    _bring_up_to_date(session, [] if job is None else [job])
    return job


async def jobs_by_number(
    session: AsyncSession,
    model: type[AnyJob],
    organisation_id: int,
    numbers: Iterable[int],
) -> list[AnyJob]:
    """The jobs of an organisation with these numbers; unknown numbers are left out."""
    statement = select(model).where(model.organisation_id == organisation_id)
    jobs = await scalars_in_lists(session, statement, model.number.in_, numbers)
    return _bring_up_to_date(session, jobs)


async def find_jobs(
    session: AsyncSession,
    model: type[AnyJob],
    organisation_id: int,
    request: PageRequest,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> Page[AnyJob]:
    """A page of an organisation's jobs by number, newest first.

    Only those that meet all conditions, which are of the model's columns.
    """
    is_ours = model.organisation_id == organisation_id
    statement = select(model).where(is_ours, *conditions)
    page = one_page(statement, model.number, request, is_descending=True)
    jobs = _bring_up_to_date(session, list(await session.scalars(page)))
    return Page.of(jobs, request)


async def count_jobs(
    session: AsyncSession,
    model: type[Job],
    organisation_id: int,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> int:
    """How many jobs an organisation has that meet all conditions, also ended ones."""
    is_ours = model.organisation_id == organisation_id
    return await count_rows(session, model, is_ours, *conditions)


class Queue(NamedTuple):
    """An organisation's unfinished jobs: their numbers, and the oldest wait."""

    waiting: int
    running: int
    oldest_waiting_since: datetime | None


async def queue_of(
    session: AsyncSession, model: type[Job], organisation_id: int
) -> Queue:
    """An organisation's queue of jobs of a kind."""
    statement = (
        select(model.status, func.count(), func.min(model.created_at))
        .where(model.organisation_id == organisation_id, model.status.in_(UNFINISHED))
        .group_by(model.status)
    )
    found = {row[0]: row for row in await session.execute(statement)}
    waiting, running = (found.get(status) for status in UNFINISHED)
    return Queue(
        waiting=waiting[1] if waiting else 0,
        running=running[1] if running else 0,
        oldest_waiting_since=waiting[2] if waiting else None,
    )


async def jobs_in_motion(
    session: AsyncSession, model: type[AnyJob], organisation_id: int, since: datetime
) -> list[AnyJob]:
    """Jobs that are unfinished, or changed since a moment by the machines' clocks.

    They are ordered by number; only the newest `CHANGED_MAX` are returned.
    """
    statement = (
        select(model)
        .where(
            model.organisation_id == organisation_id,
            or_(model.changed_at >= since, model.status.in_(UNFINISHED)),
        )
        .order_by(model.number.desc())
        .limit(CHANGED_MAX)
    )
    jobs = list(await session.scalars(statement))[::-1]
    return _bring_up_to_date(session, jobs)


def _bring_up_to_date(session: AsyncSession, jobs: list[AnyJob]) -> list[AnyJob]:
    """The same jobs, with the progress that was heard of them."""
    live = live_of(session)
    for job in jobs:
        if live is not None and job.status not in COMPLETE:
            heard = live.progress_of(job.live_key)
            # As if they were loaded so: nothing of it is written.
            set_committed_value(job, "rows_total", heard.total or job.rows_total)
            set_committed_value(job, "rows_done", max(heard.done, job.rows_done))
    return jobs
