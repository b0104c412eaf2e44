"""From rows to journals, movements and entries: a page costs a few statements.

What belongs to the page's journals is read for all of them at once, and only if it is
selected.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import FIRST_DAY, LAST_DAY
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role
from daybook.paging import Page, PageRequest
from daybook.reports.journals.entries import Entry as StoredEntry
from daybook.reports.journals.entries import (
    count_entries,
    count_within,
    find_entries,
    page_of_entries,
)
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import (
    Amounts,
    JournalMovementDetails,
    ListedJournal,
    find_journals,
    movements_of,
)
from daybook.reports.journals.totals import count_journals, pair_totals
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.loading import (
    Document,
    documents_of,
)
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import EntryStatus, JournalOrder
from daybook_graphql.journals.ids import EntryId, JournalId, MovementId
from daybook_graphql.journals.types import (
    Entry,
    EntryConnection,
    EntryEdge,
    Journal,
    JournalConnection,
    JournalEdge,
    Movement,
)
from daybook_graphql.kit.money import DateRangeInput, checked, money
from daybook_graphql.kit.paging import (
    PageArguments,
    connection_of,
    cursor_of,
    no_cursor,
    page_info,
    page_request,
)
from daybook_graphql.kit.scalars import Date, DateTime, date_or_none
from daybook_graphql.ledgers.accounts import (
    AccountTotal,
    LedgerAccount,
    account_totals,
    accounts_of,
)
from daybook_graphql.parties.enums import method_or_none

FROM_MOVEMENTS = ("movements", "method", "narrative", "total")
"""What of a journal is made from its movements."""

Accounts: TypeAlias = Mapping[Role, LedgerAccount]


async def journal_page(
    info: Info,
    pin: Pin,
    conditions: JournalFilter,
    page: PageArguments,
    order: JournalOrder = JournalOrder.NUMBER,
) -> JournalConnection:
    """A page of journals, their number and totals."""
    request = page_request(1, **page)
    is_descending = order is JournalOrder.NUMBER_DESC
    if is_descending:
        request = request.reversed()
    wanted = Selected.of(info)
    edges, nodes = wanted.below("edges"), wanted.below("nodes")
    amounts = Amounts(
        has_all=edges.any_of("total", "scheduled"),
        has_posted=edges.any_of("posted", "scheduled"),
    )
    count, pairs = 0, dict[AccountPair, int]()
    async with info.context.database.pinned_reads() as session:
        found = await find_journals(session, pin, conditions, request, amounts=amounts)
        if is_descending:
            found = found.reversed()
        journals = await journals_of(
            *(info.context, session, pin, found.items), nodes | edges.below("node")
        )
        if "totalCount" in wanted:
            count = await count_journals(session, pin, conditions)
        if "totals" in wanted:
            pairs = await pair_totals(session, pin, conditions)
    # A loader opens a session of its own: who waits for one holds none.
    totals = list[AccountTotal]()
    if pairs:
        accounts = await accounts_at(info.context, pin)
        totals = account_totals(accounts, pin.currency, pairs)
    ends = [cursor_of((row.number,)) for row in (*found.items[:1], *found.items[-1:])]
    return JournalConnection(
        edges=[JournalEdge(node=one) for one in journals],
        nodes=journals,
        page_info=page_info(found, ends),
        total_count=count,
        totals=totals,
    )


async def accounts_at(context: Context, pin: Pin) -> dict[Role, LedgerAccount]:
    """A ledger's accounts with the names that they had at the pin."""
    return accounts_of(pin, await context.account_names.load(pin))


async def journals_of_document(
    info: Info, pin: Pin, number: int, page: PageArguments
) -> JournalConnection:
    """A page of the journals that came from one document."""
    return await journal_page(info, pin, JournalFilter(document_id=number), page)


async def journals_of(
    context: Context,
    session: AsyncSession,
    pin: Pin,
    rows: Sequence[ListedJournal],
    wanted: Selected,
) -> list[Journal]:
    """Journals in the rows' order, with what is selected of them."""
    movements: Mapping[int, list[JournalMovementDetails]] = {}
    if wanted.any_of(*FROM_MOVEMENTS):
        movements = await movements_of(session, pin, [row.number for row in rows])
        for row in rows:
            its = movements.get(row.number, [])
            context.journals.movements.prime((pin, row.number), its)
    documents: Sequence[Document | None] = [None] * len(rows)
    if "document" in wanted:
        listed = [row.document for row in rows]
        documents = await documents_of(session, pin, listed, wanted.below("document"))
    return [
        Journal(
            node_id=JournalId(pin.currency, row.number),
            row=row,
            pin=pin,
            details=movements.get(row.number, ()),
            document=document,
        )
        for row, document in zip(rows, documents, strict=True)
    ]


