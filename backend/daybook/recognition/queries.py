"""Reading schedules: their terms, with dated usage and milestones."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import LAST_DAY, Day
from daybook.db.lists import in_lists, scalars_in_lists
from daybook.ledger.pins import Pin
from daybook.recognition.allocation import Strategy
from daybook.recognition.models import (
    CreditGrant,
    MilestoneCompletion,
    Schedule,
    SchedulePart,
    Settlement,
)
from daybook.recognition.rules import (
    Classification,
    Method,
    Part,
    Terms,
    Timing,
    Treatment,
)

NEVER = LAST_DAY + 1
"""Later than any day: when a family is settled that isn't."""


def settled_on(pin: Pin, family: type[Schedule]) -> ColumnElement[int]:
    """The day on which a family is settled, as the pin's recording left it, or NEVER.

    `family` is the table, or its alias, with the family's first schedule.
    """
    # A recording that opened the family again left a row whose day is NULL: that row
    # counts, and not the day of the recording that made the schedule.
    later = (
        select(func.coalesce(Settlement.settled_on, NEVER))
        .where(
            Settlement.ledger_id == pin.ledger_id,
            Settlement.family_id == family.id,
            Settlement.recorded_in <= pin.recording,
        )
        .order_by(Settlement.recorded_in.desc())
        .limit(1)
        .correlate(family)
        .scalar_subquery()
    )
    return func.coalesce(later, family.settled_on, NEVER)


class StoredPart(NamedTuple):
    """Dated usage, or a milestone (with id and name), with the day it now has."""

    position: int
    amount: int
    day: Day | None
    external_id: str | None
    name: str | None


class StoredSchedule(NamedTuple):
    """A recorded schedule. `line_root` is the first one of its line."""

    id: int
    document_id: int
    product_id: int
    terms: Terms
    credits_id: int | None
    family_id: int
    line_root: int
    treatment: Treatment
    milestones: tuple[StoredPart, ...]


async def schedules_of_families(
    session: AsyncSession, ledger_id: int, family_ids: Iterable[int]
) -> list[StoredSchedule]:
    """All schedules of the given families, in order of recording."""
    found = await scalars_in_lists(
        session,
        select(Schedule).where(Schedule.ledger_id == ledger_id),
        lambda ids: or_(Schedule.id.in_(ids), Schedule.family_id.in_(ids)),
        family_ids,
    )
    parted = [row.id for row in found if has_parts(row)]
    parts = await parts_of(session, ledger_id, parted)
    return [
        stored_schedule(row, parts.get(row.id, []))
        for row in sorted(found, key=lambda row: row.id)
    ]


def has_parts(row: Schedule | Row[*tuple[Any, ...]]) -> bool:
    """Whether a schedule may have parts: most can't, which spares their query."""
    return row.method in {Method.USAGE, Method.MILESTONE}


def stored_schedule(
    row: Schedule | Row[*tuple[Any, ...]], parts: Collection[StoredPart]
) -> StoredSchedule:
    """The value that the rules work with, of a stored row and its parts."""
    is_milestone = row.method == Method.MILESTONE
    return StoredSchedule(
        id=row.id,
        document_id=row.document_id,
        product_id=row.product_id,
        terms=terms_of(row, parts),
        credits_id=row.credits_id,
        family_id=row.id if row.family_id is None else row.family_id,
        line_root=row.id if row.revises_id is None else row.revises_id,
        treatment=Treatment(row.treatment or Treatment.REVERSAL),
        milestones=tuple(parts) if is_milestone else (),
    )


def terms_of(
    row: Schedule | Row[*tuple[Any, ...]], parts: Iterable[StoredPart] = ()
) -> Terms:
    """A stored schedule's terms, with the given parts."""
    return Terms(
        amount=row.amount,
        method=Method(row.method),
        timing=Timing(row.timing),
        strategy=Strategy(row.strategy),
        first_day=row.first_day,
        last_day=row.last_day,
        recognized_on=row.recognized_on,
        parts=tuple(Part(part.day, part.amount) for part in parts),
        classification=Classification(row.classification),
        months=row.months,
        cancelled_on=row.cancelled_on,
        expires_on=row.expires_on,
    )


async def parts_of(
    session: AsyncSession, ledger_id: int, schedule_ids: Iterable[int]
) -> dict[int, list[StoredPart]]:
    """Dated usage and milestones of schedules, with their present completions."""
    found: dict[int, list[StoredPart]] = defaultdict(list)
    for ids in in_lists(sorted(set(schedule_ids))):
        rows = await session.scalars(
            select(SchedulePart)
            .where(
                SchedulePart.ledger_id == ledger_id, SchedulePart.schedule_id.in_(ids)
            )
            .order_by(SchedulePart.schedule_id, SchedulePart.position)
        )
        completed = await _completions(session, ledger_id, ids)
        for row in rows:
            day = completed.get((row.schedule_id, row.position), row.day)
            found[row.schedule_id].append(
                StoredPart(row.position, row.amount, day, row.external_id, row.name)
            )
    return found


async def _completions(
    session: AsyncSession, ledger_id: int, schedule_ids: Collection[int]
) -> dict[tuple[int, int], Day | None]:
    rows = await session.scalars(
        select(MilestoneCompletion)
        .where(
            MilestoneCompletion.ledger_id == ledger_id,
            MilestoneCompletion.schedule_id.in_(schedule_ids),
        )
        .order_by(MilestoneCompletion.recorded_in)
    )
    return {(row.schedule_id, row.position): row.completed_on for row in rows}


class StoredGrant(NamedTuple):
    """A credit grant, by the prepayment's first schedule."""

    schedule_id: int
    external_id: str
    customer_id: int


async def grants_of(
    session: AsyncSession,
    ledger_id: int,
    *,
    customer_ids: Iterable[int] = (),
    external_ids: Iterable[str] = (),
    schedule_ids: Iterable[int] = (),
) -> list[StoredGrant]:
    """Credit grants of the given customers, schedules or own ids, by schedule."""
    conditions = [
        *(CreditGrant.schedule_id.in_(ids) for ids in in_lists(set(schedule_ids))),
        *(CreditGrant.customer_id.in_(ids) for ids in in_lists(set(customer_ids))),
        *(CreditGrant.external_id.in_(ids) for ids in in_lists(set(external_ids))),
    ]
    found: dict[int, StoredGrant] = {}
    for condition in conditions:
        rows = await session.scalars(
            select(CreditGrant).where(CreditGrant.ledger_id == ledger_id, condition)
        )
        for row in rows:
            grant = StoredGrant(row.schedule_id, row.external_id, row.customer_id)
            found[row.schedule_id] = grant
    return [found[schedule_id] for schedule_id in sorted(found)]
