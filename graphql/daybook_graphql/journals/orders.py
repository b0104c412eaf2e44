"""Pages of journals in any order, and their cursors.

The cursor of a sorted list has the number, the column and the value: another order's
cursor is refused.
"""

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.numbers import NUMBER_MAX
from daybook.paging import Page, PageRequest
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import ListColumns, ListedJournal, find_journals
from daybook.reports.journals.sorting import (
    SORTED_MAX,
    SortColumn,
    SortedJournal,
    SortValue,
    sorted_journals,
)
from daybook.reports.journals.totals import count_journals
from daybook_graphql.journals.enums import JournalOrder
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.paging import PageArguments, no_cursor, page_request

Key: TypeAlias = Sequence[int | str]
"""What the cursor of a journal in a list is made of."""


async def ordered_journals(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    order: JournalOrder,
    page: PageArguments,
    columns: ListColumns,
) -> tuple[Page[ListedJournal], list[Key]]:
    """A page of journals, and their keys; `columns` narrow only lists by number.

    Raises INVALID_VALUE for more journals than can be sorted.
    """
    column = order.column
    if column is None:
        request = _directed(page_request(1, **page), order)
        found = await find_journals(
            session, pin, journal_filter, request, columns=columns
        )
        keys: list[Key] = [(row.number,) for row in found.items]
    else:
        request = _directed(_sorted_request(column, page), order)
        await expect_sortable(session, pin, journal_filter)
        by_value = await sorted_journals(session, pin, journal_filter, column, request)
        keys = [_key_of(column, row) for row in by_value.items]
        rows = [row.journal for row in by_value.items]
        found = Page(rows, by_value.has_next, by_value.has_previous)
    if order.is_descending:
        return found.reversed(), keys[::-1]
    return found, keys


async def expect_sortable(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter
) -> None:
    """Raise INVALID_VALUE for more journals than can be sorted."""
    count = await count_journals(session, pin, journal_filter)
    if count > SORTED_MAX:
        message = (
            f"orderBy: filter first: {count:,} journals are selected, and up to"
            f" {SORTED_MAX:,} can be sorted by anything but their numbers"
        )
        raise failure(ErrorCode.INVALID_VALUE, message, "orderBy")


def _directed(request: PageRequest, order: JournalOrder) -> PageRequest:
    return request.reversed() if order.is_descending else request


def _key_of(column: SortColumn, row: SortedJournal) -> tuple[int | str, ...]:
    # Amounts as text: the numbers of cursors are never negative.
    return row.journal.number, column.value, str(row.value)


def _sorted_request(column: SortColumn, page: PageArguments) -> PageRequest:
    """The requested page of a sorted list; raises INVALID_CURSOR for other cursors."""
    request = page_request((int, str, str), **page)
    if request.key is None:
        return request
    number, name, text = request.key
    value = _value_of(column, text) if name == column.value else None
    if value is None:
        raise no_cursor("before" if page["before"] is not None else "after")
    return PageRequest(request.size, (value, number), request.is_backward)


def _value_of(column: SortColumn, text: str) -> SortValue | None:
    """The value of a cursor's text; None if no cursor has it."""
    if not column.is_amount:
        return text
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(
        str(NUMBER_MAX)
    ):
        return None
    value = int(text)
    return value if str(value) == text and abs(value) <= NUMBER_MAX else None