async def entry_page(
    info: Info, pin: Pin, conditions: JournalFilter, page: PageArguments
) -> EntryConnection:
    """A page of daily entries, and their number."""
    request = _entries_request(page)
    count = 0
    async with info.context.database.pinned_reads() as session:
        found = await find_entries(session, pin, conditions, request)
        if "totalCount" in Selected.of(info):
            count = await count_entries(session, pin, conditions)
    return await _entry_connection(info.context, pin, found, count)


async def entries_of(
    info: Info,
    pin: Pin,
    row: ListedJournal,
    posted: DateRangeInput | None,
    page: PageArguments,
) -> EntryConnection:
    """A page of one journal's entries, from its movements."""
    start, end = (None, None) if posted is None else checked(posted, "posted")
    conditions = JournalFilter(posted_from=start, posted_to=end)
    request = _entries_request(page)
    details = await info.context.journals.movements.load((pin, row.number))
    found = page_of_entries(pin, conditions, details, request)
    count = 0
    if "totalCount" in Selected.of(info):
        count = count_within(pin, conditions, details)
    return await _entry_connection(info.context, pin, found, count)


def _entries_request(page: PageArguments) -> PageRequest:
    """The page of entries asked for; keyed by journal number, day and movement.

    A cursor of the time when the movement came before the day is refused: its second
    part is no day.
    """
    request = page_request(3, **page)
    if request.key is not None and not FIRST_DAY <= request.key[1] <= LAST_DAY:
        raise no_cursor("before" if request.is_backward else "after")
    return request


async def _entry_connection(
    context: Context, pin: Pin, found: Page[StoredEntry], count: int
) -> EntryConnection:
    accounts = await accounts_at(context, pin)
    nodes = [entry_of(accounts, pin.currency, one) for one in found.items]
    kinds = (EntryConnection, EntryEdge)
    return connection_of(kinds, found, nodes, lambda one: one.key, total_count=count)


def entry_of(accounts: Accounts, currency: str, one: StoredEntry) -> Entry:
    """A computed entry as the schema shows it."""
    return Entry(
        node_id=EntryId(currency, one.journal, one.seq, one.day),
        date=Date(one.day),
        status=EntryStatus.POSTED if one.is_posted else EntryStatus.SCHEDULED,
        debit=accounts[one.debit],
        credit=accounts[one.credit],
        amount=money(one.amount, currency),
        narrative=one.narrative,
    )


async def movements_shown(
    context: Context, pin: Pin, details: Sequence[JournalMovementDetails]
) -> list[Movement]:
    """Stored movements as the schema shows them."""
    if not details:
        return []
    numbers = {one.recorded_in for one in details}
    numbers |= {one.superseded_in for one in details if one.superseded_in is not None}
    recordings = await context.journals.recordings.load_many(
        [(pin, number) for number in sorted(numbers)]
    )
    moments = {one.number: DateTime(one.recorded_at) for one in recordings}
    accounts = await accounts_at(context, pin)
    return [_movement_of(accounts, pin, one, moments) for one in details]


def _movement_of(
    accounts: Accounts,
    pin: Pin,
    one: JournalMovementDetails,
    moments: Mapping[int, DateTime],
) -> Movement:
    stored, moved = one.movement, one.moved
    return Movement(
        node_id=MovementId(pin.currency, one.journal, one.seq),
        debit=accounts[stored.debit],
        credit=accounts[stored.credit],
        amount=money(stored.amount, pin.currency),
        first_day=Date(stored.first_day),
        last_day=Date(stored.last_day),
        posted_on=None if moved is None else Date(moved.posted_on),
        service_from=date_or_none(one.service_from),
        service_to=date_or_none(one.service_to),
        locked_through=None if moved is None else Date(moved.locked_through),
        method=method_or_none(one.method),
        recorded_at=moments[one.recorded_in],
        superseded_at=(
            None if one.superseded_in is None else moments[one.superseded_in]
        ),
        narrative=one.narrative,
        pin=pin,
        place=(one.journal, one.seq),
    )
