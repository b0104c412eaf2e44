"""Many rows at once, by each database's fastest way, inside the current transaction."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.base import Base

VALUES_MAX = 6_500
"""How many values one statement carries: more are no faster; SQLite takes 32,766."""
STATEMENTS_AT_ONCE = 8
"""How many statements run before others get their turn."""
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
    if connection.dialect.name == "postgresql":
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None, "a checked-out connection has its driver's"
        if not driver.is_in_transaction():
            # SQLAlchemy begins with the first statement that it sees, and COPY isn't.
            await connection.exec_driver_sql("SELECT 1")
        await driver.copy_records_to_table(table.name, records=rows, columns=columns)
        return
    width = len(columns)
    size = VALUES_MAX // width * width
    statement = _insert(table, columns, rows=size // width)
    values = chain.from_iterable(rows)
    # Many rows a statement: SQLite's driver hands each step over from Python and back.
    whole = iter(lambda: tuple(islice(values, size)), ())
    while some := list(islice(whole, STATEMENTS_AT_ONCE)):
        rest = some.pop() if len(some[-1]) < size else ()
        # A thread does it; in slices, so that the event loop is not kept waiting.
        if some:
            await connection.exec_driver_sql(statement, some)
        if rest:
            last = _insert(table, columns, rows=len(rest) // width)
            await connection.exec_driver_sql(last, rest)


def _insert(table: Table, columns: Sequence[str], *, rows: int) -> str:
    """INSERT for so many rows of parameters."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = f"({', '.join('?' * len(columns))})"
    values = ", ".join([row] * rows)
    return f'INSERT INTO "{table.name}" ({names}) VALUES {values}'  # noqa: S608


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
