"""Rows for many values, in several statements, since their parameters are limited.

Where each statement would read a whole table, all values go into one as rows.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import ColumnElement, Row, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

IN_LIST_MAX = 500
"""How many values an IN list has at most."""

Value = TypeVar("Value")
Scalar = TypeVar("Scalar")
Columns = TypeVarTuple("Columns")


def in_lists(values: Iterable[Value]) -> list[list[Value]]:
    """Split values into lists that are short enough for a statement."""
    every = list(values)
    return [
        every[start : start + IN_LIST_MAX]
        for start in range(0, len(every), IN_LIST_MAX)
    ]


async def rows_in_lists(
    session: AsyncSession,
    statement: Select[*Columns],
    within: Callable[[list[Any]], ColumnElement[bool]],
    values: Iterable[Any],
) -> list[Row[*Columns]]:
    """A statement's rows for many values; `within` is mostly `column.in_`.

    Lists are in ascending order, and the rows of each in the statement's order.
    """
    rows: list[Row[*Columns]] = []
    for part in in_lists(sorted(set(values))):
        rows += await session.execute(statement.where(within(part)))
    return rows


async def scalars_in_lists(
    session: AsyncSession,
    statement: Select[Scalar],
    within: Callable[[list[Any]], ColumnElement[bool]],
    values: Iterable[Any],
) -> list[Scalar]:
    """The same for a statement with a single column or model."""
    rows = await rows_in_lists(session, statement, within, values)
    return [scalar for (scalar,) in rows]


async def texts_as_rows(session: AsyncSession, texts: Iterable[str]) -> Select[str]:
    """A statement whose rows are the texts, however many; they are one parameter."""
    every = list(texts)
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        values = func.json_each(json.dumps(every)).table_valued("value")
        return select(values.c.value)
    return select(func.unnest(cast(every, ARRAY(Text))))
