"""Reads the deferred revenue report for files in slices that end with a family.

PostgreSQL sums all movements at once, which takes a third of finding them by indexes.
Its rows wait in a temporary file, so that a slow reader holds no transaction. SQLite
has no room for sums of all families, and finds a range of families after the other.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from tempfile import TemporaryFile
from typing import Any

from sqlalchemy import func, select, text

from daybook.calendar import Day
from daybook.db.engine import Store
from daybook.db.fast.compiled import CompiledSelect
from daybook.db.fast.copied import CopiedRow, copied_rows, copy_rows
from daybook.ledger.pins import Pin
from daybook.recognition.models import Schedule
from daybook.reports.deferred.copied_lines import CopiedSlice, summed_by_line
from daybook.reports.deferred.flat_lines import FlatSlice
from daybook.reports.deferred.flat_rows import select_all, select_range
from daybook.settings import is_fast

SLICE = 5_000
"""How many schedules a slice has that is found by indexes."""
ROWS = 2_000
"""How many rows of a copy are read at a time: few stay in the processor's cache."""


_SORTED = text("SET LOCAL enable_hashagg = off")
"""A schedule's movements lie far apart: each of the server's workers that hashed would
sum nearly every schedule, and take a third more time than by sorting."""


async def flat_slices(
    database: Store, pin: Pin, on: Day, product_id: int | None
) -> AsyncGenerator[FlatSlice, None]:
    """The lines of all families in the report's order."""
    read = _ranges if database.is_sqlite or not is_fast() else _copied
    async with aclosing(read(database, pin, on, product_id)) as slices:
        async for lines in slices:
            if lines:
                yield lines


async def _ranges(
    database: Store, pin: Pin, on: Day, product_id: int | None
) -> AsyncGenerator[FlatSlice, None]:
    async with database.reads() as session:
        its = select(func.max(Schedule.id)).where(Schedule.ledger_id == pin.ledger_id)
        last = await session.scalar(its) or 0

    async def read(first: int) -> Sequence[Sequence[Any]]:
        families = range(first, min(first + SLICE, last + 1))
        async with database.reads() as session:
            statement = select_range(pin, on, families, product_id)
            return (await session.execute(statement)).all()

    async with aclosing(_ahead(read, range(1, last + 1, SLICE))) as slices:
        async for rows in slices:
            yield FlatSlice(rows)


async def _ahead(
    read: Callable[[int], Coroutine[Any, Any, Sequence[Sequence[Any]]]],
    firsts: Iterable[int],
) -> AsyncGenerator[Sequence[Sequence[Any]], None]:
    """Slices in order; the database sums the next one while a slice is written."""
    left = iter(firsts)
    task: asyncio.Task[Sequence[Sequence[Any]]] | None = None
    try:
        while True:
            rows = None if task is None else await task
            first = next(left, None)
            task = None if first is None else asyncio.create_task(read(first))
            if rows is not None:
                yield rows
            if task is None:
                return
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _copied(
    database: Store, pin: Pin, on: Day, product_id: int | None
) -> AsyncGenerator[FlatSlice, None]:
    with TemporaryFile() as file:
        async with database.reads() as session:
            await session.execute(_SORTED)
            await copy_rows(
                session, CompiledSelect(select_all(pin, on, product_id)), file
            )
        file.seek(0)
        kept: list[CopiedRow] = []
        for rows in copied_rows(file, ROWS):
            kept += rows
            # The last family may go on in the next rows.
            last = kept[-1][0]
            end = next(
                (at for at in range(len(kept), 0, -1) if kept[at - 1][0] != last), 0
            )
            if end:
                yield CopiedSlice(summed_by_line(kept[:end]))
                del kept[:end]
        yield CopiedSlice(summed_by_line(kept))
