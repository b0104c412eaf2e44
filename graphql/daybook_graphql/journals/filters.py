"""The filter of journals and entries, and how it reaches the domain's selection."""

import strawberry

from daybook.errors import Rejected
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.reports.journals.filters import JournalFilter as Conditions
from daybook.reports.journals.filters import JournalType as StoredType
from daybook.reports.journals.filters import Purpose, Selection
from daybook.reports.journals.selection import resolve
from daybook_graphql.context import Info
from daybook_graphql.enums import JournalType, SourceKind, stored_kinds
from daybook_graphql.errors import ErrorCode, failure, refusal
from daybook_graphql.ids import (
    BillingScheduleId,
    CreditNoteId,
    CustomerId,
    InvoiceId,
    ProductId,
    expect,
    expect_document,
    kind_of,
)
from daybook_graphql.ledgers.queries import pin_of
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
    as_of: Date | None = strawberry.field(
        default=None,
        description="As it was known at the end of this day, in the organisation's time"
        " zone; the present where it is absent.",
    )
    type: JournalType | None = strawberry.field(
        default=None, description="Only journals that Daybook, or a person, made."
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
    billing_schedule_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only what came from this billing schedule and its invoices.",
    )
    shifted: bool | None = strawberry.field(
        default=None,
        description="Only journals with a movement that a lock moved, or without any.",
    )
    exclude_fully_recognized: bool = strawberry.field(
        default=False,
        description="Whether to leave out journals whose lines are fully recognized on"
        " the day that divides posted from scheduled.",
    )
    on: Date | None = strawberry.field(
        default=None,
        description="Entries up to this day are posted, later ones scheduled; the as-of"
        " day, or today if that is earlier, where it is absent.",
    )
    include_scheduled: bool | None = strawberry.field(
        default=None,
        description="Whether scheduled entries are selected too. Where it is absent:"
        " yes in `journals`, `journalGroups` and `entries`, which tell them apart; no"
        " in `createExport`, as in every file.",
    )
    search: str | None = strawberry.field(
        default=None,
        description="A journal's number, or part of the name or the sender's own id of"
        " its customer, product or document.",
    )


async def pin_and_conditions(
    info: Info, ledger_id: str, wanted: JournalFilter | None
) -> tuple[Pin, Conditions]:
    """The ledger pinned to the filter's as-of day, and what the filter selects in it.

    Raises errors that name the filter's fields.
    """
    if wanted is None:
        return await pin_of(info.context, ledger_id), Conditions()
    pin = await pin_of(info.context, ledger_id, wanted.as_of)
    if wanted.posted is not None:
        checked(wanted.posted, "filter.posted")
    selection = selection_of(wanted, "filter")
    async with info.context.database.pinned_reads() as session:
        try:
            return pin, await resolve(session, pin, selection, Purpose.REPORT)
        except Rejected as rejected:
            raise refusal(rejected.problems, ("filter",)) from None


def selection_of(wanted: JournalFilter, argument: str) -> Selection:
    """What a filter asks for, by the senders' own ids, before anything is looked up.

    `argument` is where the filter stands; raises INVALID_ID for ids of other types.
    """
    posted = wanted.posted or DateRangeInput()
    customer = product = billing_schedule = None
    if wanted.customer_id is not None:
        customer = expect(wanted.customer_id, CustomerId, f"{argument}.customerId")
    if wanted.product_id is not None:
        product = expect(wanted.product_id, ProductId, f"{argument}.productId")
    if wanted.billing_schedule_id is not None:
        billing_schedule = expect(
            wanted.billing_schedule_id,
            BillingScheduleId,
            f"{argument}.billingScheduleId",
        )
    return Selection(
        posted_from=posted.start,
        posted_to=posted.end,
        sources=stored_kinds(wanted.source),
        customer=customer and customer.external_id,
        product=product and product.external_id,
        document=_document(wanted, argument),
        billing_schedule=billing_schedule and billing_schedule.external_id,
        journal_type=wanted.type and StoredType[wanted.type.name],
        shifted=wanted.shifted,
        excludes_recognized=wanted.exclude_fully_recognized,
        as_of=wanted.as_of,
        on=wanted.on,
        include_scheduled=wanted.include_scheduled,
        search=search_text(wanted.search, f"{argument}.search"),
    )


def _document(wanted: JournalFilter, argument: str) -> tuple[StoredKind, str] | None:
    """The one document that a filter names, by its kind and the sender's own id."""
    named: dict[tuple[StoredKind, str], None] = {}
    if wanted.invoice_id is not None:
        one = expect(wanted.invoice_id, InvoiceId, f"{argument}.invoiceId")
        named[StoredKind.INVOICE, one.external_id] = None
    if wanted.credit_note_id is not None:
        note = expect(wanted.credit_note_id, CreditNoteId, f"{argument}.creditNoteId")
        named[StoredKind.CREDIT_NOTE, note.external_id] = None
    if wanted.document_id is not None:
        document = expect_document(wanted.document_id, f"{argument}.documentId")
        named[kind_of(document), document.external_id] = None
    if len(named) > 1:
        message = (
            f"{argument}: a journal comes from one document, and these name several"
        )
        raise failure(ErrorCode.INVALID_VALUE, message, f"{argument}.documentId")
    return next(iter(named), None)
