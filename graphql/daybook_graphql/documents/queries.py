"""The query `sources`, and documents by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.ledger.rules import SourceKind as StoredKind
from daybook.reports.documents import documents_by_id
from daybook_graphql.context import Info
from daybook_graphql.documents.document_pages import documents_of, source_page
from daybook_graphql.documents.enums import SourceKind, stored_kinds
from daybook_graphql.documents.ids import (
    BillingScheduleId,
    CreditNoteId,
    InvoiceId,
    document_id,
)
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.kit.connections import Connection
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.searching import search_text
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of
from daybook_graphql.parties.queries import Search


@strawberry.type
class DocumentQueries:
    @strawberry.field(
        description="A ledger's documents, in the order they were recorded.",
        metadata=needs(READ),
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
    ) -> Connection[Source]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        pin = await pin_of(info.context, ledger_id)
        kinds = stored_kinds(kind)
        return await source_page(info, pin, kinds, search_text(search), request)


async def _read_invoices(reader: NodeReader, ids: Sequence[InvoiceId]) -> Found:
    external_ids = [id_.external_id for id_ in ids]
    return await _read(reader, StoredKind.INVOICE, external_ids)


async def _read_credit_notes(reader: NodeReader, ids: Sequence[CreditNoteId]) -> Found:
    external_ids = [id_.external_id for id_ in ids]
    return await _read(reader, StoredKind.CREDIT_NOTE, external_ids)


async def _read_billing_schedules(
    reader: NodeReader, ids: Sequence[BillingScheduleId]
) -> Found:
    external_ids = [id_.external_id for id_ in ids]
    return await _read(reader, StoredKind.BILLING_SCHEDULE, external_ids)


async def _read(
    reader: NodeReader, kind: StoredKind, external_ids: Sequence[str]
) -> Found:
    """Documents of one kind, in any of the organisation's ledgers."""
    found: Found = {}
    for pin in reader.pins.values():
        async with reader.reads() as session:
            rows = await documents_by_id(session, pin, kind, external_ids)
            documents = await documents_of(session, pin, rows, reader.selected)
        for row, document in zip(rows, documents, strict=True):
            if document is not None:
                found[document_id(row.kind, row.external_id)] = document
    return found


NODES = (
    NodeKind(InvoiceId, _read_invoices),
    NodeKind(CreditNoteId, _read_credit_notes),
    NodeKind(BillingScheduleId, _read_billing_schedules),
)
