"""The journal report: what its filters select, in pages of any size, and the totals."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import month_of, parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role, shares
from daybook.paging import Page, PageRequest
from daybook.reports.journals.entries import count_entries, find_entries
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.journal_sums import sums_of_journals
from daybook.reports.journals.queries import (
    find_journals,
    get_journal,
    movements_of,
)
from daybook.reports.journals.totals import (
    count_journals,
    pair_totals,
    posted_totals,
    recognized_by_month,
    totals_by_month,
)
from daybook_factories import invoice, line, pin, record, terms
from daybook_history import RECORDINGS, YEAR, History, filters, lets_pass, reads

pytestmark = pytest.mark.anyio

Item = TypeVar("Item")


@reads
@given(filters(), st.integers(0, RECORDINGS))
async def test_lists_and_totals_are_those_of_the_entries_that_pass(
    history: History, wanted: JournalFilter, recording: int
) -> None:
    at = await history.at(recording)
    expected = sorted(
        (
            one.entry
            for one in await history.known(recording)
            if lets_pass(wanted, at, one)
        ),
        key=by_day,
    )
    divide = at.today if wanted.on is None else wanted.on

    async with history.database.reads() as session:
        entries = await find_entries(session, at, wanted, PageRequest(10_000))
        journals = await find_journals(session, at, wanted, PageRequest(10_000))
        totals = await pair_totals(session, at, wanted)
        assert await count_entries(session, at, wanted) == len(expected)
        assert await count_journals(session, at, wanted) == len(journals.items)
        by_month = await totals_by_month(session, at, wanted)
        numbers = [journal.number for journal in journals.items]
        sums = await sums_of_journals(session, at, wanted, numbers)
        posted = await posted_totals(session, at, wanted)

    assert [tuple(entry)[:6] for entry in entries.items] == expected
    assert all(entry.is_posted == (entry.day <= divide) for entry in entries.items)
    listed, having = (
        [journal.number for journal in journals.items],
        {entry[0] for entry in expected},
    )
    if wanted.changed_after is None:
        assert listed == sorted(having)
    else:  # those that changed need no amount: tests/reports/test_changed.py
        assert having <= set(listed)
    assert totals == summed(((entry[3], entry[4]), entry[5]) for entry in expected)
    assert {
        (month, *pair): amount
        for month, pairs in by_month.items()
        for pair, amount in pairs.items()
    } == summed(
        ((month_of(entry[2]), entry[3], entry[4]), entry[5]) for entry in expected
    )
    assert {
        (number, *pair): amount
        for number, its in sums.items()
        for pair, amount in its.pairs.items()
    } == summed(((entry[0], entry[3], entry[4]), entry[5]) for entry in expected)
    its_posted = [entry for entry in expected if entry[2] <= divide]
    assert {
        (number, *pair): amount
        for number, its in sums.items()
        for pair, amount in its.posted.items()
        if amount
    } == summed(((entry[0], entry[3], entry[4]), entry[5]) for entry in its_posted)
    assert posted == summed(((entry[3], entry[4]), entry[5]) for entry in its_posted)


def by_day(entry: tuple[int, ...]) -> tuple[int, ...]:
    """The order of entries: journal number, day, movement."""
    journal, seq, day, *_ = entry
    return journal, day, seq


def summed(
    amounts: Iterable[tuple[tuple[int, ...], int]],
) -> dict[tuple[int, ...], int]:
    total: Counter[tuple[int, ...]] = Counter()
    for key, amount in amounts:
        total[key] += amount
    return dict(total)


@reads
@given(filters(), st.integers(1, 70), st.booleans(), st.integers(0, RECORDINGS))
async def test_pages_put_together_are_the_whole_list(
    history: History,
    wanted: JournalFilter,
    size: int,
    is_backward: bool,  # noqa: FBT001  (drawn, and named in the failing example)
    recording: int,
) -> None:
    at = await history.at(recording)
    async with history.database.reads() as session:
        entries = partial(find_entries, session, at, wanted)
        journals = partial(find_journals, session, at, wanted)

        whole = await entries(PageRequest(10_000))
        entry_size = size if len(whole.items) < 100 else 10 * size
        pages = walk(entries, lambda one: one.key, entry_size, is_backward=is_backward)
        assert await pages == whole.items
        listed = await journals(PageRequest(10_000))
        pages_of_journals = walk(
            journals, lambda one: (one.number,), size, is_backward=is_backward
        )
        assert await pages_of_journals == listed.items


async def walk(
    find: Callable[[PageRequest], Awaitable[Page[Item]]],
    key_of: Callable[[Item], tuple[int, ...]],
    size: int,
    *,
    is_backward: bool,
) -> list[Item]:
    """All items, page by page from one end, in the list's order."""
    items: list[Item] = []
    page = await find(PageRequest(size, None, is_backward))
    assert not (page.has_next if is_backward else page.has_previous)
    while True:
        assert len(page.items) <= size
        items = page.items + items if is_backward else items + page.items
        if not (page.has_previous if is_backward else page.has_next):
            return items
        assert len(page.items) == size
        key = key_of(page.items[0 if is_backward else -1])
        page = await find(PageRequest(size, key, is_backward))
        assert page.has_next if is_backward else page.has_previous


