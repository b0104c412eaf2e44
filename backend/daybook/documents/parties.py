"""Recording customers and products as documents name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from daybook.db.digests import written
from daybook.db.engine import WriteSession
from daybook.db.fast.bulk import insert_rows, rows_of
from daybook.db.lists import in_lists
from daybook.documents.rules import CustomerDetails, Document, ProductDetails
from daybook.ledger.models import (
    Customer,
    CustomerName,
    Organisation,
    Product,
    ProductName,
)


class Parties(NamedTuple):
    """The numbers of customers and products, by the sender's own ids.

    `is_renaming` says whether one that was known got another name.
    """

    customers: Mapping[str, int]
    products: Mapping[str, int]
    is_renaming: bool = False


async def record_parties(
    session: WriteSession, organisation: Organisation, documents: Iterable[Document]
) -> Parties:
    """Make the customers and products that are new, rename those that changed.

    The last document that names one settles its names; what it was called before is
    kept for the reports of that time. The organisation is locked.
    """
    customers: dict[str, CustomerDetails] = {}
    products: dict[str, ProductDetails] = {}
    for document in documents:
        customers[document.customer.id] = document.customer
        for line in document.lines:
            if line.product is not None:
                products[line.product.id] = line.product
    renaming = _Renaming(organisation.renamings + 1)
    parties = Parties(
        await _record_customers(session, organisation, customers, renaming),
        await _record_products(session, organisation, products, renaming),
        bool(renaming.customers or renaming.products),
    )
    if parties.is_renaming:
        organisation.renamings += 1
        names = (
            rows_of(CustomerName, renaming.customers),
            rows_of(ProductName, renaming.products),
        )
        await insert_rows(session, *names)
        written(session).changed |= {
            (0, renaming.until, one.model.__tablename__) for one in names if one.values
        }
    return parties


@dataclass(slots=True)
class _Renaming:
    """What customers and products were called until now."""

    until: int
    customers: list[tuple[object, ...]] = field(default_factory=list)
    products: list[tuple[object, ...]] = field(default_factory=list)


async def _record_customers(
    session: WriteSession,
    organisation: Organisation,
    wanted: Mapping[str, CustomerDetails],
    renaming: _Renaming,
) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for some in in_lists(sorted(wanted)):
        found = await session.scalars(
            select(Customer).where(
                Customer.organisation_id == organisation.id,
                Customer.external_id.in_(some),
            )
        )
        for row in found:
            details = wanted[row.external_id]
            if (row.name, row.legal_name) != (details.name, details.legal_name):
                before = (row.name, row.legal_name)
                key = (organisation.id, row.id, renaming.until)
                renaming.customers.append((*key, *before))
                row.name, row.legal_name = details.name, details.legal_name
            numbers[row.external_id] = row.id
    new = [details for key, details in wanted.items() if key not in numbers]
    first = organisation.customers + 1
    organisation.customers += len(new)
    rows = [
        (organisation.id, number, one.id, one.name, one.legal_name)
        for number, one in enumerate(new, start=first)
    ]
    made = rows_of(Customer, rows)
    await insert_rows(session, made)
    written(session).note(0, 0, made)
    return numbers | {one.id: number for number, one in enumerate(new, start=first)}


async def _record_products(
    session: WriteSession,
    organisation: Organisation,
    wanted: Mapping[str, ProductDetails],
    renaming: _Renaming,
) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for some in in_lists(sorted(wanted)):
        found = await session.scalars(
            select(Product).where(
                Product.organisation_id == organisation.id,
                Product.external_id.in_(some),
            )
        )
        for row in found:
            details = wanted[row.external_id]
            if (row.name, row.category) != (details.name, details.category):
                before = (row.name, row.category)
                key = (organisation.id, row.id, renaming.until)
                renaming.products.append((*key, *before))
                row.name, row.category = details.name, details.category
            numbers[row.external_id] = row.id
    new = [details for key, details in wanted.items() if key not in numbers]
    first = organisation.products + 1
    organisation.products += len(new)
    rows = [
        # Documents say nothing of a product's method: it is a setting.
        (organisation.id, number, one.id, one.name, one.category, None)
        for number, one in enumerate(new, start=first)
    ]
    made = rows_of(Product, rows)
    await insert_rows(session, made)
    written(session).note(0, 0, made)
    return numbers | {one.id: number for number, one in enumerate(new, start=first)}
