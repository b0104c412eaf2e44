"""Reading jobs of any kind: one, a page of them, and what changed lately."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import scalars_in_lists
from daybook.jobs.kinds import AnyJob
from daybook.jobs.models import Job
from daybook.jobs.rules import UNFINISHED
from daybook.paging import Page, PageRequest

CHANGED_MAX = 1_000
"""So many jobs that changed lately are read at once."""


async def get_job(
    session: AsyncSession, model: type[AnyJob], organisation_id: int, number: int
) -> AnyJob | None:
    """An organisation's job, or None."""
    return await session.get(model, (organisation_id, number))


async def jobs_by_number(
    session: AsyncSession,
    model: type[AnyJob],
    organisation_id: int,
    numbers: Iterable[int],
) -> list[AnyJob]:
    """Those of an organisation's jobs that there are."""
    statement = select(model).where(model.organisation_id == organisation_id)
    return await scalars_in_lists(session, statement, model.number.in_, numbers)


async def find_jobs(
    session: AsyncSession,
    model: type[AnyJob],
    organisation_id: int,
    request: PageRequest,
) -> Page[AnyJob]:
    """An organisation's jobs, newest first; keyed by number."""
    statement = select(model).where(model.organisation_id == organisation_id)
    page = one_page(statement, model.number, request, is_descending=True)
    return Page.of(list(await session.scalars(page)), request)


async def count_jobs(
    session: AsyncSession, model: type[Job], organisation_id: int
) -> int:
    """How many jobs an organisation has ever had."""
    its = model.organisation_id == organisation_id
    return await count_rows(session, model, its)


class Queue(NamedTuple):
    """An organisation's jobs that are not done: how many, and since when one waits."""

    waiting: int
    running: int
    oldest_waiting_since: datetime | None


async def queue_of(
    session: AsyncSession, model: type[Job], organisation_id: int
) -> Queue:
    """An organisation's queue."""
    one = model
    statement = (
        select(one.status, func.count(), func.min(one.created_at))
        .where(one.organisation_id == organisation_id, one.status.in_(UNFINISHED))
        .group_by(one.status)
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
    """Jobs that are unfinished, or changed since then by the machines' clocks.

    By number; the newest `CHANGED_MAX` of them.
    """
    one = model
    statement = (
        select(one)
        .where(
            one.organisation_id == organisation_id,
            or_(one.changed_at >= since, one.status.in_(UNFINISHED)),
        )
        .order_by(one.number.desc())
        .limit(CHANGED_MAX)
    )
    return list(await session.scalars(statement))[::-1]
