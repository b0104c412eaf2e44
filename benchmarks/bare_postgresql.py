"""Bare asyncpg: the same rows as an import, by COPY (SOURCE TARGET, two URLs).

The rows are read beforehand from the database that Daybook filled; the target is an
empty, migrated one, so that tables, indexes and checks are equal. Its triggers on new
rows are off.
"""

import asyncio
import json
import sys
import time
from typing import Any

import asyncpg

from benchmarks.imported_tables import IMPORTED, POSTGRESQL_GUARDS


def main() -> None:
    """Copy all rows in one transaction, and print what it took as JSON."""
    source, target = sys.argv[1:]
    print(json.dumps(asyncio.run(_copy(source, target))))


async def _copy(source: str, target: str) -> dict[str, float]:
    rows = await _rows(source)
    connection = await asyncpg.connect(target)
    for table, trigger in await connection.fetch(POSTGRESQL_GUARDS):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    start, cpu_start = time.perf_counter(), time.process_time()
    async with connection.transaction():
        for table, some in rows.items():
            await connection.copy_records_to_table(table, records=some)
    measured = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu_start,
        "rows": sum(len(some) for some in rows.values()),
    }
    await connection.close()
    return measured


async def _rows(source: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that an import wrote, by table, as tuples."""
    connection = await asyncpg.connect(source)
    rows = {
        table: [tuple(row) for row in await connection.fetch(f"SELECT * FROM {table}")]  # noqa: S608
        for table in IMPORTED
    }
    await connection.close()
    return {table: some for table, some in rows.items() if some}


if __name__ == "__main__":
    main()
