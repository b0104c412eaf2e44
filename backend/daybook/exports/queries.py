"""Reading the records of files that were made."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daybook.exports.models import ExportRecord
from daybook.ledger.models import Ledger
from daybook.ledger.queries import in_lists
from daybook.paging import Page, PageRequest


class ListedRecord(NamedTuple):
    """A record, with its ledger's currency."""

    record: ExportRecord
    currency: str


async def find_records(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ListedRecord]:
    """An organisation's records, newest first; keyed by number."""
    number = ExportRecord.number
    narrowed: list[ColumnElement[bool]] = []
    if request.key is not None:
        (key,) = request.key
        narrowed.append(number > key if request.is_backward else number < key)
    order = number if request.is_backward else number.desc()
    found = await session.execute(
        select(ExportRecord, Ledger.currency)
        .join(Ledger, Ledger.id == ExportRecord.ledger_id)
        .where(ExportRecord.organisation_id == organisation_id, *narrowed)
        .order_by(order)
        .limit(request.size + 1)
    )
    return Page.of([ListedRecord(*row) for row in found], request)


async def count_records(session: AsyncSession, organisation_id: int) -> int:
    """How many files of an organisation have a record."""
    statement = select(func.count()).where(
        ExportRecord.organisation_id == organisation_id
    )
    return await session.scalar(statement) or 0


async def records_by_number(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> list[ListedRecord]:
    """Those of an organisation's records that there are."""
    return await _records_in(session, organisation_id, ExportRecord.number, numbers)


async def records_of_jobs(
    session: AsyncSession, organisation_id: int, jobs: Sequence[tuple[int, bytes]]
) -> dict[tuple[int, bytes], ListedRecord]:
    """Records by their jobs' numbers and hashes of files.

    The number alone could be that of a job in an earlier runtime store.
    """
    found = await _records_in(
        session,
        organisation_id,
        ExportRecord.job_number,
        (number for number, _ in jobs),
    )
    return {
        (one.record.job_number or 0, one.record.file_sha256): one
        for one in sorted(found, key=lambda one: one.record.number)
    }


async def _records_in(
    session: AsyncSession,
    organisation_id: int,
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    numbers: Iterable[int],
) -> list[ListedRecord]:
    found: list[ListedRecord] = []
    for some in in_lists(sorted(set(numbers))):
        rows = await session.execute(
            select(ExportRecord, Ledger.currency)
            .join(Ledger, Ledger.id == ExportRecord.ledger_id)
            .where(ExportRecord.organisation_id == organisation_id, column.in_(some))
        )
        found += [ListedRecord(*row) for row in rows]
    return found
