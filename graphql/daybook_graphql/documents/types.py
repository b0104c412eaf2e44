"""The types of documents and their lines."""

from typing import Any

import strawberry
from strawberry.types.lazy_type import LazyType

from daybook.documents.rules import DocumentStatus as StoredStatus
from daybook.ledger.pins import Pin
from daybook.reports.documents import ListedDocument
from daybook_graphql.context import Info
from daybook_graphql.documents.enums import (
    KINDS,
    BillingTiming,
    DocumentStatus,
    SourceKind,
)
from daybook_graphql.documents.versions import (
    DocumentVersion,
    document_versions,
    version_of,
)
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.ids import IdText, NodeId, encode
from daybook_graphql.kit.late import LateFunction
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    PageArguments,
)
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.enums import AllocationStrategy
from daybook_graphql.ledgers.recorded_locks import ATTACHMENT_CONNECTION, WithRemoved
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_graphql.parties.types import Customer, Product, customer_or_none

journals_of_document: LateFunction[[Info, Pin, int, PageArguments], Any] = (
    LateFunction()
)
"""A page of a document's journals, implemented in `journals/journal_pages.py`."""

attachments_of_document: LateFunction[..., Any] = LateFunction()
"""A page of a document's evidence, implemented in `evidence/queries.py`."""

JOURNAL_CONNECTION: LazyType[str, str] = LazyType(
    "JournalConnection", "daybook_graphql.journals.types"
)


@strawberry.type(description="What a manual journal recognized of a milestone.")
class MilestoneRecognition:
    number: int = strawberry.field(
        description="The manual journal's number: 7 is `MJ-7`."
    )
    amount: Money = strawberry.field(description="What it recognized: more than 0.")


@strawberry.type(description="A part of a line that is earned when it is reached.")
class Milestone:
    external_id: str = strawberry.field(description="The sender's own id.")
    name: str = strawberry.field(description="What it is called.")
    amount: Money = strawberry.field(
        description="What is earned then; credit notes reduce it while it is open."
    )
    completed_on: Date | None = strawberry.field(
        description="The day it was reached; null while it is open."
    )
    recognized_by: list[MilestoneRecognition] = strawberry.field(
        description="What manual journals recognized of it. They change no schedule:"
        " once it is reached, all of it is recognized, and this twice. One that adjusts"
        " a journal counts for that document's milestones, any other for those of its"
        " customer and product: those that were open then first, in the order of"
        " recording."
    )
    open_amount: Money = strawberry.field(
        description="Its amount less what manual journals recognized; 0 once it is"
        " reached."
    )


@strawberry.type(description="A line item of a document.")
class DocumentLine:
    external_id: str = strawberry.field(description="The sender's own id.")
    description: str = strawberry.field(
        description="What it is for; the product's name where the sender said nothing."
    )
    product: Product = strawberry.field(description="What is sold or credited.")
    amount: Money = strawberry.field(
        description="With the document's sign: a credit note's line is positive."
    )
    service_from: Date | None = strawberry.field(
        description="First day of the service period, where there is one."
    )
    service_to: Date | None = strawberry.field(
        description="Last day of the service period, where there is one."
    )
    recognized_on: Date | None = strawberry.field(
        description="The day on which all of it is recognized, or on which a credit"
        " takes effect."
    )
    method: RecognitionMethod | None = strawberry.field(
        description="When it is earned; null where it credits an invoice's line."
    )
    timing: BillingTiming | None = strawberry.field(
        description="Billed before or after; null where it credits an invoice's line."
    )
    strategy: AllocationStrategy | None = strawberry.field(
        description="How straight-line amounts go to months; null for other methods"
        " and where it credits an invoice's line."
    )
    milestones: list[Milestone] = strawberry.field(
        description="Its milestones, in the document's order; none for other methods."
        " Those of a group of lines stand at the line that the group is named after."
    )


