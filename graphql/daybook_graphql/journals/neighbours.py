"""The journals before and after one in a list."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.paging import PageRequest
from daybook.reports.journals.filters import JournalFilter as Conditions
from daybook.reports.journals.queries import ListedJournal, find_journals
from daybook.reports.journals.sorting import sort_value, sorted_journals
from daybook.reports.journals.totals import kept_count
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import JournalOrder
from daybook_graphql.journals.filters import JournalFilter, conditions_in
from daybook_graphql.journals.journal_pages import journals_of
from daybook_graphql.journals.orders import expect_sortable
from daybook_graphql.journals.types import Journal, JournalNeighbours, neighbours_of
from daybook_graphql.kit.money import checked


@neighbours_of.implemented
async def _neighbours_of(
    info: Info,
    journal: Journal,
    filter_input: JournalFilter | None,
    order: JournalOrder,
) -> JournalNeighbours:
    pin, journal_filter = journal.pin, Conditions()
    if filter_input is not None:
        if filter_input.posted is not None:
            checked(filter_input.posted, "filter.posted")
        pin = await info.context.pin_at(pin, filter_input.as_of)
        journal_filter = await conditions_in(info.context, pin, filter_input)
    selected = Selected.of(info)
    number, count = journal.row.number, 0
    async with info.context.database.pinned_reads() as session:
        before = await _beside(session, pin, journal_filter, order, number, -1)
        after = await _beside(session, pin, journal_filter, order, number, 1)
        found = [
            await journals_of(info.context, session, pin, rows, selected.below(name))
            for name, rows in (("previous", before), ("next", after))
        ]
        if "totalCount" in selected:
            count = await kept_count(session, pin, journal_filter)
    previous, following = (journals[0] if journals else None for journals in found)
    return JournalNeighbours(previous=previous, next=following, total_count=count)


async def _beside(
    session: AsyncSession,
    pin: Pin,
    journal_filter: Conditions,
    order: JournalOrder,
    number: int,
    direction: int,
) -> Sequence[ListedJournal]:
    """The journal after one in an order (1), or before it (-1); empty at the end."""
    is_backward = (direction < 0) != order.is_descending
    if order.column is None:
        request = PageRequest(1, (number,), is_backward)
        return (await find_journals(session, pin, journal_filter, request)).items
    await expect_sortable(session, pin, journal_filter)
    column = order.column
    value = await sort_value(session, pin, journal_filter, column, number)
    request = PageRequest(1, (value, number), is_backward)
    found = await sorted_journals(session, pin, journal_filter, column, request)
    return [its.journal for its in found.items]
