"""Lists that are keyed by a column: pages, counts and next numbers."""

from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    exists,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from daybook.paging import PageRequest

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])


def one_page(
    statement: AnySelect,
    key: SQLColumnExpression[Any],
    request: PageRequest,
    *,
    is_descending: bool = False,
) -> AnySelect:
    """Select a page's rows in the request's direction, and one more for `Page.of`."""
    is_falling = request.is_backward != is_descending
    if request.key is not None:
        (bound,) = request.key
        statement = statement.where(key < bound if is_falling else key > bound)
    order = key.desc() if is_falling else key.asc()
    return statement.order_by(order).limit(request.size + 1)


async def count_rows(
    session: AsyncSession,
    model: type[Any],
    *conditions: ColumnElement[bool],
) -> int:
    """How many rows of a table meet some conditions."""
    statement = select(func.count()).select_from(model).where(*conditions)
    return await session.scalar(statement) or 0


async def has_rows(session: AsyncSession, *conditions: ColumnElement[bool]) -> bool:
    """Whether any row meets some conditions.

    Check this before a write that rarely has anything to do, since a write wakes
    everybody who waits for changes.
    """
    return await session.scalar(select(1).where(*conditions).limit(1)) is not None


async def next_number(
    session: AsyncSession,
    number: InstrumentedAttribute[int],
    *conditions: ColumnElement[bool],
) -> int:
    """The number after the last one; the caller holds a lock that keeps it free."""
    last = await session.scalar(select(func.max(number)).where(*conditions))
    return (last or 0) + 1


def has_successor(model: Any) -> ColumnElement[bool]:
    """Whether a row's organisation has one with a later number.

    Only such a row may be removed: `next_number` follows from the last one.
    """
    later = aliased(model)
    return exists().where(
        later.organisation_id == model.organisation_id, later.number > model.number
    )
