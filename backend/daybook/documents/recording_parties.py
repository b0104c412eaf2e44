"""Recording the customers and products that documents name."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from daybook.db.digests import written
from daybook.db.engine import WriteSession
from daybook.db.fast.bulk import Rows, insert_rows, table_rows
from daybook.db.lists import scalars_in_lists
from daybook.documents.party_names import NamedParties, NamingDocuments, names_of
from daybook.documents.renamings import PartyKind, RenamedParty
from daybook.ledger.models import (
    Customer,
    CustomerName,
    Organisation,
    Product,
    ProductName,
)


class Parties(NamedTuple):
    """The numbers of customers and products, by the sender's own ids.

    `renamed` are the known ones that got another name; `renamed_customers` are the
    numbers of the customers among them.
    """

    customers: Mapping[str, int]
    products: Mapping[str, int]
    renamed: Sequence[RenamedParty] = ()
    renamed_customers: AbstractSet[int] = frozenset()


async def record_parties(
    session: WriteSession, organisation: Organisation, documents: NamingDocuments
) -> Parties:
    """Insert new customers and products, and rename those whose names changed.

    Former names are kept for reports of their time. The organisation must be locked.
    """
    until = organisation.renamings + 1
    renamed: list[RenamedParty] = []
    customer_ids, former_customers = await _record(
        session, organisation, _CUSTOMERS, documents.customers, until, renamed
    )
    product_ids, former_products = await _record(
        session, organisation, _PRODUCTS, documents.products, until, renamed
    )
    names = [former for former in (former_customers, former_products) if former.values]
    if names:
        organisation.renamings = until
        await insert_rows(session, *names)
        written(session).changed |= {
            (0, until, former.model.__tablename__) for former in names
        }
    numbers = {number for _, number, *_ in former_customers}
    return Parties(customer_ids, product_ids, renamed, numbers)


class _Kind(NamedTuple):
    """Customers or products: their tables, their counter, their second name.

    `rest` are the columns of a new row after its names.
    """

    party: PartyKind
    model: type[Customer | Product]
    former: type[CustomerName | ProductName]
    counter: str
    more: str
    rest: tuple[None, ...] = ()


_CUSTOMERS = _Kind("customer", Customer, CustomerName, "customers", "legal_name")
# A product's method is a setting, which documents don't contain.
_PRODUCTS = _Kind("product", Product, ProductName, "products", "category", rest=(None,))


async def _record(  # noqa: PLR0913, PLR0917  (what is recorded, and where)
    session: WriteSession,
    organisation: Organisation,
    kind: _Kind,
    named: NamedParties,
    until: int,
    renamed: list[RenamedParty],
) -> tuple[dict[str, int], Rows]:
    """The numbers by the sender's own ids, and the rows of former names.

    `renamed` gets those whose names changed.
    """
    numbers: dict[str, int] = {}
    former: list[tuple[object, ...]] = []
    recorded_names = attrgetter("name", kind.more)
    model: Any = kind.model
    is_ours = model.organisation_id == organisation.id
    statement: Select[Any] = select(model).where(is_ours)
    id_in = model.external_id.in_
    for row in await scalars_in_lists(session, statement, id_in, named.details):
        before = recorded_names(row)
        after = named.names_after(row.external_id, before)
        if after != before:
            former.append((organisation.id, row.id, until, *before))
            renamed.append(RenamedParty(kind.party, row.external_id, before, after))
            row.name, more = after
            setattr(row, kind.more, more)
        numbers[row.external_id] = row.id
    new = [details for key, details in named.details.items() if key not in numbers]
    count = getattr(organisation, kind.counter)
    setattr(organisation, kind.counter, count + len(new))
    numbered = list(enumerate(new, start=count + 1))
    inserted = table_rows(
        kind.model,
        [
            (organisation.id, number, party.id, *names_of(party), *kind.rest)
            for number, party in numbered
        ],
    )
    await insert_rows(session, inserted)
    written(session).note(0, 0, inserted)
    new_ids = {party.id: number for number, party in numbered}
    return numbers | new_ids, table_rows(kind.former, former)
