"""Bare sqlite3: the same rows as an import, by `executemany` (TEMPLATE SOURCE TARGET).

The rows are read beforehand from the database that Daybook made; the target starts as a
copy of the empty, migrated one, so that tables, indexes and checks are equal. Its
triggers on new rows are dropped.
"""

import json
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks.imported_tables import IMPORTED, SQLITE_GUARDS
from daybook.db.sqlite import Way, prepare


def main() -> None:
    """Insert all rows in one transaction, and print what it took as JSON."""
    template, source, target = map(Path, sys.argv[1:])
    rows = _rows(source)
    shutil.copyfile(template, target)
    _drop_guards(target)
    start = time.perf_counter()
    cpu_start = time.process_time()
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        prepare(connection, Way.WRITABLE, is_writer=True)  # the very same PRAGMAs
        connection.execute("BEGIN IMMEDIATE")
        for table, some in rows.items():
            values = ", ".join("?" * len(some[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({values})", some)  # noqa: S608
        connection.execute("COMMIT")
    measured = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu_start,
        "rows": sum(len(some) for some in rows.values()),
    }
    print(json.dumps(measured))


def _drop_guards(target: Path) -> None:
    with closing(sqlite3.connect(target)) as connection:
        for (name,) in connection.execute(SQLITE_GUARDS).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(source: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows that an import wrote, by table."""
    with closing(sqlite3.connect(source)) as connection:
        rows = {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            for table in IMPORTED
        }
    return {table: some for table, some in rows.items() if some}


if __name__ == "__main__":
    main()
