"""The query planner's statistics, which are refreshed after large writes.

PostgreSQL's daemon would refresh them a minute after the commit; SQLite has none. Until
then, reports would scan all movements of a ledger, and imports all documents.
"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daybook.db.base import Base

GROWN = 2
"""How many times larger a table must be to have its statistics refreshed."""


async def refresh_statistics(
    session: AsyncSession, sizes: Mapping[type[Base], int]
) -> None:
    """Refresh the statistics of tables that have grown to about `sizes` rows.

    SQLite reads the whole table, PostgreSQL a sample. A growing table is read each time
    it has doubled, so every row is read about twice in all.
    """
    connection = await session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    known = await (_known_sqlite if is_sqlite else _known_postgresql)(connection)
    for model, rows in sizes.items():
        name = model.__tablename__
        if rows and rows >= GROWN * known.get(name, 0):
            await connection.exec_driver_sql(f'ANALYZE "{name}"')


async def _known_sqlite(connection: AsyncConnection) -> dict[str, int]:
    """How many rows each table had when its statistics were made."""
    # The first ANALYZE creates the table of statistics.
    exists = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'"
    if not (await connection.execute(text(exists))).scalar_one():
        return {}
    first = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"
    rows = await connection.execute(text(first))
    return {name: int(count) for name, count in rows.all()}


async def _known_postgresql(connection: AsyncConnection) -> dict[str, int]:
    """How many rows each table had when its statistics were made; -1 without any."""
    tables = "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'"
    rows = await connection.execute(text(tables))
    return {name: int(count) for name, count in rows.all()}
