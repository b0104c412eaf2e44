"""Customers and products that an import calls otherwise."""

from collections.abc import Sequence
from enum import Enum

import strawberry

from daybook.documents.renamings import Renaming

value = strawberry.enum_value


@strawberry.enum(description="What of a customer or a product is changed.")
class RenamedField(Enum):
    NAME = value("name", description="The name.")
    LEGAL_NAME = value("legal_name", description="A customer's legal name.")
    CATEGORY = value(
        "category",
        description="A product's category, by which accounts may be mapped and named.",
    )


@strawberry.type(
    description="A recorded customer or product that the documents call otherwise, or"
    " move to another category. It holds in all ledgers."
)
class ImportRenaming:
    customer: str | None = strawberry.field(
        description="The customer's id, the sender's own; null of a product."
    )
    product: str | None = strawberry.field(
        description="The product's id, the sender's own; null of a customer."
    )
    field: RenamedField = strawberry.field(description="What is changed.")
    before: str | None = strawberry.field(
        description="What it was; null of a product without a category."
    )
    after: str = strawberry.field(description="What it becomes.")
    message: str = strawberry.field(description="The same for people.")


def renamings_of(renamings: Sequence[Renaming]) -> list[ImportRenaming]:
    """The domain's changes of names as the schema shows them."""
    return [
        ImportRenaming(
            customer=its.id if its.kind == "customer" else None,
            product=its.id if its.kind == "product" else None,
            field=RenamedField(its.field),
            before=its.before,
            after=its.after,
            message=its.words(),
        )
        for its in renamings
    ]
