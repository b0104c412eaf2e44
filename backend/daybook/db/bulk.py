"""Many rows at once, by each database's fastest way, inside the current transaction."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.base import Base

ROWS_AT_ONCE = 20_000


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
    statement = str(
        insert(table)
        .values(dict.fromkeys(columns, None))
        .compile(dialect=connection.dialect, column_keys=list(columns))
    )
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        # A thread does it; in slices, so that the event loop is not kept waiting.
        await connection.exec_driver_sql(statement, some)


async def refresh_statistics(
    session: AsyncSession, models: Sequence[type[Base]]
) -> None:
    """Tell PostgreSQL's planner what a large write changed, before anyone queries it.

    Its own daemon would, a minute later; until then reports would scan whole tables.
    SQLite's planner does without.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        names = ", ".join(model.__tablename__ for model in models)
        await connection.exec_driver_sql(f"ANALYZE {names}")
