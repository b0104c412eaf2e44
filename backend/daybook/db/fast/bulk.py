"""Inserting many rows by each database's fastest way, in the current transaction.

Private: the drivers below SQLAlchemy's connections, asyncpg's `copy_records_to_table`
and `is_in_transaction`, and aiosqlite's internals by way of `visits`. With the switch
off, SQLAlchemy executes an INSERT with many parameters.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Table, column, insert, table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daybook.db.base import Base
from daybook.db.fast.visits import execute_all
from daybook.settings import is_fast

VALUES_MAX = 32_000
"""How many values a statement has at most; SQLite allows 32,766."""
SMALLER = 16
"""The ratio between the numbers of rows of two successive sizes of statements."""


@dataclass(slots=True)
class Rows:
    """Rows for a table as a flat list of values: a value per column, row after row.

    No column type converts them: they are integers, text, bytes or None. Sparse columns
    are left out unless there is a `name`: that of the digest form with the sparse
    columns up to a `generation` (`daybook.db.base.SPARSE`).
    """

    model: type[Base]
    values: list[Any] = field(default_factory=list)
    name: str = ""
    generation: int = 1

    @property
    def columns(self) -> list[str]:
        """The columns that have values, in the order of the values."""
        last = self.generation if self.name else 0
        every = self.model.__table__.columns
        return [column.name for column in every if column.info.get("sparse", 0) <= last]

    @property
    def form(self) -> str:
        """The name of the digest form that covers the rows."""
        return self.name or self.model.__tablename__

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.values) // len(self.columns)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Each row."""
        return zip(*[iter(self.values)] * len(self.columns), strict=True)


def table_rows(model: type[Base], rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Rows from tuples."""
    return Rows(model, list(chain.from_iterable(rows)))


async def insert_rows(session: AsyncSession, *tables: Rows) -> None:
    """Insert rows into tables, one after another.

    This bypasses SQLAlchemy, which would process each value.
    """
    connection = await session.connection()
    if not is_fast():
        for rows in tables:
            await _insert_plainly(connection, rows)
        return
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    assert driver is not None, "a checked-out connection has its driver's"
    if connection.dialect.name == "sqlite":
        assert driver.in_transaction, "a write session has begun"
        await execute_all(driver, chain.from_iterable(map(_statements, tables)))
        return
    if not driver.is_in_transaction():
        # SQLAlchemy begins the transaction with a statement of its own; COPY is none.
        await connection.exec_driver_sql("SELECT 1")
    for rows in tables:
        if rows.values:
            await driver.copy_records_to_table(
                _table(rows).name, records=iter(rows), columns=rows.columns
            )


async def _insert_plainly(connection: AsyncConnection, rows: Rows) -> None:
    # Columns without types, since the values are ready for the driver.
    names = rows.columns
    parameters = [dict(zip(names, row, strict=True)) for row in rows]
    if parameters:
        untyped = table(_table(rows).name, *map(column, names))
        await connection.execute(insert(untyped), parameters)


def _table(rows: Rows) -> Table:
    mapped = rows.model.__table__
    assert isinstance(mapped, Table), "rows go into tables"
    return mapped


def _statements(rows: Rows) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    """INSERTs of many rows, each with the values of all its runs.

    Before each run, the driver's thread waits for its turn to run Python. With fewer
    runs it waits less for the code that makes the next rows.
    """
    columns, values = tuple(rows.columns), rows.values
    first = 0
    for size in _sizes(VALUES_MAX // len(columns)):
        width = size * len(columns)
        last = first + (len(values) - first) // width * width
        if last > first:
            runs = (
                values[start : start + width] for start in range(first, last, width)
            )
            yield _insert(_table(rows).name, columns, size), runs
            first = last


def _sizes(rows_max: int) -> Iterator[int]:
    """The numbers of rows that statements have, from the largest down to one.

    There are few, since the driver caches compiled statements, and compiling a large
    one takes as long as running it.
    """
    size = rows_max
    while size > 1:
        yield size
        size //= SMALLER
    yield 1


@cache
def _insert(table: str, columns: tuple[str, ...], size: int) -> str:
    """An INSERT of `size` rows, all of whose values are parameters."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = f"({', '.join('?' * len(columns))})"
    values = ", ".join([row] * size)
    return f'INSERT INTO "{table}" ({names}) VALUES {values}'  # noqa: S608  (names from our own tables)
