"""Reading schedules: their terms, and what credits have taken from them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.queries import in_lists
from daybook.recognition.allocation import Strategy
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Method, Terms, Timing


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """A recorded schedule; `credited` is what credit notes took from it so far."""

    id: int
    document_id: int
    product_id: int
    terms: Terms
    credited: int


def terms_of(row: Schedule) -> Terms:
    """A stored row as the value that the rules work with."""
    return Terms(
        row.amount,
        Method(row.method),
        Timing(row.timing),
        Strategy(row.strategy),
        row.first_day,
        row.last_day,
        row.recognized_on,
    )


async def schedules_of_documents(
    session: AsyncSession, ledger_id: int, document_ids: Iterable[int]
) -> list[StoredSchedule]:
    """All schedules of some documents."""
    schedules: list[StoredSchedule] = []
    for some in in_lists(sorted(set(document_ids))):
        rows = (
            await session.scalars(
                select(Schedule).where(
                    Schedule.ledger_id == ledger_id, Schedule.document_id.in_(some)
                )
            )
        ).all()
        credited = await _credited(session, ledger_id, [row.id for row in rows])
        schedules += [
            StoredSchedule(
                row.id,
                row.document_id,
                row.product_id,
                terms_of(row),
                credited.get(row.id, 0),
            )
            for row in rows
        ]
    return schedules


async def _credited(
    session: AsyncSession, ledger_id: int, schedule_ids: Iterable[int]
) -> dict[int, int]:
    """What credit notes took from each schedule, as positive amounts."""
    taken: dict[int, int] = {}
    for some in in_lists(schedule_ids):
        rows = await session.execute(
            select(Schedule.credits_id, func.sum(Schedule.amount))
            .where(Schedule.ledger_id == ledger_id, Schedule.credits_id.in_(some))
            .group_by(Schedule.credits_id)
        )
        taken.update({of: -int(sum_) for of, sum_ in rows if of is not None})
    return taken
