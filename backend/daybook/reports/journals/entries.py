"""Daily entries: computed from movements, by journal number, day and movement.

A page costs what the movements of its journals cost: entries are made in their order,
one after the other, until the page is full.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge
from itertools import chain, dropwhile, groupby, islice
from typing import NamedTuple

from sqlalchemy import case, func
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
        """Where it stands in the list: journal number, day, movement."""
        return self.journal, self.day, self.seq


async def find_entries(
    session: AsyncSession, pin: Pin, wanted: JournalFilter, request: PageRequest
) -> Page[Entry]:
    """Daily entries by journal number, day and movement; keyed by these three.

    They are computed from the movements of the journals that this page shows.
    """
    found: list[Entry] = []
    ahead = replace(request, size=request.size + 2)
    while len(found) <= request.size:
        numbers = await journal_numbers(session, pin, wanted, ahead)
        entries: Iterator[Entry] = iter(())
        for some in in_lists(numbers):
            details = await described_movements(session, pin, wanted, some)
            entries = chain(entries, entries_in_order(pin, wanted, details, request))
        found += islice(entries, request.size + 1 - len(found))
        if len(numbers) < ahead.size:
            break
        beyond = numbers[-1] - 1 if request.is_backward else numbers[-1] + 1
        ahead = replace(ahead, key=(beyond,))
    return Page.of(found, request)


def page_of_entries(
    pin: Pin,
    wanted: JournalFilter,
    movements: Iterable[JournalMovementDetails],
    request: PageRequest,
) -> Page[Entry]:
    """A page of the entries of some journals' movements, which are all there."""
    entries = entries_in_order(pin, wanted, movements, request)
    return Page.of(list(islice(entries, request.size + 1)), request)


def entries_in_order(
    pin: Pin,
    wanted: JournalFilter,
    movements: Iterable[JournalMovementDetails],
    request: PageRequest,
) -> Iterator[Entry]:
    """Entries beyond the request's key, in its direction, each made when asked for.

    `movements` come journal by journal.
    """
    is_backward, key = request.is_backward, request.key

    def is_before(one: Entry) -> bool:
        return key is not None and (one.key >= key if is_backward else one.key <= key)

    journals = [list(its) for _, its in groupby(movements, lambda one: one.journal)]
    for its in reversed(journals) if is_backward else journals:
        if key is not None and its[0].journal == key[0]:
            # The days that lie before the key are not even made.
            wanted_here = _from_day(wanted, key[1], is_backward=is_backward)
        else:
            wanted_here = wanted
        days = [
            _entries_of(pin, wanted_here, one, is_backward=is_backward) for one in its
        ]
        together = merge(*days, key=lambda one: one.key, reverse=is_backward)
        yield from dropwhile(is_before, together)


def _from_day(wanted: JournalFilter, day: Day, *, is_backward: bool) -> JournalFilter:
    """The filter's days from one on, in a direction."""
    if is_backward:
        last = day if wanted.posted_to is None else min(day, wanted.posted_to)
        return replace(wanted, posted_to=last)
    return replace(wanted, posted_from=max(day, wanted.first_day()))


def _entries_of(
    pin: Pin,
    wanted: JournalFilter,
    details: JournalMovementDetails,
    *,
    is_backward: bool,
) -> Iterator[Entry]:
    """A movement's entries on the filter's days, by day, in a direction."""
    one = cut(details.movement, wanted.first_day(), wanted.last_day(pin))
    if one is None:
        return
    divide = wanted.divides_on(pin)
    days: Iterable[tuple[Day, int]] = shares(one)
    for day, amount in reversed(list(days)) if is_backward else days:
        yield Entry(
            *(details.journal, details.seq, day, one.debit, one.credit),
            *(amount, details.narrative, day <= divide),
        )


def count_within(
    pin: Pin, wanted: JournalFilter, movements: Iterable[JournalMovementDetails]
) -> int:
    """How many entries movements have on the filter's days."""
    first, last = wanted.first_day(), wanted.last_day(pin)
    pieces = (cut(one.movement, first, last) for one in movements)
    return sum(1 for one in pieces if one is not None for _ in shares(one))


async def count_entries(session: AsyncSession, pin: Pin, wanted: JournalFilter) -> int:
    """How many entries `find_entries` lists in all, from the movements alone."""
    one, first, last = JournalMovement, wanted.first_day(), wanted.last_day(pin)
    start = case((one.first_day > first, one.first_day), else_=first)
    daily = case((one.daily > 0, 1), else_=0)
    last_share = one.amount - one.daily * (one.last_day - one.first_day)
    count = case(
        (one.last_day > last, daily * (last - start + 1)),
        else_=daily * (one.last_day - start) + case((last_share > 0, 1), else_=0),
    )
    return int(
        await session.scalar(select_movements(pin, wanted, func.sum(count))) or 0
    )
