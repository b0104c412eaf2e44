"""The types of customers and products."""

from collections.abc import Sequence

import strawberry

from daybook.ledger.models import Customer as StoredCustomer
from daybook.recognition.rules import Method
from daybook.reports.journals.groups import GroupParty
from daybook.reports.parties import ListedParty, methods_of_products, parties_by_id
from daybook_graphql.context import Context, Info, loader
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.ids import IdText
from daybook_graphql.kit.node import Node
from daybook_graphql.parties.enums import RecognitionMethod
from daybook_graphql.parties.ids import CUSTOMER, PRODUCT


@listed("A customer", "customers", page="A page of customers, by name.")
@strawberry.type(description="Who is invoiced.")
class Customer(Node):
    external_id: str = strawberry.field(description="The sender's own id.")
    name: str = strawberry.field(description="The name in reports.")
    legal_name: str = strawberry.field(description="The name in exports.")

    # By position: a dataclass takes names, and takes three times as long.
    def __init__(
        self, node_id: IdText, external_id: str, name: str, legal_name: str
    ) -> None:
        self.node_id = node_id
        self.external_id = external_id
        self.name = name
        self.legal_name = legal_name


@listed("A product", "products", page="A page of products, by name.")
@strawberry.type(description="What is sold.")
class Product(Node):
    external_id: str = strawberry.field(description="The sender's own id.")
    name: str = strawberry.field(description="The name in reports.")
    category: str | None = strawberry.field(description="The sender's own grouping.")

    def __init__(
        self, node_id: IdText, external_id: str, name: str, category: str | None
    ) -> None:
        self.node_id = node_id
        self.external_id = external_id
        self.name = name
        self.category = category

    @strawberry.field(
        description="How its lines are recognized where they don't say; null where the"
        " ledger's default decides. The present setting, whatever the as-of day."
    )
    async def method(self, info: Info) -> RecognitionMethod | None:
        method = await product_methods(info.context).load(self.external_id)
        return None if method is None else RecognitionMethod(method)


@loader()
async def product_methods(
    context: Context, external_ids: list[str]
) -> Sequence[Method | None]:
    """The methods of products by the senders' own ids."""
    async with context.database.pinned_reads() as session:
        methods = await methods_of_products(
            session, context.organisation_id, external_ids
        )
    return [methods.get(external_id) for external_id in external_ids]


@loader()
async def customers_by_id(
    context: Context, external_ids: list[str]
) -> Sequence[Customer | None]:
    """Customers by the senders' own ids."""
    async with context.database.pinned_reads() as session:
        rows = await parties_by_id(
            session, StoredCustomer, context.organisation_id, external_ids
        )
    return [
        customer_of_row(rows[external_id]) if external_id in rows else None
        for external_id in external_ids
    ]


def customer_of(external_id: str, name: str, legal_name: str) -> Customer:
    """A customer as the schema shows it."""
    return Customer(CUSTOMER + external_id, external_id, name, legal_name)


def customer_or_none(
    external_id: str | None, name: str | None, legal_name: str | None
) -> Customer | None:
    """The customer of an outer join."""
    if external_id is None:
        return None
    return customer_of(external_id, name or "", legal_name or "")


def customer_of_row(row: ListedParty | GroupParty) -> Customer:
    """A listed customer as the schema shows it."""
    return customer_of(row.external_id, row.name, row.more or row.name)


def product_of(external_id: str, name: str, category: str | None) -> Product:
    """A product as the schema shows it."""
    return Product(PRODUCT + external_id, external_id, name, category)


def product_of_row(row: ListedParty | GroupParty) -> Product:
    """A listed product as the schema shows it."""
    return product_of(row.external_id, row.name, row.more)
