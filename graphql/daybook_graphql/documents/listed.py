"""The first documents that an import records, revises or voids."""

from collections.abc import Sequence

import strawberry

from daybook.documents.results import ListedDocument
from daybook_graphql.documents.enums import SourceKind
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.scalars import CurrencyCode, Date


@strawberry.type(
    description="A document that an import records, revises or voids, or would."
)
class ImportedDocument:
    kind: SourceKind = strawberry.field(description="Its kind.")
    number: str = strawberry.field(description="Its number, as it was sent.")
    customer_name: str = strawberry.field(description="The customer's name in it.")
    currency: CurrencyCode = strawberry.field(description="Its currency.")
    accounting_date: Date = strawberry.field(description="The day on which it counts.")
    before: Money | None = strawberry.field(
        description="What it came to, less its discount; null of a new one."
    )
    after: Money | None = strawberry.field(
        description="What it comes to, less its discount; null of one that is voided."
    )


def listed_documents(listed: Sequence[ListedDocument]) -> list[ImportedDocument]:
    """The domain's documents as the schema shows them."""
    return [
        ImportedDocument(
            kind=SourceKind(int(its.kind)),
            number=its.number,
            customer_name=its.customer,
            currency=CurrencyCode(its.currency),
            accounting_date=Date(its.accounting_date),
            before=None if its.before is None else money(its.before, its.currency),
            after=None if its.after is None else money(its.after, its.currency),
        )
        for its in listed
    ]
