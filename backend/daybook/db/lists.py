"""Rows for many values, in several statements, since their parameters are limited.

Where each statement would read a whole table, all values go into one as rows.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    select,
)
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


LENGTHS = (1, 10, 25, 50, 100, 500)
"""How many values compiled statements have in their lists."""


def in_numbers(column: Any, length: int) -> ColumnElement[bool]:
    """Whether a column is among so many numbers, which `numbered` names."""
    is_among: ColumnElement[bool] = column.in_(
        [
            bindparam(f"number{at}", type_=BigInteger, required=False)
            for at in range(length)
        ]
    )
    return is_among


def numbered(values: Iterable[int]) -> list[Mapping[str, int]]:
    """Numbers as parameters of `in_numbers`, in ascending lists of `LENGTHS`.

    A list's last number stands in for those that it lacks.
    """
    return [_numbered(part) for part in in_lists(sorted(set(values)))]


def _numbered(part: list[int]) -> Mapping[str, int]:
    length = next(length for length in LENGTHS if length >= len(part))
    padded = part + part[-1:] * (length - len(part))
    return {f"number{at}": number for at, number in enumerate(padded)}
