"""Many rows at once, by each database's fastest way, inside the current transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.base import Base

VALUES_MAX = 32_000
"""How many values one statement carries; SQLite takes 32,766."""


@dataclass(slots=True)
class Rows:
    """Rows that are ready for a table: a value for each column, row after row.

    No column type converts them: integers, text, bytes and None only.
    """

    model: type[Base]
    values: list[Any] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The table's columns, in the order of the values."""
        return [column.name for column in self.model.__table__.columns]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.values) // len(self.columns)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Each row."""
        return zip(*[iter(self.values)] * len(self.columns), strict=True)


def rows_of(model: type[Base], rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Rows that are given as tuples."""
    return Rows(model, list(chain.from_iterable(rows)))


async def insert_rows(session: AsyncSession, *tables: Rows) -> None:
    """Insert rows into one table after another.

    This goes past SQLAlchemy, which would look at each value.
    """
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    assert driver is not None, "a checked-out connection has its driver's"
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite and not driver.is_in_transaction():
        # SQLAlchemy begins with the first statement that it sees, and COPY isn't.
        await connection.exec_driver_sql("SELECT 1")
    for rows in tables:
        table = rows.model.__table__
        assert isinstance(table, Table), "rows go into tables"
        if not rows.values:
            continue
        if is_sqlite:
            await _insert_values(driver, table.name, rows)
        else:
            await driver.copy_records_to_table(
                table.name, records=iter(rows), columns=rows.columns
            )


async def _insert_values(driver: Any, table: str, rows: Rows) -> None:
    """Insert many rows a statement, and the driver's thread is sent for them once.

    Between two statements it waits for its turn to run Python: the fewer, the better
    does it write beside whoever makes the next rows.
    """
    assert driver.in_transaction, "a write session has begun"
    columns, values = rows.columns, rows.values
    width = len(columns)
    size = VALUES_MAX // width * width
    whole = len(values) // size * size
    if whole:
        sql = _insert(table, columns, rows=size // width)
        some = (values[first : first + size] for first in range(0, whole, size))
        await driver.executemany(sql, some)
    if rest := values[whole:]:
        sql = _insert(table, columns, rows=len(rest) // width)
        await driver.execute(sql, rest)


def _insert(table: str, columns: Sequence[str], *, rows: int) -> str:
    """INSERT for so many rows of parameters."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = f"({', '.join('?' * len(columns))})"
    values = ", ".join([row] * rows)
    return f'INSERT INTO "{table}" ({names}) VALUES {values}'  # noqa: S608
