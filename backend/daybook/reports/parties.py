"""Lists of customers and products by name, from which people choose filters."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import rows_in_lists
from daybook.ledger.models import Customer, Product
from daybook.ledger.pins import Pin
from daybook.recognition.rules import Method
from daybook.reports.changed import changed_parties
from daybook.reports.journals.queries import Page, PageRequest
from daybook.reports.searching import contains


class ListedParty(NamedTuple):
    """A customer or a product.

    `more` is a customer's legal name, or a product's category.
    """

    id: int
    external_id: str
    name: str
    more: str | None


Party: TypeAlias = type[Customer] | type[Product]


class PartyFilter(NamedTuple):
    """Which customers or products a list has; absent fields don't narrow.

    `has_method` keeps only products that have a method of their own, `lacks_method`
    only the others, and `changed`
    those that documents of the pinned ledger named after a recording, or that got
    another name since.
    """

    search: str | None = None
    has_method: bool = False
    lacks_method: bool = False
    changed: tuple[Pin, int] | None = None


async def find_parties(
    session: AsyncSession,
    kind: Party,
    organisation_id: int,
    selected: PartyFilter,
    request: PageRequest,
) -> Page[ListedParty]:
    """An organisation's customers or products by name; keyed by Daybook's number.

    Those that changed are by number: a name may change while pages are read.
    """
    statement = select(*_columns(kind)).where(
        *_conditions(kind, organisation_id, selected)
    )
    if selected.changed is not None:
        rows = await session.execute(one_page(statement, kind.id, request))
        return Page.of([ListedParty(*row) for row in rows], request)
    if request.key is not None:
        statement = statement.where(_beyond(kind, organisation_id, request))
    order: list[ColumnElement[Any]] = [kind.name.asc(), kind.id.asc()]
    if request.is_backward:
        order = [kind.name.desc(), kind.id.desc()]
    rows = await session.execute(statement.order_by(*order).limit(request.size + 1))
    return Page.of([ListedParty(*row) for row in rows], request)


async def count_parties(
    session: AsyncSession,
    kind: Party,
    organisation_id: int,
    selected: PartyFilter,
) -> int:
    """How many `find_parties` lists in all."""
    conditions = _conditions(kind, organisation_id, selected)
    return await count_rows(session, kind, *conditions)


async def parties_by_id(
    session: AsyncSession,
    kind: Party,
    organisation_id: int,
    external_ids: Iterable[str],
) -> dict[str, ListedParty]:
    """Customers or products by the senders' own ids; absent ones are left out."""
    is_ours = kind.organisation_id == organisation_id
    statement = select(*_columns(kind)).where(is_ours)
    id_in = kind.external_id.in_
    rows = await rows_in_lists(session, statement, id_in, external_ids)
    return {row[1]: ListedParty(*row) for row in rows}


def _columns(kind: Party) -> tuple[Any, ...]:
    more = kind.legal_name if issubclass(kind, Customer) else kind.category
    return kind.id, kind.external_id, kind.name, more


async def methods_of_products(
    session: AsyncSession, organisation_id: int, external_ids: Iterable[str]
) -> dict[str, Method]:
    """The present methods of those products that have one of their own."""
    statement = select(Product.external_id, Product.method).where(
        Product.organisation_id == organisation_id, Product.method.is_not(None)
    )
    id_in = Product.external_id.in_
    rows = await rows_in_lists(session, statement, id_in, external_ids)
    return {id_: Method(method) for id_, method in rows if method}


def _conditions(
    kind: Party, organisation_id: int, selected: PartyFilter
) -> list[ColumnElement[bool]]:
    conditions = [kind.organisation_id == organisation_id]
    if selected.has_method:
        conditions.append(Product.method.is_not(None))
    if selected.lacks_method:
        conditions.append(Product.method.is_(None))
    if selected.changed is not None:
        changed = changed_parties(kind, *selected.changed)
        conditions.append(kind.id.in_(changed))
    text = (selected.search or "").strip()
    if text:
        names = (kind.name, kind.external_id)
        conditions.append(or_(*(contains(name, text) for name in names)))
    return conditions


def _beyond(
    kind: Party, organisation_id: int, request: PageRequest
) -> ColumnElement[bool]:
    """Whether a row comes after the key's row, or before it going backward."""
    assert request.key is not None, "a page without a key has no bound"
    (key,) = request.key
    name = (
        select(kind.name)
        .where(kind.organisation_id == organisation_id, kind.id == key)
        .scalar_subquery()
    )
    if request.is_backward:
        return or_(kind.name < name, and_(kind.name == name, kind.id < key))
    return or_(kind.name > name, and_(kind.name == name, kind.id > key))
