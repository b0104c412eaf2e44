"""Running recurrences: every journal that is due is made, in the order of its date."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.recurring.instances import Made, make_instance
from daybook.adjustments.recurring.made import months_made
from daybook.adjustments.recurring.models import (
    Recurrence,
    RecurrenceInstance,
    StoredRecurrenceVersion,
)
from daybook.adjustments.recurring.rules import RecurrenceStatus, Schedule
from daybook.calendar import Day, Month, date_of, last_day_of, month_of
from daybook.clock import day_at
from daybook.db.engine import Database
from daybook.ledger.queries import time_zone_of


class Due(NamedTuple):
    """A month of a recurrence whose journal is due; sorts by its date."""

    day: Day
    recurrence: int
    month: Month


async def run_recurrences(
    database: Database,
    organisation_id: int,
    *,
    now: datetime,
    recurrence: int | None = None,
) -> AsyncGenerator[Made, None]:
    """Make every journal of an organisation that is due, each in its own transaction.

    With `recurrence`, a number, only its journals.
    Missed months come first, in order. If it is killed anywhere, the next run goes on;
    several processes together make each journal once.
    """
    async with database.reads() as session:
        due = await find_due(session, organisation_id, now=now)
    for _, number, month in due:
        if recurrence not in {None, number}:
            continue
        made = await make_instance(database, organisation_id, number, month, now=now)
        if made is not None:
            yield made


async def find_due(
    session: AsyncSession, organisation_id: int, *, now: datetime
) -> list[Due]:
    """What is due in an organisation by its own day, in order."""
    today = day_at(now, await time_zone_of(session, organisation_id))
    schedules = await _with_due(session, organisation_id, today)
    made = await months_made(session, organisation_id, schedules)
    return sorted(
        Due(schedule.day_in(month), number, month)
        for number, schedule in schedules.items()
        for month in schedule.due(made[number], today)
    )


async def organisations_with_active(session: AsyncSession) -> list[int]:
    """The organisations that have an active recurrence."""
    its = Recurrence
    found = await session.scalars(
        select(its.organisation_id)
        .where(its.status == int(RecurrenceStatus.ACTIVE))
        .distinct()
        .order_by(its.organisation_id)
    )
    return list(found)


async def _with_due(
    session: AsyncSession, organisation_id: int, today: Day
) -> dict[int, Schedule]:
    """Active recurrences with a month that is due and not made.

    The database counts the months that are made, so that years of them are not read.
    """
    its, version, instance = Recurrence, StoredRecurrenceVersion, RecurrenceInstance
    this_month = month_of(today)
    is_last = today == last_day_of(this_month)
    day_of_month = 31 if is_last else date_of(today).day
    last_due = case((version.day_of_month <= day_of_month, 0), else_=1)
    made = (
        select(func.count())
        .where(
            instance.organisation_id == its.organisation_id,
            instance.recurrence == its.number,
            instance.month >= version.first_month,
            instance.month <= func.coalesce(version.until_month, this_month),
            instance.month <= this_month - last_due,
        )
        .scalar_subquery()
    )
    is_in_force = and_(
        version.organisation_id == its.organisation_id, version.step == its.saved_in
    )
    rows = await session.execute(
        select(
            *(its.number, version.day_of_month, version.first_month),
            *(version.until_month, version.reverses, made),
        )
        .join(version, is_in_force)
        .where(
            its.organisation_id == organisation_id,
            its.status == int(RecurrenceStatus.ACTIVE),
        )
    )
    schedules = {row[0]: (Schedule(*row[1:5]), row[5]) for row in rows}
    return {
        number: schedule
        for number, (schedule, count) in schedules.items()
        if schedule.count_due(today) > count
    }
