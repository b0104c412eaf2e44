"""Stored bytes: Daybook's whole database against one table of daily entries."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.postgresql import PostgreSQL
from benchmarks.results import Results

LISTED = 12
"""How many of the database's largest tables and indexes are listed."""


def measure_storage(results: Results, data: Path, peer: PostgreSQL) -> None:
    """Compare sizes after a checkpoint there and a VACUUM here."""
    database = data / "daybook.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        parts = _parts(connection)
    ours, theirs = database.stat().st_size, peer.size()
    results.add("Stored: Daybook, the whole database", "B", [ours], 0)
    for name, size in parts[:LISTED]:
        results.add(f"Stored: Daybook, {name}", "B", [size], 0)
    results.add("Stored: PostgreSQL, entries", "B", [theirs.table], 0)
    results.add("Stored: PostgreSQL, their primary key", "B", [theirs.key], 0)
    results.aim(
        "Stored: times smaller than PostgreSQL's table", theirs.total / ours, 20
    )


def _parts(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Bytes of each table and index, where this SQLite can tell."""
    try:
        return connection.execute(
            "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC, name"
        ).fetchall()
    except sqlite3.OperationalError:
        return []  # built without the dbstat table
