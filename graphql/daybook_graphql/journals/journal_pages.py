"""Loads pages of journals, each by a few statements.

Details of the page's journals are read for all of them at once, and only if they are
selected.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.journal_sums import PairSums, sums_of_journals
from daybook.reports.journals.queries import (
    Amounts,
    JournalMovementDetails,
    ListedJournal,
    find_journals,
    movements_of,
)
from daybook.reports.journals.totals import count_journals, pair_totals
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.document_pages import Document, documents_of
from daybook_graphql.documents.types import journals_of_document
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import JournalOrder
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.journals.loaders import journal_movements
from daybook_graphql.journals.types import Journal, JournalConnection, JournalEdge
from daybook_graphql.kit.connections import page_info
from daybook_graphql.kit.paging import PageArguments, cursor_of, page_request
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.ledgers.accounts import AccountTotal, account_totals, accounts_at

FROM_MOVEMENTS = ("movements", "method", "narrative", "total")
"""The fields of a journal that are made from its movements."""


async def journal_page(
    info: Info,
    pin: Pin,
    journal_filter: JournalFilter,
    page: PageArguments,
    order: JournalOrder = JournalOrder.NUMBER,
) -> JournalConnection:
    """A page of journals, their number and totals."""
    request = page_request(1, **page)
    is_descending = order is JournalOrder.NUMBER_DESC
    if is_descending:
        request = request.reversed()
    selected = Selected.of(info)
    edges, nodes = selected.below("edges"), selected.below("nodes")
    amounts = Amounts(
        has_all=edges.any_of("total", "scheduled"),
        has_posted=edges.any_of("posted", "scheduled"),
    )
    count, pairs = 0, dict[AccountPair, int]()
    sums: Mapping[int, PairSums] = {}
    async with info.context.database.pinned_reads() as session:
        found = await find_journals(
            session, pin, journal_filter, request, amounts=amounts
        )
        if is_descending:
            found = found.reversed()
        journals = await journals_of(
            *(info.context, session, pin, found.items), nodes | edges.below("node")
        )
        if "totals" in edges:
            numbers = [row.number for row in found.items]
            sums = await sums_of_journals(session, pin, journal_filter, numbers)
        if "totalCount" in selected:
            count = await count_journals(session, pin, journal_filter)
        if "totals" in selected:
            pairs = await pair_totals(session, pin, journal_filter)
    # A loader opens a session of its own: none is held while it is awaited.
    totals = list[AccountTotal]()
    by_journal = dict[int, list[AccountTotal]]()
    if pairs or sums:
        accounts = await accounts_at(info.context, pin)
        totals = account_totals(accounts, pin.currency, pairs)
        by_journal = {
            number: account_totals(accounts, pin.currency, its.pairs)
            for number, its in sums.items()
        }
    ends = [cursor_of((row.number,)) for row in (*found.items[:1], *found.items[-1:])]
    return JournalConnection(
        edges=[
            JournalEdge(node=journal, totals=by_journal.get(journal.row.number, []))
            for journal in journals
        ],
        nodes=journals,
        page_info=page_info(found, ends),
        recording=BigInt(pin.recording),
        total_count=count,
        totals=totals,
    )


@journals_of_document.implemented
async def _journals_of_document(
    info: Info, pin: Pin, number: int, page: PageArguments
) -> JournalConnection:
    """A page of the journals that came from one document."""
    return await journal_page(info, pin, JournalFilter(document_id=number), page)


async def journals_of(
    context: Context,
    session: AsyncSession,
    pin: Pin,
    rows: Sequence[ListedJournal],
    selected: Selected,
) -> list[Journal]:
    """Journals in the rows' order, with their selected details."""
    movements: Mapping[int, list[JournalMovementDetails]] = {}
    if selected.any_of(*FROM_MOVEMENTS):
        movements = await movements_of(session, pin, [row.number for row in rows])
        loader = journal_movements(context)
        for row in rows:
            loader.prime((pin, row.number), movements.get(row.number, []))
    documents: Sequence[Document | None] = [None] * len(rows)
    if "document" in selected:
        listed = [row.document for row in rows]
        documents = await documents_of(session, pin, listed, selected.below("document"))
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
