"""The filter of journals and entries, and how it reaches the domain's selection."""

import strawberry

from daybook.errors import Rejected
from daybook.ledger.filters import JournalFilter as Conditions
from daybook.ledger.filters import Pin
from daybook.reports.selection import Selection, resolve
from daybook_graphql.context import Info
from daybook_graphql.enums import SourceKind, stored_kinds
from daybook_graphql.errors import ErrorCode, failure, refusal
from daybook_graphql.ids import (
    CreditNoteId,
    CustomerId,
    InvoiceId,
    ProductId,
    expect,
    expect_document,
)
from daybook_graphql.money import DateRangeInput, checked
from daybook_graphql.scalars import Date
from daybook_graphql.searching import search_text


@strawberry.input(
    description="What to select. Absent fields do not narrow; present ones all apply."
)
class JournalFilter:
    posted: DateRangeInput | None = strawberry.field(
        default=None, description="Posting dates."
    )
    source: list[SourceKind] | None = strawberry.field(
        default=None, description="Only journals of these kinds of documents."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this customer's."
    )
    product_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this product's."
    )
    invoice_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what came from this invoice."
    )
    credit_note_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what came from this credit note."
    )
    document_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only what came from this document, whatever its kind.",
    )
    on: Date | None = strawberry.field(
        default=None,
        description="Entries up to this day are posted, later ones scheduled; today"
        " where it is absent.",
    )
    include_scheduled: bool = strawberry.field(
        default=True, description="Whether scheduled entries are selected too."
    )
    search: str | None = strawberry.field(
        default=None,
        description="A journal's number, or part of the name or the sender's own id of"
        " its customer, product or document.",
    )


async def conditions_of(
    info: Info, pin: Pin, wanted: JournalFilter | None
) -> Conditions:
    """What a filter selects in a pinned ledger; raises errors that name its fields."""
    if wanted is None:
        return Conditions()
    selection = _selection(wanted)
    async with info.context.database.reads() as session:
        try:
            return await resolve(session, pin, selection)
        except Rejected as rejected:
            raise refusal(rejected.problems, ("filter",)) from None


def _selection(wanted: JournalFilter) -> Selection:
    start, end = None, None
    if wanted.posted is not None:
        start, end = checked(wanted.posted, "filter.posted")
    invoice, credit_note = _document(wanted)
    customer = product = None
    if wanted.customer_id is not None:
        customer = expect(wanted.customer_id, CustomerId, "filter.customerId")
    if wanted.product_id is not None:
        product = expect(wanted.product_id, ProductId, "filter.productId")
    return Selection(
        posted_from=start,
        posted_to=end,
        sources=stored_kinds(wanted.source),
        customer=customer and customer.external_id,
        product=product and product.external_id,
        invoice=invoice,
        credit_note=credit_note,
        on=wanted.on,
        include_scheduled=wanted.include_scheduled,
        search=search_text(wanted.search, "filter.search"),
    )


def _document(wanted: JournalFilter) -> tuple[str | None, str | None]:
    """The invoice and the credit note that a filter names, by the senders' own ids."""
    invoices, credit_notes = set[str](), set[str]()
    if wanted.invoice_id is not None:
        one = expect(wanted.invoice_id, InvoiceId, "filter.invoiceId")
        invoices.add(one.external_id)
    if wanted.credit_note_id is not None:
        note = expect(wanted.credit_note_id, CreditNoteId, "filter.creditNoteId")
        credit_notes.add(note.external_id)
    if wanted.document_id is not None:
        document = expect_document(wanted.document_id, "filter.documentId")
        is_invoice = isinstance(document, InvoiceId)
        (invoices if is_invoice else credit_notes).add(document.external_id)
    if len(invoices) + len(credit_notes) > 1:
        message = "filter: a journal comes from one document, and these name several"
        raise failure(ErrorCode.INVALID_VALUE, message, "filter.documentId")
    return next(iter(invoices), None), next(iter(credit_notes), None)
