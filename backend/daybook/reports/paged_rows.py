"""Rows of a report, page by page: what files and terminals read of long reports."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Store
from daybook.ledger.pins import Pin
from daybook.paging import PageRequest
from daybook.reports.former_names import as_named

Row = TypeVar("Row")

ReadPage: TypeAlias = Callable[
    [AsyncSession, Pin, PageRequest],
    Awaitable[tuple[list[Row], tuple[Any, ...] | None]],
]
"""Reads a page's rows, and the key that the next page begins after, if there is one."""


async def paged_rows(
    database: Store,
    pin: Pin,
    read: ReadPage[Row],
    request: PageRequest,
    limit: int | None = None,
) -> AsyncGenerator[list[Row], None]:
    """All rows from a first page on, or the first `limit`: a transaction for each page.

    Names stay those of the pin, also if they change while this reads.
    """
    left, key = limit, request.key
    while left is None or left > 0:
        size = request.size if left is None else min(left, request.size)
        async with database.reads() as session:
            its_pin = await as_named(session, pin)
            rows, key = await read(session, its_pin, PageRequest(size, key))
        yield rows
        if key is None:
            return
        left = None if left is None else left - len(rows)
