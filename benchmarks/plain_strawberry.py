"""The journals' list as Strawberry's documentation shows how to make one: a peer.

Types, Relay's list connection, a statement of SQLAlchemy's, the ASGI application:
`python -m benchmarks.plain_strawberry URL PORT`.
"""

import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
import uvicorn
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry import relay
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from daybook.calendar import date_of, first_day_of
from daybook.documents.models import StoredDocument
from daybook.ledger import models

LEDGER_ID = ORGANISATION_ID = 1
SIZE_MAX = 100
ROWS_MAX = SIZE_MAX + 1
"""Relay's list takes one row more than a page, to know whether there are more."""


@strawberry.enum
class Source(Enum):
    """What kind of document a journal comes from."""

    INVOICE = 1
    BILLING_SCHEDULE = 2
    CREDIT_NOTE = 3
    STANDALONE = 4


@strawberry.type
class Customer(relay.Node):
    """Who is invoiced."""

    number: relay.NodeID[int]
    external_id: str
    name: str


@strawberry.type
class Product(relay.Node):
    """What is sold."""

    number: relay.NodeID[int]
    external_id: str
    name: str


@strawberry.type
class Document(relay.Node):
    """What a journal comes from."""

    number: relay.NodeID[int]
    external_id: str
    reference: str


@strawberry.type
class Money:
    """An amount."""

    amount: Decimal
    currency: str


@strawberry.type
class Journal(relay.Node):
    """A journal."""

    key: relay.NodeID[int]
    number: str
    month: date
    source: Source
    customer: Customer
    product: Product
    document: Document
    total: Money


@strawberry.type
class Query:
    """The list and nothing else."""

    @relay.connection(relay.ListConnection[Journal])
    async def journals(self, info: strawberry.Info) -> Iterable[Journal]:
        """The first journals."""
        async with info.context["new_session"]() as session:
            return [_journal_of(row) for row in await _rows(session)]


async def _rows(session: AsyncSession) -> list[Any]:
    """The first journals of the only ledger, each with all that it refers to."""
    one, movement, document = models.Journal, models.JournalMovement, StoredDocument
    customer, product, ledger = models.Customer, models.Product, models.Ledger
    amount = (
        select(func.sum(movement.amount))
        .where(
            movement.ledger_id == LEDGER_ID,
            movement.journal == one.number,
            movement.superseded_in.is_(None),
        )
        .scalar_subquery()
    )
    currency = select(ledger.currency).where(ledger.id == LEDGER_ID).scalar_subquery()
    # Outer joins by constant keys: with others PostgreSQL sorts the whole ledger.
    found = await session.execute(
        select(
            *(one.number, one.month, one.source),
            *(amount.label("amount"), currency.label("currency")),
            *(one.customer_id, one.product_id, one.document_id),
            customer.external_id.label("customer_external_id"),
            customer.name.label("customer_name"),
            product.external_id.label("product_external_id"),
            product.name.label("product_name"),
            document.external_id.label("document_external_id"),
            document.number.label("reference"),
        )
        .outerjoin(
            customer,
            (customer.organisation_id == ORGANISATION_ID)
            & (customer.id == one.customer_id),
        )
        .outerjoin(
            product,
            (product.organisation_id == ORGANISATION_ID)
            & (product.id == one.product_id),
        )
        .outerjoin(
            document,
            (document.ledger_id == LEDGER_ID) & (document.id == one.document_id),
        )
        .where(one.ledger_id == LEDGER_ID)
        .order_by(one.number)
        .limit(ROWS_MAX)
    )
    return list(found)


def _journal_of(row: Any) -> Journal:
    return Journal(
        key=row.number,
        number=str(row.number),
        month=date_of(first_day_of(row.month)),
        source=Source(row.source),
        customer=Customer(
            number=row.customer_id,
            external_id=row.customer_external_id,
            name=row.customer_name,
        ),
        product=Product(
            number=row.product_id,
            external_id=row.product_external_id,
            name=row.product_name,
        ),
        document=Document(
            number=row.document_id,
            external_id=row.document_external_id,
            reference=row.reference,
        ),
        total=Money(amount=Decimal(int(row.amount)).scaleb(-2), currency=row.currency),
    )


class Application(GraphQL[dict[str, Any], None]):
    """The ASGI application, with sessions for the resolvers."""

    def __init__(self, schema: strawberry.Schema, url: str) -> None:
        super().__init__(schema, graphql_ide=None)
        self._new_session = async_sessionmaker(create_async_engine(url))

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        return {"request": request, "new_session": self._new_session}


def main() -> None:
    """Serve a database on a port of this machine."""
    url, port = sys.argv[1:]
    config = StrawberryConfig(relay_max_results=SIZE_MAX)
    schema = strawberry.Schema(query=Query, config=config)
    app = Starlette(routes=[Route("/graphql", Application(schema, url))])
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
