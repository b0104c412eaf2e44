"""Rows of reports in slices, which are read once and closed when nobody reads on."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

Row = TypeVar("Row")

Slices: TypeAlias = AsyncIterator[Sequence[Any]]


@asynccontextmanager
async def closed(rows: AsyncIterator[Row]) -> AsyncGenerator[AsyncIterator[Row]]:
    """Rows that are closed in the end, also those that weren't all read."""
    try:
        yield rows
    finally:
        if isinstance(rows, AsyncGenerator):
            await rows.aclose()


async def in_one(rows: Sequence[Any]) -> AsyncGenerator[Sequence[Any]]:
    """All rows of a small report in one slice."""
    yield rows


async def each_row(slices: AsyncIterator[Sequence[Row]]) -> AsyncGenerator[Row]:
    """The rows of slices, one after another."""
    async with closed(slices) as every:
        async for rows in every:
            for row in rows:
                yield row
