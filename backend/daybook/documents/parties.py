"""Recording customers and products as documents name them."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from daybook.db.digests import written
from daybook.db.engine import WriteSession
from daybook.db.fast.bulk import Rows, insert_rows, rows_of
from daybook.db.lists import scalars_in_lists
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
    until = organisation.renamings + 1
    customer_ids, former_customers = await _record(
        session, organisation, _CUSTOMERS, customers, until
    )
    product_ids, former_products = await _record(
        session, organisation, _PRODUCTS, products, until
    )
    names = [one for one in (former_customers, former_products) if one.values]
    if names:
        organisation.renamings = until
        await insert_rows(session, *names)
        written(session).changed |= {
            (0, until, one.model.__tablename__) for one in names
        }
    return Parties(customer_ids, product_ids, is_renaming=bool(names))


class _Kind(NamedTuple):
    """Where customers or products are: their tables, their counter, their own names.

    `rest` is what a new row has beside its names.
    """

    model: type[Customer | Product]
    former: type[CustomerName | ProductName]
    counter: str
    more: str
    rest: tuple[None, ...] = ()


_CUSTOMERS = _Kind(Customer, CustomerName, "customers", "legal_name")
# Documents say nothing of a product's method: it is a setting.
_PRODUCTS = _Kind(Product, ProductName, "products", "category", rest=(None,))


async def _record(
    session: WriteSession,
    organisation: Organisation,
    kind: _Kind,
    wanted: Mapping[str, CustomerDetails | ProductDetails],
    until: int,
) -> tuple[dict[str, int], Rows]:
    """The numbers by the sender's own ids, and what was called otherwise until now."""
    numbers: dict[str, int] = {}
    former: list[tuple[object, ...]] = []
    names = attrgetter("name", kind.more)
    its: Any = kind.model
    statement: Select[Any] = select(its).where(its.organisation_id == organisation.id)
    id_in = its.external_id.in_
    for row in await scalars_in_lists(session, statement, id_in, wanted):
        before, now = names(row), names(wanted[row.external_id])
        if before != now:
            former.append((organisation.id, row.id, until, *before))
            row.name, more = now
            setattr(row, kind.more, more)
        numbers[row.external_id] = row.id
    new = [details for key, details in wanted.items() if key not in numbers]
    count = getattr(organisation, kind.counter)
    setattr(organisation, kind.counter, count + len(new))
    numbered = list(enumerate(new, start=count + 1))
    made = rows_of(
        kind.model,
        [
            (organisation.id, number, one.id, *names(one), *kind.rest)
            for number, one in numbered
        ],
    )
    await insert_rows(session, made)
    written(session).note(0, 0, made)
    made_ids = {one.id: number for number, one in numbered}
    return numbers | made_ids, rows_of(kind.former, former)
