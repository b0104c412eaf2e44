"""Queries of documents, customers and products."""

from typing import Annotated

import strawberry

from daybook_graphql.context import Info
from daybook_graphql.documents.enums import SourceKind, stored_kinds
from daybook_graphql.documents.loading import (
    customer_page,
    product_page,
    source_page,
)
from daybook_graphql.documents.types import (
    CustomerConnection,
    ProductConnection,
    SourceConnection,
)
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.searching import search_text
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of

Search = Annotated[
    str | None,
    strawberry.argument(description="Part of a name or of the sender's own id."),
]

HasMethod = Annotated[
    bool, strawberry.argument(description="Only those with a method of their own.")
]


@strawberry.type
class DocumentQueries:
    @strawberry.field(description="The organisation's customers, by name.")
    async def customers(
        self,
        info: Info,
        search: Search = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CustomerConnection:
        page = page_request(1, first=first, after=after, last=last, before=before)
        return await customer_page(info, search_text(search), page)

    @strawberry.field(description="The organisation's products, by name.")
    async def products(
        self,
        info: Info,
        search: Search = None,
        has_method: HasMethod = False,  # noqa: FBT002  (an argument of the schema)
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ProductConnection:
        page = page_request(1, first=first, after=after, last=last, before=before)
        text = search_text(search)
        return await product_page(info, text, page, has_method=has_method)

    @strawberry.field(
        description="A ledger's documents, in the order they were recorded."
    )
    async def sources(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        kind: Annotated[
            list[SourceKind] | None,
            strawberry.argument(description="Only documents of these kinds."),
        ] = None,
        search: Search = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> SourceConnection:
        page = page_request(1, first=first, after=after, last=last, before=before)
        pin = await pin_of(info.context, ledger_id)
        kinds = stored_kinds(kind)
        return await source_page(info, pin, kinds, search_text(search), page)
