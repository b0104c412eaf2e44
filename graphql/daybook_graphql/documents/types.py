"""The types of what comes in: documents with their lines, customers and products."""

from typing import TYPE_CHECKING, Annotated

import strawberry

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
from daybook_graphql.kit.ids import NodeId, encode
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    PageArguments,
    PageInfo,
)
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.enums import AllocationStrategy
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_graphql.parties.ids import CustomerId, ProductId

if TYPE_CHECKING:
    from daybook_graphql.journals.types import JournalConnection

Journals = Annotated[
    "JournalConnection", strawberry.lazy("daybook_graphql.journals.types")
]


@strawberry.type(description="Who is invoiced.")
class Customer(Node):
    external_id: str = strawberry.field(description="The sender's own id.")
    name: str = strawberry.field(description="The name in reports.")
    legal_name: str = strawberry.field(description="The name in exports.")


@strawberry.type(description="What is sold.")
class Product(Node):
    external_id: str = strawberry.field(description="The sender's own id.")
    name: str = strawberry.field(description="The name in reports.")
    category: str | None = strawberry.field(description="The sender's own grouping.")

    @strawberry.field(
        description="How its lines are recognized where they don't say; null where the"
        " ledger's default decides. The present setting, whatever the as-of day."
    )
    async def method(self, info: Info) -> RecognitionMethod | None:
        found = await info.context.product_methods.load(self.external_id)
        return None if found is None else RecognitionMethod(found)


def customer_of(external_id: str, name: str, legal_name: str) -> Customer:
    """A customer as the schema shows it."""
    return Customer(
        node_id=CustomerId(external_id),
        external_id=external_id,
        name=name,
        legal_name=legal_name,
    )


def customer_or_none(
    external_id: str | None, name: str | None, legal_name: str | None
) -> Customer | None:
    """The same where there may be none."""
    if external_id is None:
        return None
    return customer_of(external_id, name or "", legal_name or "")


def product_of(external_id: str, name: str, category: str | None) -> Product:
    """A product as the schema shows it."""
    return Product(
        node_id=ProductId(external_id),
        external_id=external_id,
        name=name,
        category=category,
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


@strawberry.interface(description="A document that journals come from.")
class Source:
    node_id: strawberry.Private[NodeId]
    row: strawberry.Private[ListedDocument]
    pin: strawberry.Private[Pin]
    lines_total: strawberry.Private[int]
    """What its lines sum to in minor units, where that is selected."""

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

    @strawberry.field(description="The journals that came from it, by number.")
    async def journals(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Journals:
        # Imported here: journals name their documents, and documents their journals.
        from daybook_graphql.journals.loading import (  # noqa: PLC0415
            journals_of_document,
        )

        page = PageArguments(first=first, after=after, last=last, before=before)
        return await journals_of_document(info, self.pin, self.row.id, page)


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


@strawberry.type(description="A billing schedule, which accrues before it is invoiced.")
class BillingSchedule(Node, Source):
    lines: list[DocumentLine] = strawberry.field(
        description="The one line that it is: product, price and service period."
    )


@strawberry.type(description="A final credit note.")
class CreditNote(Node, Source):
    lines: list[DocumentLine] = strawberry.field(
        description="Its line items, in the document's order."
    )
    invoice: Invoice | None = strawberry.field(
        description="The invoice that it credits, if it names one."
    )


@strawberry.type(description="A document in a list.")
class SourceEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: Source = strawberry.field(description="The document.")


@strawberry.type(description="A page of documents, in the order they were recorded.")
class SourceConnection:
    edges: list[SourceEdge] = strawberry.field(description="The page's documents.")
    nodes: list[Source] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")


@strawberry.type(description="A customer in a list.")
class CustomerEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: Customer = strawberry.field(description="The customer.")


@strawberry.type(description="A page of customers, by name.")
class CustomerConnection:
    edges: list[CustomerEdge] = strawberry.field(description="The page's customers.")
    nodes: list[Customer] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")


@strawberry.type(description="A product in a list.")
class ProductEdge:
    cursor: str = strawberry.field(description="Where it stands in the list.")
    node: Product = strawberry.field(description="The product.")


@strawberry.type(description="A page of products, by name.")
class ProductConnection:
    edges: list[ProductEdge] = strawberry.field(description="The page's products.")
    nodes: list[Product] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Whether there is more.")
    total_count: int = strawberry.field(description="How many there are in all.")
