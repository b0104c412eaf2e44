"""Which journals are in posted files: exports that were loaded into their targets.

No table says which journals a file has: that follows from the recording and the filter
of its record. A file is posted now or it isn't; there is no posting as of earlier.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month
from daybook.db.lists import rows_in_lists, scalars_in_lists
from daybook.exports.posting.overlapping import (
    Shared,
    entries_in_both,
    entry_days,
    overlapping,
    overlapping_to_ask,
    target_of,
)
from daybook.exports.posting.recorded_files import (
    RecordedFile,
    Selected,
    journals_selected,
    recorded_files,
)
from daybook.exports.queries import ListedRecord, posted_records, records_by_number
from daybook.ledger.amount_conditions import in_force
from daybook.ledger.models import Journal, JournalMovement
from daybook.ledger.pins import Pin
from daybook.reports.journals.conditions import has_movements
from daybook.reports.kept_totals import keep_figures


class PostedIn(NamedTuple):
    """The posted files with entries of a journal, by number.

    `is_partial` says that the files for one of their targets don't have all days on
    which the journal has entries: a target lacks some.
    """

    files: tuple[ListedRecord, ...] = ()
    is_partial: bool = False


NOT_POSTED = PostedIn()


class _JournalDays(NamedTuple):
    """A journal's month, and the ranges of days on which its movements have entries."""

    month: Month
    ranges: tuple[tuple[Day, Day], ...]


async def posted_in(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, PostedIn]:
    """The posted files of journals, by number; others are absent.

    One query for each posted file of the journals' months. What the journals have now,
    for `is_partial`, is what they have at the pin.

    Both are kept until the organisation's next audit record: each posting adds one.
    """
    numbers = tuple(sorted(set(numbers)))

    async def read() -> dict[int, PostedIn]:
        files = await _posted_files(session, pin)
        return await files_with(session, pin, numbers, files) if files else {}

    if not numbers or pin.audit_head is None:  # nothing was recorded yet
        return {}
    return await keep_figures(session, ("posted in", pin, numbers), read)


async def _posted_files(session: AsyncSession, pin: Pin) -> Sequence[RecordedFile]:
    """The files of the pinned ledger that are posted now."""

    async def read() -> list[RecordedFile]:
        posted = await posted_records(session, pin.organisation_id, pin.ledger_id)
        return await recorded_files(session, posted)

    key = ("posted files", pin.organisation_id, pin.ledger_id, pin.audit_head)
    return await keep_figures(session, key, read)


async def files_of_day(
    session: AsyncSession, pin: Pin, days: Iterable[Day]
) -> dict[Day, list[ListedRecord]]:
    """The posted files of a ledger whose period has a day, by day.

    What is posted on such a day now is in the next difference of the file; a file of
    chosen customers or products may not have it.
    """
    posted = await posted_records(session, pin.organisation_id, pin.ledger_id)
    files = await recorded_files(session, posted)
    return {
        day: [
            file.listed
            for file in files
            if file.selected.days[0] <= day <= file.selected.days[1]
        ]
        for day in days
    }


async def files_with(
    session: AsyncSession,
    pin: Pin,
    numbers: Sequence[int],
    posted: Iterable[RecordedFile],
) -> dict[int, PostedIn]:
    """The files among some posted ones that have journals, by the journals' numbers."""
    journals = await _journal_days(session, pin, numbers)
    months = {journal.month for journal in journals.values()}
    files: dict[int, list[RecordedFile]] = defaultdict(list)
    for file in posted:
        selected = file.selected
        first, last = selected.journal_filter.months(selected.pin)
        if any(first <= month <= last for month in months):
            for number in await _numbers_in(session, selected, numbers):
                files[number].append(file)
    return {
        number: PostedIn(
            tuple(file.listed for file in its), _is_partial(journals[number], its)
        )
        for number, its in files.items()
    }


async def _journal_days(
    session: AsyncSession, pin: Pin, numbers: Sequence[int]
) -> dict[int, _JournalDays]:
    start, end = entry_days(JournalMovement)
    statement = (
        select(Journal.number, Journal.month, start, end)
        .outerjoin(
            JournalMovement,
            and_(
                JournalMovement.ledger_id == Journal.ledger_id,
                JournalMovement.journal == Journal.number,
                in_force(pin.recording),
            ),
        )
        .where(Journal.ledger_id == pin.ledger_id)
        .order_by(Journal.number)
    )
    rows = await rows_in_lists(session, statement, Journal.number.in_, numbers)
    found = {}
    for number, movements in groupby(rows, key=lambda row: row[0]):
        ((_, month, *_), *_) = its = list(movements)
        # A journal whose movements were all superseded has no days.
        ranges = [(first, last) for *_, first, last in its if first is not None]
        found[number] = _JournalDays(month, tuple(ranges))
    return found


async def _numbers_in(
    session: AsyncSession, selected: Selected, numbers: Sequence[int]
) -> list[int]:
    """Which of the journals have entries in a file."""
    statement = select(Journal.number).where(
        *await journals_selected(session, selected),
        has_movements(selected.pin, selected.journal_filter),
    )
    return await scalars_in_lists(session, statement, Journal.number.in_, numbers)


def _is_partial(journal: _JournalDays, files: Sequence[RecordedFile]) -> bool:
    """Whether the files for one of their targets leave out days of a journal.

    A file with some movements of a day only leaves the day out.
    """
    by_target: dict[str, list[tuple[Day, Day]]] = defaultdict(list)
    for listed, selected in files:
        days = by_target[target_of(listed.record.format)]
        if not selected.journal_filter.narrows_movements():
            days.append(selected.days)
    return any(
        _first_outside(first, days) <= last
        for days in by_target.values()
        for first, last in journal.ranges
    )


def _first_outside(day: Day, ranges: Iterable[tuple[Day, Day]]) -> Day:
    """The first day from `day` on that none of the ranges has."""
    for first, last in sorted(ranges):
        if first <= day:
            day = max(day, last + 1)
    return day


async def already_posted(
    session: AsyncSession, selected: Selected, format_number: int
) -> Shared:
    """What of a selection the target of a format has already."""
    pin = selected.pin
    posted = await posted_records(session, pin.organisation_id, pin.ledger_id)
    files = await recorded_files(session, posted)
    same_target = overlapping(target_of(format_number), selected, files)
    return await entries_in_both(session, selected, same_target)


class Compared(NamedTuple):
    """What the file of a record shares with posted files.

    `postings` are those of all files with days of it, whether they share anything or
    not: as long as these are posted, nothing changes, since records never do.
    """

    postings: tuple[int, ...] = ()
    shared: Shared = Shared()


async def compare(
    session: AsyncSession,
    organisation_id: int,
    number: int,
    known: Compared | None = None,
) -> Compared:
    """Compare a record with the posted ones, unless what is known of it still holds.

    Nothing is shared by a record that is posted, or that doesn't exist.
    """
    found = await records_by_number(session, organisation_id, [number])
    if not found or found[0].posting is not None:
        return Compared()
    ((listed, selected),) = await recorded_files(session, found)
    record = listed.record
    posted = await posted_records(session, organisation_id, record.ledger_id)
    files = overlapping_to_ask(
        target_of(record.format), selected, await recorded_files(session, posted)
    )
    postings = tuple(
        file.listed.posting.number for file in files if file.listed.posting
    )
    if known is not None and known.postings == postings:
        return known
    return Compared(postings, await entries_in_both(session, selected, files))
