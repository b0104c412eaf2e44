"""What locks moved past a day: it counts in a balance where it was delivered."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    StoredCatchUp,
    StoredCatchUpPart,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role
from daybook.recognition.models import Schedule
from daybook.reports.revenue import RevenueFilter
from daybook.reports.revenue_sql import (
    FAMILY,
    LINE,
    is_movement_of_journal,
    is_schedule_of_movement,
    total,
    touches_deferred,
)


def moved_schedules(pin: Pin, on: Day) -> Select[int | None]:
    """Schedules with service days up to a day that a lock moved past it."""
    return _moved(pin, on, JournalMovement.schedule_id)


def moved_families(pin: Pin, on: Day) -> Select[int]:
    """Families whose balance isn't their Deferred because a lock moved days."""
    statement = _moved(pin, on, FAMILY).join(Schedule, is_schedule_of_movement(pin))
    return statement.group_by(FAMILY).having(total(_deferred(on)) != 0)


async def moved_by_line(
    session: AsyncSession, pin: Pin, on: Day, families: Sequence[int]
) -> dict[int, int]:
    """By line of some families: what their balance has and Deferred has not."""
    statement = (
        _moved(pin, on, LINE, total(_deferred(on)))
        .join(Schedule, is_schedule_of_movement(pin))
        .group_by(LINE)
    )
    rows = await rows_in_lists(session, statement, in_families, families)
    return {row[0]: row[1] for row in rows}


async def moved_total(
    session: AsyncSession, pin: Pin, on: Day, revenue_filter: RevenueFilter
) -> int:
    """The same for all lines that a filter selects."""
    statement = _moved(pin, on, total(_deferred(on))).join(
        Journal, is_movement_of_journal()
    )
    for column, wanted in (
        (Journal.customer_id, revenue_filter.customer_id),
        (Journal.product_id, revenue_filter.product_id),
        (Journal.document_id, revenue_filter.document_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return await session.scalar(statement) or 0


def in_families(families: Sequence[int]) -> ColumnElement[bool]:
    """Whether a schedule is of one of these families."""
    return or_(Schedule.id.in_(families), Schedule.family_id.in_(families))


def _moved(pin: Pin, on: Day, *columns: Any) -> Select[*tuple[Any, ...]]:
    caught, part, its = StoredCatchUp, StoredCatchUpPart, JournalMovement

    def is_same(left: Any, right: Any) -> ColumnElement[bool]:
        return and_(
            left.ledger_id == right.ledger_id,
            left.journal == right.journal,
            left.seq == right.seq,
        )

    return (
        select(*columns)
        .select_from(caught)
        .join(its, is_same(its, caught))
        .join(part, is_same(part, caught))
        .where(
            # The entry is posted on the day after the lock's last.
            *(caught.ledger_id == pin.ledger_id, caught.locked_through >= on),
            *(caught.first_day <= on, part.first_day <= on, its.first_day > on),
            *(in_force(pin.recording), touches_deferred()),
        )
    )


def _deferred(on: Day) -> ColumnElement[int]:
    """What the parts up to a day add to Deferred."""
    part = StoredCatchUpPart
    amount = case(
        (part.last_day <= on, part.amount),
        else_=part.daily * (on - part.first_day + 1),
    )
    is_credited = JournalMovement.credit_role == int(Role.DEFERRED)
    return case((is_credited, amount), else_=-amount)
