"""Rows for many values: databases limit a statement's parameters, so it runs again."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

IN_LIST_MAX = 500
"""How many values one IN list names."""

Value = TypeVar("Value")
Scalar = TypeVar("Scalar")
Columns = TypeVarTuple("Columns")


def in_lists(values: Iterable[Value]) -> list[list[Value]]:
    """Cut values into lists that one statement can name."""
    every = list(values)
    return [every[at : at + IN_LIST_MAX] for at in range(0, len(every), IN_LIST_MAX)]


async def rows_in_lists(
    session: AsyncSession,
    statement: Select[*Columns],
    within: Callable[[list[Any]], ColumnElement[bool]],
    values: Iterable[Any],
) -> list[Row[*Columns]]:
    """A statement's rows for each of some values; `within` is `column.in_`, mostly.

    Rows come by ascending values, list by list, each in the statement's own order.
    """
    found: list[Row[*Columns]] = []
    for some in in_lists(sorted(set(values))):
        found += await session.execute(statement.where(within(some)))
    return found


async def scalars_in_lists(
    session: AsyncSession,
    statement: Select[Scalar],
    within: Callable[[list[Any]], ColumnElement[bool]],
    values: Iterable[Any],
) -> list[Scalar]:
    """The same of a statement with one column, or one model."""
    return [one for (one,) in await rows_in_lists(session, statement, within, values)]
