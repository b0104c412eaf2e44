"""Whom and what the rows of a page name: read together, and only if it is selected."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.pins import Pin
from daybook.reports.documents import ListedDocument, documents_by_number
from daybook.reports.journals.groups import customers_by_number, products_by_number
from daybook.reports.journals.queries import journals_by_number
from daybook_graphql.context import Context
from daybook_graphql.documents.document_pages import Document, documents_of
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.journal_pages import journals_of
from daybook_graphql.journals.types import Journal
from daybook_graphql.parties.types import (
    Customer,
    Product,
    customer_of_row,
    product_of_row,
)


class Names(NamedTuple):
    """What a row names, by Daybook's numbers."""

    customer_id: int | None = None
    product_id: int | None = None
    document_id: int | None = None
    journal: int | None = None


class Named(NamedTuple):
    """What the rows of a page name and its field selects, by Daybook's numbers.

    A manual journal's document has no type in the schema: it isn't there.
    """

    customers: Mapping[int | None, Customer]
    products: Mapping[int | None, Product]
    documents: Mapping[int | None, Document]
    journals: Mapping[int | None, Journal]


async def read_named(
    context: Context,
    session: AsyncSession,
    pin: Pin,
    selected: Selected,
    rows: Iterable[Names],
    documents: Iterable[ListedDocument] = (),
) -> Named:
    """Read what rows name at the pin, by one statement for each kind.

    `selected` is what is selected of a row; `documents` were read with the rows.
    """
    rows = list(rows)
    customers, products, journals = {}, {}, list[Journal]()
    if "customer" in selected:
        numbers = {row.customer_id for row in rows if row.customer_id is not None}
        customers = await customers_by_number(session, pin, numbers)
    if "product" in selected:
        numbers = {row.product_id for row in rows if row.product_id is not None}
        products = await products_by_number(session, pin, numbers)
    if "journal" in selected:
        numbers = {row.journal for row in rows if row.journal is not None}
        found = await journals_by_number(session, pin, numbers)
        below = selected.below("journal")
        journals = await journals_of(context, session, pin, found, below)
    return Named(
        {number: customer_of_row(row) for number, row in customers.items()},
        {number: product_of_row(row) for number, row in products.items()},
        await _documents(session, pin, selected, rows, documents),
        {journal.row.number: journal for journal in journals},
    )


async def _documents(
    session: AsyncSession,
    pin: Pin,
    selected: Selected,
    rows: Iterable[Names],
    documents: Iterable[ListedDocument],
) -> dict[int | None, Document]:
    if "document" not in selected:
        return {}
    listed = {document.id: document for document in documents}
    numbers = {row.document_id for row in rows} - {None, *listed}
    if numbers:
        known = [number for number in numbers if number is not None]
        listed |= await documents_by_number(session, pin, known)
    shown = await documents_of(
        session, pin, listed.values(), selected.below("document")
    )
    return {
        number: document
        for number, document in zip(listed, shown, strict=True)
        if document is not None
    }
