"""Daily entries: in every list of them by journal, day and movement, page by page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import day_text
from daybook.db.engine import Database
from daybook.ledger.rules import shares
from daybook.paging import Page, PageRequest
from daybook.reports.journals.entries import (
    Entry,
    count_within,
    find_entries,
    page_of_entries,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import movements_of
from daybook_factories import invoice, line, pin, record, terms
from daybook_history import History, filters, reads

pytestmark = pytest.mark.anyio

EVERY = PageRequest(1_000_000)


@reads
@given(filters(), st.integers(1, 40), st.integers(1, 9), st.booleans())
async def test_pages_of_a_journal_are_its_days_in_order(
    history: History,
    wanted: JournalFilter,
    number: int,
    size: int,
    is_backward: bool,  # noqa: FBT001  (drawn, and named in the failing example)
) -> None:
    at = history.pin
    async with history.database.reads() as session:
        its = (await movements_of(session, at, [number])).get(number, [])
    expected = sorted(
        (number, day, one.seq, amount)
        for one in its
        for day, amount in shares(one.movement)
        if wanted.first_day() <= day <= wanted.last_day(at)
    )

    found, request = list[Entry](), PageRequest(size, None, is_backward)
    while True:
        page = page_of_entries(at, wanted, its, request)
        found = page.items + found if is_backward else found + page.items
        if not _has_more(page, request):
            break
        key = page.items[0 if is_backward else -1].key
        request = PageRequest(size, key, is_backward)

    assert [(*one.key, one.amount) for one in found] == expected
    assert count_within(at, wanted, its) == len(expected)


def _has_more(page: Page[Entry], request: PageRequest) -> bool:
    return page.has_previous if request.is_backward else page.has_next


@reads
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
async def test_a_page_begins_beside_any_key_also_of_an_entry_that_is_gone(
    history: History,
    at_item: int,
    seq: int,
    is_backward: bool,  # noqa: FBT001  (drawn, and named in the failing example)
) -> None:
    async with history.database.reads() as session:
        whole = await find_entries(session, history.pin, JournalFilter(), EVERY)
        journal, day, _ = whole.items[at_item % len(whole.items)].key
        key = (journal, day, seq % 5)
        request = PageRequest(3, key, is_backward)
        page = await find_entries(session, history.pin, JournalFilter(), request)

    keys = [item.key for item in whole.items]
    beyond = [one for one in keys if (one < key if is_backward else one > key)]
    assert [item.key for item in page.items] == (
        beyond[-3:] if is_backward else beyond[:3]
    )


async def test_movements_of_a_day_stand_together(database: Database) -> None:
    lines = [line(str(at), its_terms=terms("365.00")) for at in range(3)]
    await record(database, invoice("inv_1", *lines))

    async with database.reads() as session:
        page = await find_entries(session, await pin(database), JournalFilter(), EVERY)
    days = [day_text(item.day) for item in page.items if item.journal == 1]

    # On 1 January three lines are billed and recognized, then each day is recognized.
    assert days == sorted(days)
    assert days[:7] == ["2025-01-01"] * 6 + ["2025-01-02"]


@pytest.mark.parametrize("is_backward", [False, True])
async def test_a_page_from_the_middle_of_a_journal_with_thousands_of_entries(
    database: Database, *, is_backward: bool
) -> None:
    lines = [line(str(at), its_terms=terms("365.00")) for at in range(100)]
    await record(database, invoice("inv_1", *lines), invoice("inv_2"))
    at, january = await pin(database), JournalFilter(document_id=1)
    async with database.reads() as session:
        whole = (await find_entries(session, at, january, EVERY)).items
        middle = len(whole) // 24  # of January
        request = PageRequest(62, whole[middle].key, is_backward)
        listed = await find_entries(session, at, january, request)
        its = (await movements_of(session, at, [1]))[1]
    own = page_of_entries(at, JournalFilter(), its, request)

    beside = (
        slice(middle - 62, middle) if is_backward else slice(middle + 1, middle + 63)
    )
    assert listed.items == own.items == whole[beside]
    assert count_within(at, JournalFilter(), its) == 3_200
