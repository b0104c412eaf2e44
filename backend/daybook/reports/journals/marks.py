"""The marks of journals: why a reader should look at one twice."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.lists import in_numbers, numbered
from daybook.documents.rules import DocumentStatus
from daybook.ledger.models import Journal, StoredCatchUp
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.conditions import has_catch_ups
from daybook.reports.journals.journal_sums import STATEMENTS_MAX, PostingState
from daybook.reports.journals.queries import ListedJournal
from daybook.reports.kept_totals import keep_figures


class JournalMark(StrEnum):
    """A mark of a journal, in the order in which they are shown.

    A filter selects the journals of each, except that `PARTLY_SCHEDULED` is of the
    selected days here, and of all the journal's days there.
    """

    MOVED = "MOVED"
    """A period lock moved one of its movements."""
    CREDIT_NOTE = "CREDIT_NOTE"
    """It comes from a credit note."""
    REVISED = "REVISED"
    """Its document was revised, and not voided."""
    VOIDED = "VOIDED"
    """Its document was voided."""
    PARTLY_SCHEDULED = "PARTLY_SCHEDULED"
    """Some of what is selected of it is posted, the rest scheduled."""
    MANUAL = "MANUAL"
    """Somebody entered it."""


def marks_of(
    journal: ListedJournal, state: PostingState, *, is_moved: bool
) -> list[JournalMark]:
    """The marks of a journal in their order; most journals have none."""
    is_voided = journal.document_status == DocumentStatus.VOIDED
    applies = (
        (JournalMark.MOVED, is_moved),
        (JournalMark.CREDIT_NOTE, journal.source == SourceKind.CREDIT_NOTE),
        (JournalMark.REVISED, journal.is_revised and not is_voided),
        (JournalMark.VOIDED, is_voided),
        (JournalMark.PARTLY_SCHEDULED, state is PostingState.PARTLY),
        (JournalMark.MANUAL, journal.source == SourceKind.STANDALONE),
    )
    return [mark for mark, does_apply in applies if does_apply]


async def moved_journals(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> set[int]:
    """Those of the journals with these numbers that a lock moved."""
    if not await has_moved(session, pin):
        return set()
    return {
        number
        for parameters in numbered(numbers)
        for (number,) in await fetch_rows_in(
            session, _moved(pin, len(parameters)), parameters
        )
    }


async def has_moved(session: AsyncSession, pin: Pin) -> bool:
    """Whether a lock has moved anything of the ledger."""

    async def read() -> bool:
        of_ledger = select(1).where(StoredCatchUp.ledger_id == pin.ledger_id)
        return bool(await session.scalar(select(exists(of_ledger))))

    key = ("has moved", pin.ledger_id, pin.recording, pin.audit_head)
    return await keep_figures(session, key, read)


@lru_cache(maxsize=STATEMENTS_MAX)
def _moved(pin: Pin, length: int) -> CompiledSelect:
    """Those of so many journals that a lock moved."""
    number = Journal.number
    return CompiledSelect(
        select(number).where(
            Journal.ledger_id == pin.ledger_id,
            has_catch_ups(pin),
            in_numbers(number, length),
        ),
        is_short=True,
    )
