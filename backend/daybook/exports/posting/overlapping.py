"""Entries that two selections both have: on the same day, in the same journal.

Each selection is read at its own recording and by its own filter, so the entries of two
files that were made long ago are compared as the files have them.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.calendar import Day
from daybook.exports.formats import format_of
from daybook.exports.posting.recorded_files import (
    RecordedFile,
    Selected,
    journals_selected,
)
from daybook.exports.queries import ListedRecord
from daybook.ledger.models import Journal, JournalMovement
from daybook.reports.journals.conditions import selecting_movements

FILES = "files"
"""The target of every format that is made for no accounting system of its own."""
NUMBERS_NAMED = 3
"""How many journals a message names; all are counted."""
NUMBERS_AT_ONCE = 10_000
"""How many numbers of journals are held in memory at a time."""
FILES_NAMED = 3
"""How many files a message names."""

NumbersOfBoth: TypeAlias = Callable[
    [AsyncSession, Selected, Selected], Awaitable[Select[int]]
]
"""Selects the numbers of the journals in which two selections share something."""

_Mine, _Theirs = aliased(JournalMovement), aliased(JournalMovement)


class Doubled(NamedTuple):
    """A posted file with entries that another selection has too.

    `journals` counts the journals with such entries, `first` are the first of them.
    """

    file: ListedRecord
    journals: int
    first: tuple[int, ...]


class Shared(NamedTuple):
    """How many journals of a selection have entries in files, and which files."""

    journals: int = 0
    doubled: tuple[Doubled, ...] = ()


def file_words(listed: ListedRecord) -> str:
    """A posted file: `file 4 (MJ-0934)`."""
    assert listed.posting is not None, "it is posted"
    return f"file {listed.record.number} ({listed.posting.reference})"


def files_words(doubled: Sequence[Doubled]) -> str:
    """The posted files, with how many journals they have if there are several.

    `file 4 (MJ-0934)`, or `12 in file 4 (MJ-0934), 3 in file 6 (MJ-0990)`.
    """
    if len(doubled) == 1:
        return file_words(doubled[0].file)
    return _listed_words(
        [f"{its.journals:,} in {file_words(its.file)}" for its in doubled]
    )


def journals_words(doubled: Sequence[Doubled]) -> str:
    """The posted files, each with its first journals.

    `journals 1, 2, 3 and 5 more in file 4 (MJ-0934)`.
    """
    return _listed_words([_journals_words(its) for its in doubled])


def _journals_words(its: Doubled) -> str:
    left = its.journals - len(its.first)
    more = f" and {left:,} more" if left else ""
    noun = "journal" if its.journals == 1 else "journals"
    numbers = ", ".join(map(str, its.first))
    return f"{noun} {numbers}{more} in {file_words(its.file)}"


def _listed_words(words: Sequence[str]) -> str:
    left = len(words) - FILES_NAMED
    more = [f"and in {left} more files"] if left > 0 else []
    return ", ".join([*words[:FILES_NAMED], *more])


def target_of(format_number: int) -> str:
    """What takes files of a format: an accounting system, or else `FILES`."""
    try:
        integration = format_of(format_number).integration
    except LookupError:  # a format of another version
        return FILES
    return FILES if integration is None else integration.name


def overlapping(
    target: str, mine: Selected, files: Iterable[RecordedFile]
) -> list[RecordedFile]:
    """The files that may have entries of a selection for a target."""
    return [
        file
        for file in files
        if target_of(file.listed.record.format) == target and _overlaps(mine, file)
    ]


def overlapping_to_ask(
    target: str, mine: Selected, files: Sequence[RecordedFile]
) -> list[RecordedFile]:
    """The files with days of a selection that is to be posted to a target.

    The first file of a target is compared with those of all others: it may be the same
    file once more, in another format. Later ones are compared among themselves.
    """
    if any(target_of(file.listed.record.format) == target for file in files):
        return overlapping(target, mine, files)
    return [file for file in files if _overlaps(mine, file)]


def doubles_in_target(listed: ListedRecord, shared: Shared) -> bool:
    """Whether the target of a record has the shared entries twice, or another has."""
    target = target_of(listed.record.format)
    return any(target_of(its.file.record.format) == target for its in shared.doubled)


def _overlaps(mine: Selected, file: RecordedFile) -> bool:
    """Whether a file is of the same ledger and has days of a selection.

    A difference doubles nothing of the files that it goes on from.
    """
    (listed, theirs), number = file, file.listed.record.number
    if number in mine.chain or mine.number in theirs.chain:
        return False
    first, last = days_of_both(mine, theirs)
    return mine.pin.ledger_id == listed.record.ledger_id and first <= last


async def entries_in_both(
    session: AsyncSession, mine: Selected, files: Iterable[RecordedFile]
) -> Shared:
    """The journals of a selection with entries in files that are `overlapping`."""
    return await shared_with(session, mine, files, _with_an_entry_in_both)


async def shared_with(
    session: AsyncSession,
    mine: Selected,
    files: Iterable[RecordedFile],
    numbers_of_both: NumbersOfBoth,
) -> Shared:
    """What a selection shares with files; one query for each file.

    Memory doesn't grow with the selection but by a bit for each journal of the ledger.
    """
    every, doubled = _Numbers(), []
    for listed, theirs in files:
        journals, first = 0, list[int]()
        statement = await numbers_of_both(session, mine, theirs)
        found = await session.stream_scalars(
            statement.order_by(Journal.number),
            execution_options={"yield_per": NUMBERS_AT_ONCE},
        )
        async for numbers in found.partitions():
            journals += len(numbers)
            first += numbers[: NUMBERS_NAMED - len(first)]
            every.add(numbers)
        if journals:
            doubled.append(Doubled(listed, journals, tuple(first)))
    return Shared(every.count(), tuple(doubled))


class _Numbers:
    """A set of numbers of journals, which have no gaps: a bit for each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, numbers: Sequence[int]) -> None:
        """Add ascending numbers."""
        bits = self._bits
        bits += bytes(max(0, numbers[-1] // 8 + 1 - len(bits)))
        for number in numbers:
            bits[number >> 3] |= 1 << (number & 7)

    def count(self) -> int:
        return int.from_bytes(self._bits).bit_count()


async def journals_in_both(
    session: AsyncSession, mine: Selected, theirs: Selected
) -> list[ColumnElement[bool]]:
    """The conditions of two selections on `Journal`, but for those on its entries."""
    return [
        *await journals_selected(session, mine),
        *await journals_selected(session, theirs),
    ]


async def _with_an_entry_in_both(
    session: AsyncSession, mine: Selected, theirs: Selected
) -> Select[int]:
    """The numbers of journals with an entry on a day that both selections have."""
    conditions = await journals_in_both(session, mine, theirs)
    if mine.base is not None and theirs.base is not None:
        # What two differences take back may not be in force at either any more.
        return select(Journal.number).where(*conditions)
    days = days_of_both(mine, theirs)
    starts, ends = zip(entry_days(_Mine), entry_days(_Theirs), strict=True)
    # Three ranges of days of which any two meet have a day in common.
    together = (
        select(1)
        .select_from(_Mine)
        .join(
            _Theirs,
            and_(
                _Theirs.ledger_id == _Mine.ledger_id,
                _Theirs.journal == _Mine.journal,
                starts[0] <= ends[1],
                starts[1] <= ends[0],
            ),
        )
        .where(
            _Mine.ledger_id == Journal.ledger_id,
            _Mine.journal == Journal.number,
            *_selected_within(_Mine, mine, days),
            *_selected_within(_Theirs, theirs, days),
        )
    )
    return select(Journal.number).where(
        *conditions, exists(together.correlate(Journal))
    )


def days_of_both(mine: Selected, theirs: Selected) -> tuple[Day, Day]:
    """The first and the last day of both selections; the last is earlier if none is."""
    first, last = zip(mine.days, theirs.days, strict=True)
    return max(first), min(last)


def _selected_within(
    movement: Any, selected: Selected, days: tuple[Day, Day]
) -> list[ColumnElement[bool]]:
    """A selection's movements that have an entry on one of the days."""
    (first, last), (start, end) = days, entry_days(movement)
    recording = selected.pin.recording
    return [
        *selecting_movements(selected.pin, selected.journal_filter, movement),
        movement.recorded_in <= recording,
        or_(movement.superseded_in.is_(None), movement.superseded_in > recording),
        start <= last,
        end >= first,
    ]


def entry_days(movement: Any) -> tuple[ColumnElement[Day], ColumnElement[Day]]:
    """The first and the last day on which a movement has an entry.

    It has one on each day between: the daily amount is zero on all days or on none, and
    only the last share may be zero beside it.
    """
    before_last = movement.daily * (movement.last_day - movement.first_day)
    return (
        case((movement.daily > 0, movement.first_day), else_=movement.last_day),
        case(
            (movement.amount > before_last, movement.last_day),
            else_=movement.last_day - 1,
        ),
    )