@listed(
    "A document",
    "documents",
    page="A page of documents, in the order they were recorded.",
)
@strawberry.interface(description="A document that journals come from.")
class Source:
    node_id: strawberry.Private[NodeId | IdText]
    row: strawberry.Private[ListedDocument]
    pin: strawberry.Private[Pin]
    lines_total: strawberry.Private[int]
    """The sum of its lines in minor units, if it is selected."""

    @strawberry.field(description="Its global id.")
    def id(self) -> strawberry.ID:
        return encode(self.node_id)

    @strawberry.field(description="What it is.")
    def kind(self) -> SourceKind:
        return KINDS[self.row.kind]

    @strawberry.field(description="The sender's own id.")
    def external_id(self) -> str:
        return self.row.external_id

    @strawberry.field(description="The number that people know it by.")
    def reference(self) -> str:
        return self.row.number

    @strawberry.field(description="Whom it is about.")
    def customer(self) -> Customer | None:
        row = self.row
        names = row.customer_name, row.customer_legal_name
        return customer_or_none(row.customer_external_id, *names)

    @strawberry.field(
        description="The accounting date: the day it counts from in the ledger."
    )
    def date(self) -> Date:
        return Date(self.row.accounting_date)

    @strawberry.field(description="The day it was issued.")
    def issued_on(self) -> Date:
        return Date(self.row.issued_on)

    @strawberry.field(description="What has become of it.")
    def status(self) -> DocumentStatus:
        return DocumentStatus(StoredStatus(self.row.status))

    @strawberry.field(
        description="What its lines sum to, less its own discount. A credit note's is"
        " positive; a billing schedule's is the price of a period."
    )
    def total(self) -> Money:
        return money(self.lines_total - self.row.discount, self.pin.currency)

    @strawberry.field(
        description="Its versions, the newest first: what was sent, and what each"
        " revision and the void made of it."
    )
    async def versions(self, info: Info) -> list[DocumentVersion]:
        key = (self.pin, self.row.id)
        found = await document_versions(info.context).load(key)
        return [version_of(row, self.pin.currency) for row in found]

    @strawberry.field(
        description="The journals that came from it, by number.",
        graphql_type=JOURNAL_CONNECTION,
    )
    async def journals(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        page = PageArguments(first=first, after=after, last=last, before=before)
        return await journals_of_document(info, self.pin, self.row.id, page)

    @strawberry.field(
        description="Files that are kept as evidence of it, newest first, as they are"
        " now.",
        graphql_type=ATTACHMENT_CONNECTION,
    )
    async def attachments(
        self,
        info: Info,
        with_removed: WithRemoved = False,  # noqa: FBT002  (callers name it)
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        page = PageArguments(first=first, after=after, last=last, before=before)
        where = self.row.kind, self.row.external_id
        return await attachments_of_document(
            info, *where, page, with_removed=with_removed
        )


@strawberry.type(description="A final invoice.")
class Invoice(Node, Source):
    lines: list[DocumentLine] = strawberry.field(
        description="Its line items, in the document's order."
    )

    @strawberry.field(description="What is taken off the whole of it, over all lines.")
    def discount(self) -> Money:
        return money(self.row.discount, self.pin.currency)

    billing_schedule: "BillingSchedule | None" = strawberry.field(
        description="The billing schedule that it bills, if it names one."
    )
    credit_notes: list["CreditNote"] = strawberry.field(
        description="The credit notes that name it, in the order they were recorded,"
        " 50 at most."
    )

    # By position: a dataclass takes names, and takes three times as long.
    def __init__(
        self,
        node_id: IdText,
        row: ListedDocument,
        pin: Pin,
        lines_total: int,
        lines: list[DocumentLine],
        billing_schedule: "BillingSchedule | None",
        credit_notes: list["CreditNote"],
    ) -> None:
        self.node_id = node_id
        self.row = row
        self.pin = pin
        self.lines_total = lines_total
        self.lines = lines
        self.billing_schedule = billing_schedule
        self.credit_notes = credit_notes


@strawberry.type(description="A billing schedule, which accrues before it is invoiced.")
class BillingSchedule(Node, Source):
    lines: list[DocumentLine] = strawberry.field(
        description="The one line that it is: product, price and service period."
    )

    def __init__(
        self,
        node_id: IdText,
        row: ListedDocument,
        pin: Pin,
        lines_total: int,
        lines: list[DocumentLine],
    ) -> None:
        self.node_id = node_id
        self.row = row
        self.pin = pin
        self.lines_total = lines_total
        self.lines = lines


@strawberry.type(description="A final credit note.")
class CreditNote(Node, Source):
    lines: list[DocumentLine] = strawberry.field(
        description="Its line items, in the document's order."
    )
    invoice: Invoice | None = strawberry.field(
        description="The invoice that it credits, if it names one."
    )

    def __init__(
        self,
        node_id: IdText,
        row: ListedDocument,
        pin: Pin,
        lines_total: int,
        lines: list[DocumentLine],
        invoice: Invoice | None,
    ) -> None:
        self.node_id = node_id
        self.row = row
        self.pin = pin
        self.lines_total = lines_total
        self.lines = lines
        self.invoice = invoice


DOCUMENTS = (Invoice, CreditNote, BillingSchedule)
"""The types of documents: fields name their interface only."""
