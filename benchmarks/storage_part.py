"""Stored bytes: Daybook's whole database against one table of daily entries."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.costs import daybook
from benchmarks.postgresql import PostgreSQL
from benchmarks.results import Results

LISTED = 12
"""How many of the database's largest tables and indexes are listed."""


def measure_storage(
    results: Results, folder: Path, data: Path, peer: PostgreSQL
) -> None:
    """Compare sizes, each after its own way to compact: VACUUM there."""
    compacted = folder / "compacted"
    shutil.copytree(data, compacted)
    imported = _size(compacted)
    daybook(compacted, "db", "compact")
    ours, theirs = _size(compacted), peer.size()
    with closing(sqlite3.connect(compacted / "daybook.db")) as connection:
        parts = _parts(connection)
    shutil.rmtree(compacted)
    results.add("Stored: Daybook, the whole database", "B", [ours], 0)
    results.add("Stored: the same, as it was imported", "B", [imported], 0)
    for name, size in parts[:LISTED]:
        results.add(f"Stored: Daybook, {name}", "B", [size], 0)
    results.add("Stored: PostgreSQL, entries", "B", [theirs.table], 0)
    results.add("Stored: PostgreSQL, their primary key", "B", [theirs.key], 0)
    results.aim(
        "Stored: times smaller than PostgreSQL's table", theirs.total / ours, 20
    )


def _size(data: Path) -> int:
    database = data / "daybook.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.stat().st_size


def _parts(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Bytes of each table and index, where this SQLite can tell."""
    try:
        return connection.execute(
            "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC, name"
        ).fetchall()
    except sqlite3.OperationalError:
        return []  # built without the dbstat table
