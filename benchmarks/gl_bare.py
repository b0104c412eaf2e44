"""Bare rows: the lines of journals' files into one table (DATABASE-URL FILE…).

By `executemany` of sqlite3, or by asyncpg's COPY. Rows are read beforehand in blocks,
and only what the database does is timed, all in one transaction.
"""

import asyncio
import csv
import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import asyncpg

BLOCK = 100_000
NUMBERS = frozenset({"connection", "JournalNumber", "NetAmount", "GrossAmount"})
AMOUNTS = frozenset({"NetAmount", "GrossAmount", "TaxAmount"})
Row = tuple[int | str, ...]


def main() -> None:
    """Insert all lines, and print what it took as JSON."""
    url, *files = sys.argv[1:]
    paths = [Path(file) for file in files]
    if url.startswith("postgresql"):
        measured = asyncio.run(_copied(url, paths))
    else:
        measured = _inserted(Path(url), paths)
    print(json.dumps(measured))


def _inserted(target: Path, paths: Sequence[Path]) -> dict[str, float]:
    header = _header(paths[0])
    places = ", ".join("?" * len(header))
    seconds, rows = 0.0, 0
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_table(header, "INTEGER"))
        connection.execute("BEGIN IMMEDIATE")
        for block in _blocks(paths):
            start = time.perf_counter()
            connection.executemany(f"INSERT INTO lines VALUES ({places})", block)  # noqa: S608
            seconds += time.perf_counter() - start
            rows += len(block)
        start = time.perf_counter()
        connection.execute("COMMIT")
        seconds += time.perf_counter() - start
    return {"seconds": seconds, "rows": rows}


async def _copied(url: str, paths: Sequence[Path]) -> dict[str, float]:
    connection = await asyncpg.connect(url)
    seconds, rows = 0.0, 0
    await connection.execute(_table(_header(paths[0]), "bigint"))
    async with connection.transaction():
        for block in _blocks(paths):
            start = time.perf_counter()
            await connection.copy_records_to_table("lines", records=block)
            seconds += time.perf_counter() - start
            rows += len(block)
        start = time.perf_counter()
    seconds += time.perf_counter() - start  # the commit
    await connection.execute("DROP TABLE lines")
    await connection.close()
    return {"seconds": seconds, "rows": rows}


def _table(header: Sequence[str], number: str) -> str:
    """The table as a designer would make it, keyed by connection, number and line."""
    columns = ", ".join(
        f"{name} {number if name in NUMBERS | AMOUNTS else 'TEXT'} NOT NULL"
        for name in header
    )
    key = "connection, JournalNumber, JournalLineID"
    return f"CREATE TABLE lines ({columns}, PRIMARY KEY ({key}))"


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return ["connection", *next(csv.reader(stream))]


def _blocks(paths: Sequence[Path]) -> Iterator[list[Row]]:
    """All rows in blocks, amounts as minor units."""
    for place, path in enumerate(paths):
        header = _header(path)
        readers = [
            _minor if name in AMOUNTS else int if name in NUMBERS else str
            for name in header[1:]
        ]
        with path.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            next(rows)
            while block := list(islice(rows, BLOCK)):
                yield [
                    (
                        place,
                        *(read(cell) for read, cell in zip(readers, row, strict=True)),
                    )
                    for row in block
                ]


def _minor(cell: str) -> int:
    return int(cell.replace(".", ""))


if __name__ == "__main__":
    main()