@reads
@given(filters(), st.integers(0, 10**6), st.integers(1, 9))
async def test_a_page_from_any_key_lies_beside_it(
    history: History, wanted: JournalFilter, at_item: int, size: int
) -> None:
    async with history.database.reads() as session:
        whole = (
            await find_entries(session, history.pin, wanted, PageRequest(10_000))
        ).items
        if not whole:
            return
        index = at_item % len(whole)
        key = whole[index].key

        after = await find_entries(session, history.pin, wanted, PageRequest(size, key))
        before = await find_entries(
            session, history.pin, wanted, PageRequest(size, key, is_backward=True)
        )

    assert after.items == whole[index + 1 : index + 1 + size]
    assert after.has_next == (index + 1 + size < len(whole))
    assert before.items == whole[max(index - size, 0) : index]
    assert before.has_previous == (index > size)


@pytest.mark.parametrize("is_backward", [True, False])
async def test_a_page_looks_past_journals_without_an_amount_on_its_days(
    database: Database, *, is_backward: bool
) -> None:
    days = [f"2025-01-{day:02}" for day in range(1, 31)]
    sold = [line(its_terms=terms("5.00", (day, day))) for day in days]
    await record(
        database,
        *(
            invoice(day, one, accounting_date="2025-02-01")
            for day, one in zip(days, sold, strict=True)
        ),
    )
    at = await pin(database)

    for first in map(parse_day, days[8:16]):
        wanted = JournalFilter(posted_from=first, posted_to=first + 4)
        async with database.reads() as session:
            items = await walk(
                partial(find_entries, session, at, wanted),
                lambda one: one.key,
                2,
                is_backward=is_backward,
            )
        assert [item.day for item in items] == list(range(first, first + 5))


async def test_a_journal_shows_its_movements_in_force(history: History) -> None:
    known = await history.known(history.pin.recording)
    numbers = {one.entry[0] for one in known}

    async with history.database.reads() as session:
        found = await movements_of(session, history.pin, range(1, 100))
        journals = {
            number: await get_journal(session, history.pin, number)
            for number in range(100)
        }

    assert set(found) == numbers
    ever = {number for number in range(1, 100) if number <= max(numbers)}
    assert {number for number, journal in journals.items() if journal} == ever
    assert [
        (*place, day, debit, credit, amount)
        for details in found.values()
        for detail in details
        for place in [(detail.journal, detail.seq)]
        for debit, credit in [(detail.movement.debit, detail.movement.credit)]
        for day, amount in shares(detail.movement)
    ] == [one.entry for one in known]


async def test_a_movement_tells_its_service_days_and_its_story(
    history: History,
) -> None:
    wanted = JournalFilter(document_id=3, product_id=2)
    async with history.database.reads() as session:
        page = await find_journals(session, history.pin, wanted, PageRequest(10))
        numbers = [item.number for item in page.items]
        found = await movements_of(session, history.pin, numbers)

    # Billed in March, what is earned on one day in May.
    day = parse_day("2025-05-01")
    details = [one for number in numbers for one in found[number]]
    assert [(detail.service_from, detail.service_to) for detail in details] == [
        (day, day)
    ] * 2
    assert [detail.narrative for detail in details] == [
        "Renamed: billed in advance and deferred (INV_3)",
        "Renamed: recognized on 1 May 2025 (INV_3)",
    ]


async def test_recognized_by_month_is_the_net_of_its_account(history: History) -> None:
    net: Counter[int] = Counter()
    for known in await history.known(history.pin.recording):
        _, _, day, debit, credit, amount = known.entry
        net[month_of(day)] += amount * (
            (credit is Role.RECOGNIZED) - (debit is Role.RECOGNIZED)
        )

    async with history.database.reads() as session:
        found = await recognized_by_month(session, history.pin, *map(month_of, YEAR))

    assert {month: amount for month, amount in found.items() if amount} == {
        month: amount for month, amount in net.items() if amount
    }
    assert found[month_of(parse_day("2025-01-05"))] > 0
