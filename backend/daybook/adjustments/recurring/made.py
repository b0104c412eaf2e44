"""Reading what recurrences made: instances, and the persons behind them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.recurring.models import RecurrenceInstance
from daybook.adjustments.recurring.queries import recurrence_steps
from daybook.adjustments.recurring.rules import RecurrenceStepKind, name_of
from daybook.calendar import Month
from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import rows_in_lists
from daybook.paging import Page, PageRequest


class Instance(NamedTuple):
    """A manual journal that a recurrence made for a month."""

    recurrence: int
    month: Month
    version: int
    journal: int
    approved_in: int | None


class Maker(NamedTuple):
    """The persons behind the journals of a version of a recurrence.

    `approved_by` is None if the version was active without approval.
    """

    recurrence: int
    version: int
    saved_by: str | None
    submitted_by: str | None
    approved_by: str | None

    def words(self) -> str:
        """Who made a journal: `recurrence R-3 of ada, approved by bob`."""
        words = name_of(self.recurrence)
        if self.saved_by is not None:
            words += f" of {self.saved_by}"
        if self.approved_by is not None:
            words += f", approved by {self.approved_by}"
        return words


async def find_instances(
    session: AsyncSession,
    organisation_id: int,
    recurrence: int,
    request: PageRequest,
) -> Page[Instance]:
    """A page of a recurrence's instances, the newest month first; it is the key."""
    its = RecurrenceInstance
    statement = _instances().where(
        its.organisation_id == organisation_id, its.recurrence == recurrence
    )
    rows = await session.execute(
        one_page(statement, its.month, request, is_descending=True)
    )
    return Page.of([Instance(*row) for row in rows], request)


async def count_instances(
    session: AsyncSession, organisation_id: int, recurrence: int
) -> int:
    """How many journals a recurrence made."""
    its = RecurrenceInstance
    return await count_rows(
        session,
        its,
        its.organisation_id == organisation_id,
        its.recurrence == recurrence,
    )


async def instances_by_journal(
    session: AsyncSession, organisation_id: int, journals: Collection[int]
) -> dict[int, Instance]:
    """Which recurrences made manual journals, by the journals' numbers."""
    its = RecurrenceInstance
    statement = _instances().where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.journal.in_, journals)
    return {row.journal: Instance(*row) for row in rows}


async def months_made(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> dict[int, set[Month]]:
    """The months that have an instance, by recurrence."""
    its = RecurrenceInstance
    statement = select(its.recurrence, its.month).where(
        its.organisation_id == organisation_id
    )
    found: dict[int, set[Month]] = {number: set() for number in numbers}
    rows = await rows_in_lists(session, statement, its.recurrence.in_, numbers)
    for number, month in rows:
        found[number].add(month)
    return found


async def makers_of(
    session: AsyncSession, organisation_id: int, versions: Collection[tuple[int, int]]
) -> dict[tuple[int, int], Maker]:
    """Whose versions of recurrences are: numbers and versions to persons' names."""
    numbers = {number for number, _ in versions}
    makers = {
        (number, version): Maker(number, version, None, None, None)
        for number, version in versions
    }
    for step in await recurrence_steps(session, organisation_id, numbers):
        key = step.number, step.version
        if key not in makers:
            continue
        match step.kind:
            case RecurrenceStepKind.SAVED:
                makers[key] = makers[key]._replace(saved_by=step.made_by)
            case RecurrenceStepKind.SUBMITTED:
                makers[key] = makers[key]._replace(submitted_by=step.made_by)
            case RecurrenceStepKind.APPROVED:
                makers[key] = makers[key]._replace(approved_by=step.made_by)
            case _:
                pass
    return makers


def _instances() -> Select[*tuple[Any, ...]]:
    its = RecurrenceInstance
    return select(its.recurrence, its.month, its.version, its.journal, its.approved_in)
