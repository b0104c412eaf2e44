"""Reading the audit trail: records in words, newest first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditedRecording, AuditRecord, Person
from daybook.audit.rules import Record
from daybook.calendar import Day
from daybook.db.lists import rows_in_lists
from daybook.ledger.models import ChangeAfterClose
from daybook.ledger.queries import find_ledgers
from daybook.paging import Page, PageRequest
from daybook.reports.trail.changes import Told
from daybook.reports.trail.filters import EVERY_RECORD, TrailFilter
from daybook.reports.trail.sources import (
    count_numbers,
    page_of_numbers,
    sources_of,
)
from daybook.reports.trail.telling import tell

PERSONS_MAX = 1_000
"""How many names a form suggests."""


class LedgerRun(NamedTuple):
    """The recordings of a ledger that a record covers, by the ledger's currency."""

    currency: str
    first: int
    last: int

    def __str__(self) -> str:
        """The recordings in words: `USD 7`, `USD 7–9`."""
        last = "" if self.last == self.first else f"–{self.last}"
        return f"{self.currency} {self.first}{last}"


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """An audit record in words, its recordings, and what it changed after close.

    `after_close` is the first closed day that it changed or opened.
    """

    record: Record
    told: Told
    runs: tuple[LedgerRun, ...] = ()
    after_close: Day | None = None


async def find_records(
    session: AsyncSession,
    organisation_id: int,
    request: PageRequest,
    wanted: TrailFilter = EVERY_RECORD,
) -> Page[ListedRecord]:
    """An organisation's selected records, newest first; keyed by number.

    Raises Rejected for a ledger that doesn't exist.
    """
    sources = await sources_of(session, organisation_id, wanted)
    numbers = await page_of_numbers(session, sources, request)
    found = await _records(session, organisation_id, numbers)
    return Page.of([found[number] for number in numbers], request)


async def count_records(
    session: AsyncSession, organisation_id: int, wanted: TrailFilter = EVERY_RECORD
) -> int:
    """How many `find_records` lists in all."""
    sources = await sources_of(session, organisation_id, wanted)
    return await count_numbers(session, sources)


async def records_of_recordings(
    session: AsyncSession,
    organisation_id: int,
    ledger_id: int,
    recordings: Iterable[int],
) -> Mapping[int, ListedRecord]:
    """The audit records of a ledger's recordings, by the numbers of the recordings.

    An import's record covers many. The ledger is one of the organisation's.
    """
    audited = AuditedRecording
    covering = select(audited.recording, audited.record).where(
        audited.ledger_id == ledger_id
    )
    rows = await rows_in_lists(session, covering, audited.recording.in_, recordings)
    numbers = {row.recording: row.record for row in rows}
    found = await _records(session, organisation_id, set(numbers.values()))
    return {recording: found[record] for recording, record in numbers.items()}


async def persons_of(session: AsyncSession, organisation_id: int) -> list[str]:
    """The names in the trail that a form suggests, in order."""
    names = await session.scalars(
        select(Person.name)
        .where(Person.organisation_id == organisation_id)
        .order_by(Person.name)
        .limit(PERSONS_MAX)
    )
    return list(names)


async def _records(
    session: AsyncSession, organisation_id: int, numbers: Iterable[int]
) -> Mapping[int, ListedRecord]:
    numbers = list(numbers)
    if not numbers:
        return {}
    statement = select(*AuditRecord.__table__.columns).where(
        AuditRecord.organisation_id == organisation_id
    )
    rows = await rows_in_lists(session, statement, AuditRecord.number.in_, numbers)
    ledgers = {
        ledger.id: ledger.currency
        for ledger in await find_ledgers(session, organisation_id)
    }
    runs = await _runs(session, ledgers, numbers)
    closed = await _changes_after_close(session, ledgers, numbers)
    found = {}
    for record in (Record(*row) for row in rows):
        number = record.number
        its_runs = tuple(sorted(runs[number]))
        closed_day = closed.get(number)
        found[number] = ListedRecord(record, tell(record), its_runs, closed_day)
    return found


async def _runs(
    session: AsyncSession, ledgers: Mapping[int, str], numbers: Iterable[int]
) -> Mapping[int, list[LedgerRun]]:
    audited = AuditedRecording
    first, last = func.min(audited.recording), func.max(audited.recording)
    rows = await rows_in_lists(
        session,
        select(audited.record, audited.ledger_id, first, last)
        .where(audited.ledger_id.in_(ledgers))
        .group_by(audited.record, audited.ledger_id),
        audited.record.in_,
        numbers,
    )
    runs: dict[int, list[LedgerRun]] = defaultdict(list)
    for record, ledger_id, first_number, last_number in rows:
        runs[record].append(LedgerRun(ledgers[ledger_id], first_number, last_number))
    return runs


async def _changes_after_close(
    session: AsyncSession, ledgers: Mapping[int, str], numbers: Iterable[int]
) -> Mapping[int, Day]:
    change = ChangeAfterClose
    rows = await rows_in_lists(
        session,
        select(change.record, func.min(change.first_day))
        .where(change.ledger_id.in_(ledgers))
        .group_by(change.record),
        change.record.in_,
        numbers,
    )
    return {row[0]: row[1] for row in rows}
