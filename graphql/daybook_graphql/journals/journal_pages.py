"""Loads pages of journals, each by a few statements.

Details of the page's journals are read for all of them at once, and only if they are
selected.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair
from daybook.paging import Page
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.journal_sums import PairSums, sums_of_journals
from daybook.reports.journals.marks import moved_journals
from daybook.reports.journals.queries import (
    JournalMovementDetails,
    ListColumns,
    ListedJournal,
    movements_of,
)
from daybook.reports.journals.totals import (
    kept_count,
    kept_totals,
    scheduled_totals,
)
from daybook_graphql.context import Context, Info
from daybook_graphql.documents.document_pages import Document, documents_of, needs_state
from daybook_graphql.documents.types import journals_of_document
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.enums import JournalOrder
from daybook_graphql.journals.gains import account_gains
from daybook_graphql.journals.ids import journals_of_ledger
from daybook_graphql.journals.loaders import journal_movements
from daybook_graphql.journals.orders import Key, ordered_journals
from daybook_graphql.journals.types import (
    NOT_POSTED,
    Journal,
    JournalConnection,
    JournalEdge,
    PostedFiles,
    posted_files,
)
from daybook_graphql.kit.connections import page_info
from daybook_graphql.kit.money import money
from daybook_graphql.kit.paging import PageArguments, cursor_of, page_request
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.ledgers.accounts import AccountTotal, account_totals, accounts_at

OF_ROWS = ("edges", "nodes", "pageInfo")
"""The fields of a page for which its rows are read."""
FROM_MOVEMENTS = ("movements", "method", "narrative", "total")
"""The fields of a journal that are made from its movements."""
FROM_FILES = ("postedIn", "postedInPart")
"""The fields of a journal that are about its posted files."""
FROM_SUMS = ("totals", "gains", "scheduledGains", "state", "marks")
"""The fields of an edge that are made from what its journal moves."""
NOTHING = PairSums()
"""The sums of a journal without an amount on the selected days."""


async def journal_page(
    info: Info,
    pin: Pin,
    journal_filter: JournalFilter,
    page: PageArguments,
    order: JournalOrder = JournalOrder.NUMBER,
) -> JournalConnection:
    """A page of journals, their number and totals."""
    selected = Selected.of(info)
    edges, nodes = selected.below("edges"), selected.below("nodes")
    shown = nodes | edges.below("node")
    columns = ListColumns(
        has_all=edges.any_of("total", "scheduled"),
        has_posted=edges.any_of("posted", "scheduled"),
        has_state="marks" in edges or needs_state(shown.below("document")),
    )
    has_amounts = columns.has_all or columns.has_posted
    # Lists by number have amounts in their rows, which is faster.
    has_sums = edges.any_of(*FROM_SUMS) or (order.column is not None and has_amounts)
    count = 0
    pairs: Mapping[AccountPair, int] = {}
    scheduled: Mapping[AccountPair, int] = {}
    sums: Mapping[int, PairSums] = {}
    moved: Collection[int] = ()
    async with info.context.database.pinned_reads() as session:
        if order.column is None and not selected.any_of(*OF_ROWS):
            # Sums alone are kept: the rows of a large ledger would take seconds.
            found: Page[ListedJournal] = Page.of([], page_request(1, **page))
            keys: list[Key] = []
        else:
            found, keys = await ordered_journals(
                session, pin, journal_filter, order, page, columns
            )
        journals = await journals_of(
            *(info.context, session, pin, found.items),
            shown,
        )
        numbers = [row.number for row in found.items]
        if has_sums:
            sums = await sums_of_journals(session, pin, journal_filter, numbers)
        if "marks" in edges:
            moved = await moved_journals(session, pin, numbers)
        if "totalCount" in selected:
            count = await kept_count(session, pin, journal_filter)
        if selected.any_of("totals", "gains", "controlTotal"):
            pairs = await kept_totals(session, pin, journal_filter)
        if "scheduledGains" in selected:
            scheduled = await scheduled_totals(session, pin, journal_filter)
    # A loader opens a session of its own: none is held while it is awaited.
    totals = list[AccountTotal]()
    by_journal = dict[int, list[AccountTotal]]()
    if "totals" in selected or "totals" in edges:
        accounts = await accounts_at(info.context, pin)
        totals = account_totals(accounts, pin.currency, pairs)
        if "totals" in edges:
            by_journal = {
                number: account_totals(accounts, pin.currency, its.pairs)
                for number, its in sums.items()
            }
    edges_shown = [
        JournalEdge(
            key,
            journal,
            sums.get(number, NOTHING),
            by_journal.get(number, []),
            number in moved,
        )
        for key, journal, number in zip(keys, journals, numbers, strict=True)
    ]
    ends = [cursor_of(key) for key in (*keys[:1], *keys[-1:])]
    return JournalConnection(
        edges=edges_shown,
        nodes=journals,
        page_info=page_info(found, ends),
        recording=BigInt(pin.recording),
        total_count=count,
        totals=totals,
        gains=account_gains(pairs, pin.currency),
        scheduled_gains=account_gains(scheduled, pin.currency),
        control_total=money(sum(pairs.values()), pin.currency),
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
    posted: Mapping[int, PostedFiles] = {}
    if selected.any_of(*FROM_FILES):
        posted = await posted_files(session, pin, [row.number for row in rows])
    documents: Sequence[Document | None] = [None] * len(rows)
    if "document" in selected:
        listed = [row.document for row in rows]
        documents = await documents_of(session, pin, listed, selected.below("document"))
    id_starts = journals_of_ledger(pin.currency)
    return [
        Journal(
            f"{id_starts}{row.number}",
            row,
            pin,
            movements.get(row.number, ()),
            posted.get(row.number, NOT_POSTED),
            document,
        )
        for row, document in zip(rows, documents, strict=True)
    ]
