"""The queries `customers` and `products`, and both by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.ledger.models import Customer as StoredCustomer
from daybook.ledger.models import Product as StoredProduct
from daybook.paging import Page, PageRequest
from daybook.reports.parties import (
    ListedParty,
    Party,
    count_parties,
    find_parties,
    parties_by_id,
)
from daybook_graphql.context import Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.searching import search_text
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_graphql.parties.types import (
    Customer,
    Product,
    customer_of_row,
    product_of_row,
)

Search = Annotated[
    str | None,
    strawberry.argument(description="Part of a name or of the sender's own id."),
]

HasMethod = Annotated[
    bool, strawberry.argument(description="Only those with a method of their own.")
]


@strawberry.type
class PartyQueries:
    @strawberry.field(
        description="The organisation's customers, by name.", metadata=needs(READ)
    )
    async def customers(
        self,
        info: Info,
        search: Search = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Customer]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        text = search_text(search)
        page, total = await _parties(info, StoredCustomer, text, request)
        nodes = [customer_of_row(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.id,), total)

    @strawberry.field(
        description="The organisation's products, by name.", metadata=needs(READ)
    )
    async def products(
        self,
        info: Info,
        search: Search = None,
        has_method: HasMethod = False,  # noqa: FBT002  (an argument of the schema)
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Product]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        text = search_text(search)
        page, total = await _parties(
            info, StoredProduct, text, request, has_method=has_method
        )
        nodes = [product_of_row(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.id,), total)


async def _parties(
    info: Info,
    kind: Party,
    search: str | None,
    request: PageRequest,
    *,
    has_method: bool = False,
) -> tuple[Page[ListedParty], int]:
    """A page of customers or products, and their total where it is selected."""
    selection = (kind, info.context.organisation_id, search)
    async with info.context.database.reads() as session:
        page = await find_parties(session, *selection, request, has_method=has_method)
        total = 0
        if "totalCount" in Selected.of(info):
            total = await count_parties(session, *selection, has_method=has_method)
    return page, total


async def _read_customers(reader: NodeReader, ids: Sequence[CustomerId]) -> Found:
    rows = await _rows(reader, StoredCustomer, [id_.external_id for id_ in ids])
    return {CustomerId(row.external_id): customer_of_row(row) for row in rows}


async def _read_products(reader: NodeReader, ids: Sequence[ProductId]) -> Found:
    rows = await _rows(reader, StoredProduct, [id_.external_id for id_ in ids])
    return {ProductId(row.external_id): product_of_row(row) for row in rows}


async def _rows(
    reader: NodeReader, kind: Party, external_ids: Sequence[str]
) -> list[ListedParty]:
    async with reader.reads() as session:
        found = await parties_by_id(session, kind, reader.organisation_id, external_ids)
    return list(found.values())


NODES = (NodeKind(CustomerId, _read_customers), NodeKind(ProductId, _read_products))
