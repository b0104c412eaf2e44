"""From rows to documents, customers and products: only what is selected is read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.models import Customer as StoredCustomer
from daybook.ledger.models import Product as StoredProduct
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.paging import Page, PageRequest
from daybook.recognition.rules import Method
from daybook.reports.documents import (
    ListedDocument,
    ListedLine,
    count_documents,
    documents_by_number,
    find_documents,
    lines_of,
    totals_of,
)
from daybook.reports.parties import ListedParty, Party, count_parties, find_parties
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import BillingTiming
from daybook_graphql.documents.ids import document_id
from daybook_graphql.documents.types import (
    BillingSchedule,
    CreditNote,
    Customer,
    CustomerConnection,
    CustomerEdge,
    DocumentLine,
    Invoice,
    Product,
    ProductConnection,
    ProductEdge,
    SourceConnection,
    SourceEdge,
    customer_of,
    product_of,
)
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.money import money
from daybook_graphql.kit.paging import connection_of
from daybook_graphql.kit.scalars import date_or_none
from daybook_graphql.ledgers.enums import AllocationStrategy
from daybook_graphql.parties.enums import RecognitionMethod

Document = Invoice | CreditNote | BillingSchedule
SHOWN = (StoredKind.INVOICE, StoredKind.BILLING_SCHEDULE, StoredKind.CREDIT_NOTE)
"""The kinds of documents that the schema has types of."""


def customer_of_row(row: ListedParty) -> Customer:
    """A listed customer as the schema shows it."""
    return customer_of(row.external_id, row.name, row.more or row.name)


def product_of_row(row: ListedParty) -> Product:
    """A listed product as the schema shows it."""
    return product_of(row.external_id, row.name, row.more)


async def customer_page(
    info: Info, search: str | None, request: PageRequest
) -> CustomerConnection:
    """A page of the organisation's customers."""
    page, total = await _parties(info, StoredCustomer, search, request)
    nodes = [customer_of_row(row) for row in page.items]
    kinds = (CustomerConnection, CustomerEdge)
    return connection_of(kinds, page, nodes, lambda row: (row.id,), total_count=total)


async def product_page(
    info: Info, search: str | None, request: PageRequest, *, has_method: bool
) -> ProductConnection:
    """A page of the organisation's products."""
    page, total = await _parties(
        info, StoredProduct, search, request, has_method=has_method
    )
    nodes = [product_of_row(row) for row in page.items]
    kinds = (ProductConnection, ProductEdge)
    return connection_of(kinds, page, nodes, lambda row: (row.id,), total_count=total)


async def source_page(
    info: Info,
    pin: Pin,
    kinds: Sequence[StoredKind] | None,
    search: str | None,
    request: PageRequest,
) -> SourceConnection:
    """A page of a ledger's documents."""
    wanted = Selected.of(info)
    kinds = SHOWN if kinds is None else [one for one in kinds if one in SHOWN]
    async with info.context.database.pinned_reads() as session:
        page = await find_documents(session, pin, kinds, search, request)
        below = wanted.below("nodes") | wanted.below("edges").below("node")
        nodes = await documents_of(session, pin, page.items, below)
        total = 0
        if "totalCount" in wanted:
            total = await count_documents(session, pin, kinds, search)
    return connection_of(
        (SourceConnection, SourceEdge),
        page,
        nodes,
        lambda row: (row.id,),
        total_count=total,
    )


class _Loaded(NamedTuple):
    """What was read about some documents, by Daybook's numbers."""

    totals: Mapping[int, int]
    lines: Mapping[int, list[ListedLine]]
    parents: Mapping[int, Document]


async def documents_of(
    session: AsyncSession, pin: Pin, rows: Iterable[ListedDocument], wanted: Selected
) -> list[Document | None]:
    """Documents in the rows' order, with what is selected of them.

    A manual journal has no type of its own in the schema: it is None.
    """
    rows = list(rows)
    numbers = [row.id for row in rows]
    parents: dict[int, Document] = {}
    if wanted.any_of(*PARENTS):
        numbers_of_parents = {row.parent_id for row in rows if row.parent_id}
        found_parents = await documents_by_number(session, pin, numbers_of_parents)
        found = list(found_parents.values())
        made = await documents_of(session, pin, found, wanted.below(*PARENTS))
        parents = {row.id: one for row, one in zip(found, made, strict=True) if one}
    loaded = _Loaded(
        await totals_of(session, pin, numbers) if "total" in wanted else {},
        await lines_of(session, pin, numbers) if "lines" in wanted else {},
        parents,
    )
    return [_document_of(pin, row, loaded) for row in rows]


PARENTS = ("invoice", "billingSchedule")
"""The fields that lead to a document's parent."""


def _document_of(pin: Pin, row: ListedDocument, loaded: _Loaded) -> Document | None:
    if row.kind == StoredKind.STANDALONE:
        return None
    shared: dict[str, Any] = {
        "node_id": document_id(row.kind, row.external_id),
        "row": row,
        "pin": pin,
        "lines_total": loaded.totals.get(row.id, 0),
        "lines": [_line_of(one, pin.currency) for one in loaded.lines.get(row.id, ())],
    }
    parent = None if row.parent_id is None else loaded.parents.get(row.parent_id)
    if row.kind == StoredKind.INVOICE:
        assert parent is None or isinstance(parent, BillingSchedule)
        return Invoice(**shared, billing_schedule=parent)
    if row.kind == StoredKind.BILLING_SCHEDULE:
        return BillingSchedule(**shared)
    assert parent is None or isinstance(parent, Invoice)
    return CreditNote(**shared, invoice=parent)


def _line_of(row: ListedLine, currency: str) -> DocumentLine:
    is_own = row.credits_id is None
    method = Method(row.method)
    is_straight = is_own and method is Method.STRAIGHT_LINE
    return DocumentLine(
        external_id=row.external_id,
        description=row.description or row.product_name,
        product=product_of(
            row.product_external_id, row.product_name, row.product_category
        ),
        amount=money(row.amount, currency),
        service_from=date_or_none(row.first_day),
        service_to=date_or_none(row.last_day),
        recognized_on=date_or_none(row.recognized_on),
        method=RecognitionMethod(method) if is_own else None,
        timing=BillingTiming(row.timing) if is_own else None,
        strategy=AllocationStrategy(row.strategy) if is_straight else None,
    )


async def _parties(
    info: Info,
    kind: Party,
    search: str | None,
    request: PageRequest,
    *,
    has_method: bool = False,
) -> tuple[Page[ListedParty], int]:
    """A page of customers or products, and how many there are in all."""
    organisation_id = info.context.organisation_id
    async with info.context.database.reads() as session:
        given = (session, kind, organisation_id, search)
        page = await find_parties(*given, request, has_method=has_method)
        total = 0
        if "totalCount" in Selected.of(info):
            total = await count_parties(*given, has_method=has_method)
    return page, total
