"""Many rows at once, by each database's fastest way, inside the current transaction."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.base import Base

VALUES_MAX = 13_000
"""How many values one statement carries: more are no faster; SQLite takes 32,766."""
ROWS_SAMPLED = 400
"""How many rows of an index SQLite looks at for its planner."""


async def insert_rows(
    session: AsyncSession,
    model: type[Base],
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Insert rows given as tuples in the columns' order; values are stored as given.

    No column type converts them: integers, text, bytes and None only. Rows are taken as
    they are needed: they may be made one by one, and need never all exist at once.
    """
    table = model.__table__
    assert isinstance(table, Table), "rows go into tables"
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    assert driver is not None, "a checked-out connection has its driver's"
    if connection.dialect.name == "postgresql":
        if not driver.is_in_transaction():
            # SQLAlchemy begins with the first statement that it sees, and COPY isn't.
            await connection.exec_driver_sql("SELECT 1")
        await driver.copy_records_to_table(table.name, records=rows, columns=columns)
        return
    assert driver.in_transaction, "a write session has begun"
    await _insert_values(driver, table.name, columns, rows)


async def _insert_values(
    driver: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert many rows a statement: SQLite hands each step over from Python and back.

    The driver's thread writes while the next statement's rows are made here. This goes
    past SQLAlchemy, whose statements only reach the thread when they are awaited.
    """
    width = len(columns)
    size = VALUES_MAX // width * width
    values = chain.from_iterable(rows)
    full = _insert(table, columns, rows=size // width)
    writing: asyncio.Task[Any] | None = None
    try:
        while some := tuple(islice(values, size)):
            count = len(some) // width
            sql = full if len(some) == size else _insert(table, columns, rows=count)
            if writing is not None:
                await writing
            writing = asyncio.create_task(driver.execute(sql, some))
            await asyncio.sleep(0)  # the task hands it to the thread
    finally:
        if writing is not None:
            await writing


def _insert(table: str, columns: Sequence[str], *, rows: int) -> str:
    """INSERT for so many rows of parameters."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = f"({', '.join('?' * len(columns))})"
    values = ", ".join([row] * rows)
    return f'INSERT INTO "{table}" ({names}) VALUES {values}'  # noqa: S608


async def refresh_statistics(
    session: AsyncSession, models: Sequence[type[Base]]
) -> None:
    """Tell the planner what a large write changed, before anyone queries it.

    PostgreSQL's own daemon would, a minute later; SQLite has none. Until then, a report
    of one customer may scan all movements of the ledger.
    """
    connection = await session.connection()
    names = [model.__tablename__ for model in models]
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f"ANALYZE {', '.join(names)}")
        return
    # A sample of each index says enough, and takes milliseconds.
    await connection.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS_SAMPLED}")
    for name in names:
        await connection.exec_driver_sql(f'ANALYZE "{name}"')
