"""The queries `customers` and `products`, and both by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.ledger.models import Customer as StoredCustomer
from daybook.ledger.models import Product as StoredProduct
from daybook.ledger.pins import Pin, mark_not_recorded
from daybook.paging import Page, PageRequest
from daybook.reports.parties import (
    ListedParty,
    Party,
    PartyFilter,
    count_parties,
    find_parties,
    parties_by_id,
)
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.late import LateFunction
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import BigInt
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

pin_of_ledger: LateFunction[[Context, str, str], Pin] = LateFunction()
"""The ledger that an id names, implemented in `ledgers/queries.py`."""


@strawberry.input(description="A recording of a ledger, up to which a copy has come.")
class LedgerRecording:
    ledger_id: strawberry.ID = strawberry.field(description="Which ledger.")
    recording: BigInt = strawberry.field(
        description="The recording's number; 0 is before the first."
    )


ChangedAfter = Annotated[
    LedgerRecording | None,
    strawberry.argument(
        description="Only those that documents or journals of the ledger named after"
        " this recording, and those that got another name after it, in the order in"
        " which they were first named. Names are those of now: read these once you"
        " know the `recording` to go on from, and a name that changes meanwhile is told"
        " again the next time. It takes nothing else that narrows."
    ),
]

HasMethod = Annotated[
    bool, strawberry.argument(description="Only those with a method of their own.")
]


LacksMethod = Annotated[
    bool,
    strawberry.argument(description="Only those without a method of their own."),
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
        changed_after: ChangedAfter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Customer]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        selected = await _selected(info, search, changed_after)
        page, total = await _parties(info, StoredCustomer, selected, request)
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
        lacks_method: LacksMethod = False,  # noqa: FBT002  (an argument of the schema)
        changed_after: ChangedAfter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Product]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        selected = await _selected(
            info,
            search,
            changed_after,
            has_method=has_method,
            lacks_method=lacks_method,
        )
        page, total = await _parties(info, StoredProduct, selected, request)
        nodes = [product_of_row(row) for row in page.items]
        return connection_of(page, nodes, lambda row: (row.id,), total)


async def _selected(
    info: Info,
    search: str | None,
    changed_after: LedgerRecording | None,
    *,
    has_method: bool = False,
    lacks_method: bool = False,
) -> PartyFilter:
    """The filter of a list; raises the errors of its arguments."""
    text, name = search_text(search), "changedAfter"
    if changed_after is None:
        return PartyFilter(text, has_method, lacks_method)
    if text is not None or has_method or lacks_method:
        message = (
            f"{name}: names and methods change by themselves, so narrow by it alone"
        )
        raise failure(ErrorCode.INVALID_VALUE, message, name)
    where = f"{name}.ledgerId"
    pin = await pin_of_ledger(info.context, changed_after.ledger_id, where)
    if (after := changed_after.recording) > pin.recording:
        message = f"{name}: {mark_not_recorded(pin, after)}"
        raise failure(ErrorCode.NOT_FOUND, message, f"{name}.recording")
    return PartyFilter(changed=(pin, after))


async def _parties(
    info: Info, kind: Party, selected: PartyFilter, request: PageRequest
) -> tuple[Page[ListedParty], int]:
    """A page of customers or products, and their total where it is selected."""
    selection = (kind, info.context.organisation_id, selected)
    async with info.context.database.reads() as session:
        page = await find_parties(session, *selection, request)
        total = 0
        if "totalCount" in Selected.of(info):
            total = await count_parties(session, *selection)
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
