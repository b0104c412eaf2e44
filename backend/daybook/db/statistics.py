"""What the database's planner knows of the tables, kept in step with large writes.

PostgreSQL's own daemon would tell it, a minute after the commit; SQLite has none. Until
then, reports scan a ledger's movements, and an import each document, to find a few.
"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daybook.db.base import Base

GROWN = 2
"""Statistics hold until a table has so many times the rows that they were made of."""


async def refresh_statistics(
    session: AsyncSession, sizes: Mapping[type[Base], int]
) -> None:
    """Tell the planner of tables that have grown; `sizes` are their rows, about.

    All of a table is read on SQLite, a sample on PostgreSQL: a table that grows is
    read each time that it has doubled, and so about twice in all.
    """
    connection = await session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    known = await (_known_sqlite if is_sqlite else _known_postgresql)(connection)
    for model, rows in sizes.items():
        name = model.__tablename__
        if rows and rows >= GROWN * known.get(name, 0):
            await connection.exec_driver_sql(f'ANALYZE "{name}"')


async def _known_sqlite(connection: AsyncConnection) -> dict[str, int]:
    """How many rows the statistics of each table are of."""
    # The table of statistics comes to be with the first ones.
    there = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'"
    if not (await connection.execute(text(there))).scalar_one():
        return {}
    first = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"
    rows = await connection.execute(text(first))
    return {name: int(count) for name, count in rows.all()}


async def _known_postgresql(connection: AsyncConnection) -> dict[str, int]:
    """How many rows the statistics of each table are of; -1 where there are none."""
    tables = "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'"
    rows = await connection.execute(text(tables))
    return {name: int(count) for name, count in rows.all()}
