"""The queries `sources` and `document`, and documents by their ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.ledger.pins import Pin, mark_not_recorded
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.reports.documents import DocumentFilter, documents_by_id
from daybook_graphql.context import Info
from daybook_graphql.documents.document_pages import documents_of, source_page
from daybook_graphql.documents.enums import (
    DocumentStatus,
    SourceKind,
    stored_kinds,
    stored_statuses,
)
from daybook_graphql.documents.ids import (
    BillingScheduleId,
    CreditNoteId,
    InvoiceId,
    document_id,
)
from daybook_graphql.documents.types import Source
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.kit.connections import PinnedConnection
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.money import DateRangeInput, checked
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.kit.searching import search_text
from daybook_graphql.ledgers.queries import (
    AsOfRecording,
    LedgerIdArgument,
    check_mark,
    pin_of,
)
from daybook_graphql.parties.ids import CustomerId
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
        changed_after_recording: Annotated[
            BigInt | None,
            strawberry.argument(
                description="Only documents that changed after this recording of the"
                " ledger: they were recorded, revised or voided. It doesn't go with"
                " `search`, since names change by themselves, nor with `status` or"
                " `dated`, which documents leave by a change."
            ),
        ] = None,
        status: Annotated[
            list[DocumentStatus] | None,
            strawberry.argument(description="Only documents of these states."),
        ] = None,
        dated: Annotated[
            DateRangeInput | None,
            strawberry.argument(
                description="Only documents whose accounting date is in these days."
            ),
        ] = None,
        customer_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only documents of this customer."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        as_of_recording: AsOfRecording = None,
    ) -> PinnedConnection[Source]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        pin = await pin_of(info.context, ledger_id, None, as_of_recording)
        since, until = (None, None) if dated is None else checked(dated, "dated")
        listed = DocumentFilter(
            stored_kinds(kind),
            search_text(search),
            changed_after_recording,
            stored_statuses(status),
            since,
            until,
            _own_id(customer_id),
        )
        _check_changed(pin, listed, as_of_recording)
        return await source_page(info, pin, listed, request)

    @strawberry.field(
        description="A document by its kind and the sender's own id, which no other"
        " document of its kind has, in whatever ledger; null if there is none.",
        metadata=needs(READ),
    )
    async def document(
        self,
        info: Info,
        kind: Annotated[
            SourceKind,
            strawberry.argument(
                description="Its kind; a manual journal has no document."
            ),
        ],
        external_id: Annotated[
            str, strawberry.argument(description="The sender's own id.")
        ],
    ) -> Source | None:
        stored_kind = StoredKind[kind.name]
        if stored_kind is StoredKind.STANDALONE:
            message = "kind: a manual journal has no document: find it by its id"
            raise failure(ErrorCode.INVALID_VALUE, message, "kind")
        search_text(external_id, "externalId")
        context = info.context
        reader = NodeReader(
            *(context, context.organisation_id, await context.pins()),
            Selected.of(info),
        )
        id_ = document_id(stored_kind, external_id)
        found = (await _read(reader, stored_kind, [external_id])).get(id_)
        assert found is None or isinstance(found, Source)
        return found


def _check_changed(
    pin: Pin, listed: DocumentFilter, as_of_recording: int | None
) -> None:
    """Refuse a mark that the ledger hasn't come to, and what doesn't go with a mark."""
    name, after = "changedAfterRecording", listed.changed_after
    if after is None:
        return
    check_mark(after, as_of_recording, name)
    if after > pin.recording:
        message = f"{name}: {mark_not_recorded(pin, after)}"
        raise failure(ErrorCode.NOT_FOUND, message, name)
    if listed.search is not None:
        message = f"{name}: documents join and leave a search without a change"
        raise failure(ErrorCode.INVALID_VALUE, message, "search")
    if listed.statuses is not None:
        message = f"{name} would miss documents that left what 'status' selects"
        raise failure(ErrorCode.INVALID_VALUE, message, "status")
    if listed.since is not None or listed.until is not None:
        message = f"{name} would miss documents that left what 'dated' selects"
        raise failure(ErrorCode.INVALID_VALUE, message, "dated")


def _own_id(customer_id: str | None) -> str | None:
    if customer_id is None:
        return None
    return expect(customer_id, CustomerId, "customerId").external_id


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
