"""Daily entries: computed from movements, by journal number, day and movement.

A page costs as much as the movements of its journals: entries are made in order, one
after the other, until the page is full.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge
from itertools import chain, dropwhile, groupby, islice
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, literal
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.db.lists import in_lists
from daybook.ledger.models import JournalMovement
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, cut, shares
from daybook.paging import Page, PageRequest
from daybook.reports.journals.conditions import select_movements
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    described_movements,
    journal_numbers,
)


class Entry(NamedTuple):
    """One day of one movement: two lines, equal and opposite."""

    journal: int
    seq: int
    day: Day
    debit: Role
    credit: Role
    amount: int
    narrative: str
    is_posted: bool

    @property
    def key(self) -> tuple[int, Day, int]:
        """Its place in the list: journal number, day, movement."""
        return self.journal, self.day, self.seq


async def find_entries(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, request: PageRequest
) -> Page[Entry]:
    """Daily entries by journal number, day and movement; keyed by these three.

    They are computed from the movements of the journals on the page.
    """
    found: list[Entry] = []
    within = replace(journal_filter, changed_after=None)  # the numbers say which
    ahead = replace(request, size=request.size + 2)
    while len(found) <= request.size:
        numbers = await journal_numbers(session, pin, journal_filter, ahead)
        entries: Iterator[Entry] = iter(())
        for slice_ in in_lists(numbers):
            details = await described_movements(session, pin, within, slice_)
            entries = chain(
                entries, entries_in_order(pin, journal_filter, details, request)
            )
        found += islice(entries, request.size + 1 - len(found))
        if len(numbers) < ahead.size:
            break
        beyond = numbers[-1] - 1 if request.is_backward else numbers[-1] + 1
        ahead = replace(ahead, key=(beyond,))
    return Page.of(found, request)


def page_of_entries(
    pin: Pin,
    journal_filter: JournalFilter,
    movements: Iterable[JournalMovementDetails],
    request: PageRequest,
) -> Page[Entry]:
    """A page of the entries of journals, from all of their movements."""
    entries = entries_in_order(pin, journal_filter, movements, request)
    return Page.of(list(islice(entries, request.size + 1)), request)


def entries_in_order(
    pin: Pin,
    journal_filter: JournalFilter,
    movements: Iterable[JournalMovementDetails],
    request: PageRequest,
) -> Iterator[Entry]:
    """Entries beyond the request's key, in its direction, made lazily.

    `movements` come journal by journal.
    """
    is_backward, key = request.is_backward, request.key

    def is_before(entry: Entry) -> bool:
        return key is not None and (
            entry.key >= key if is_backward else entry.key <= key
        )

    journals = [
        list(group) for _, group in groupby(movements, lambda details: details.journal)
    ]
    for journal in reversed(journals) if is_backward else journals:
        if key is not None and journal[0].journal == key[0]:
            # The days before the key aren't computed.
            wanted_here = _from_day(journal_filter, key[1], is_backward=is_backward)
        else:
            wanted_here = journal_filter
        days = [
            _entries_of(pin, wanted_here, details, is_backward=is_backward)
            for details in journal
        ]
        together = merge(*days, key=lambda entry: entry.key, reverse=is_backward)
        yield from dropwhile(is_before, together)


def _from_day(
    journal_filter: JournalFilter, day: Day, *, is_backward: bool
) -> JournalFilter:
    """The filter's days from a day on, in the list's direction."""
    if is_backward:
        last = (
            day
            if journal_filter.posted_to is None
            else min(day, journal_filter.posted_to)
        )
        return replace(journal_filter, posted_to=last)
    return replace(journal_filter, posted_from=max(day, journal_filter.first_day()))


def _entries_of(
    pin: Pin,
    journal_filter: JournalFilter,
    details: JournalMovementDetails,
    *,
    is_backward: bool,
) -> Iterator[Entry]:
    """A movement's entries on the filter's days, in the list's direction."""
    piece = cut(
        details.movement, journal_filter.first_day(), journal_filter.last_day(pin)
    )
    if piece is None:
        return
    divide = journal_filter.divides_on(pin)
    days: Iterable[tuple[Day, int]] = shares(piece)
    for day, amount in reversed(list(days)) if is_backward else days:
        yield Entry(
            journal=details.journal,
            seq=details.seq,
            day=day,
            debit=piece.debit,
            credit=piece.credit,
            amount=amount,
            narrative=details.narrative,
            is_posted=day <= divide,
        )


def count_within(
    pin: Pin, journal_filter: JournalFilter, movements: Iterable[JournalMovementDetails]
) -> int:
    """How many entries movements have on the filter's days."""
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    pieces = (cut(details.movement, first, last) for details in movements)
    return sum(1 for piece in pieces if piece is not None for _ in shares(piece))


async def count_entries(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    *conditions: ColumnElement[bool],
) -> int:
    """How many entries `find_entries` lists in all, computed by the database.

    With conditions, those of the movements and journals that meet them.
    """
    count = func.sum(_entry_count(pin, journal_filter))
    statement = select_movements(pin, journal_filter, count).where(*conditions)
    return int(await session.scalar(statement) or 0)


async def largest_journal(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, *, by_entry: bool
) -> tuple[int, int] | None:
    """The journal with the most entries, or else movements, and how many it has.

    The first of equals; None if nothing is selected.
    """
    each = _entry_count(pin, journal_filter) if by_entry else literal(1)
    count, journal = func.sum(each).label("count"), JournalMovement.journal
    found = await session.execute(
        select_movements(pin, journal_filter, journal, count)
        .group_by(journal)
        .order_by(count.desc(), journal)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else (int(row[0]), int(row[1]))


def _entry_count(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[int]:
    """How many entries a movement has within the filter's days."""
    first, last = journal_filter.first_day(), journal_filter.last_day(pin)
    start = case(
        (JournalMovement.first_day > first, JournalMovement.first_day), else_=first
    )
    daily = case((JournalMovement.daily > 0, 1), else_=0)
    last_share = JournalMovement.amount - JournalMovement.daily * (
        JournalMovement.last_day - JournalMovement.first_day
    )
    return case(
        (JournalMovement.last_day > last, daily * (last - start + 1)),
        else_=daily * (JournalMovement.last_day - start)
        + case((last_share > 0, 1), else_=0),
    )
