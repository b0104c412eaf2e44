"""PostgreSQL as a careful designer would use it for daily entries."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg
from psycopg.sql import quote

from benchmarks.costs import processor_seconds
from benchmarks.peer_tables import COLUMNS_OF, LINES, SHARE
from daybook_services.postgresql import running_postgresql

SETTINGS = {
    "shared_buffers": "2GB",
    "work_mem": "512MB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "8GB",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "2",
    "random_page_cost": "1.1",
    "jit": "off",
    # Nothing waits for the disk, and loading writes no log that would be replayed.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
}
"""For two cores and everything in memory."""

# Wide columns first, so that alignment leaves no gaps.
ENTRIES = """
CREATE TABLE entries (
    amount bigint NOT NULL,
    ledger integer NOT NULL,
    journal integer NOT NULL,
    schedule integer NOT NULL,
    date date NOT NULL,
    movement smallint NOT NULL,
    debit smallint NOT NULL,
    credit smallint NOT NULL
)
"""

FILL = f"""
INSERT INTO entries
SELECT {SHARE}, 1, journal, schedule, date '1970-01-01' + day, movement, debit, credit
FROM movements, generate_series(first_day, last_day) AS day
WHERE {SHARE} <> 0
ORDER BY journal, movement, day
"""  # noqa: S608  (constants)

# Two lines an entry come out of its row, so the key's order is sorted no more than two
# lines at a time. (A plain join with two directions sorts all lines, and took 1.5 times
# as long.)
SIDES = """
CROSS JOIN LATERAL (
    VALUES (1, 'DEBIT', e.debit), (2, 'CREDIT', e.credit)
) AS side (place, direction, role)
JOIN accounts a ON a.id = side.role
"""

SELECT = LINES.format(amount="e.amount * 0.01", sides=SIDES)


class Copied(NamedTuple):
    """What a COPY took, of the clock and of all of the server's processes."""

    seconds: float
    cpu_seconds: float
    file: Path


class Size(NamedTuple):
    """Bytes of the table of entries after VACUUM."""

    table: int
    key: int
    total: int


class PostgreSQL:
    """A server of the benchmark's own, with the entries loaded."""

    def __init__(self, connection: psycopg.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    @property
    def version(self) -> str:
        """The server's version."""
        version: str = self._value("SHOW server_version")
        return version

    def load(self, tables: Path) -> int:
        """Make and fill all tables from CSV files; give the number of entries."""
        for name, columns in COLUMNS_OF.items():
            file = quote(str(tables / f"{name}.csv"))
            self._execute(f"CREATE TABLE {name} ({columns})")
            self._execute(f"COPY {name} FROM {file} (FORMAT csv)")
            if name != "movements":
                self._execute(f"ALTER TABLE {name} ADD PRIMARY KEY (id)")
        with self._connection.transaction():
            self._execute(ENTRIES)
            self._execute(FILL)
            self._execute(
                "ALTER TABLE entries ADD PRIMARY KEY (ledger, journal, movement, date)"
            )
        self._execute("DROP TABLE movements")
        self._execute("VACUUM (ANALYZE)")
        entries: int = self._value("SELECT count(*) FROM entries")
        return entries

    def size(self) -> Size:
        """How large the table of entries is, with its primary key."""
        return Size(
            self._value("SELECT pg_table_size('entries')"),
            self._value("SELECT pg_indexes_size('entries')"),
            self._value("SELECT pg_total_relation_size('entries')"),
        )

    def copy(self) -> Copied:
        """COPY all lines to a file."""
        file = self._folder / "postgresql.csv"
        server = psutil.Process(self._connection.info.backend_pid).parent()
        os.sync()
        start, cpu_start = time.perf_counter(), processor_seconds(server)
        self._execute(f"COPY ({SELECT}) TO {quote(str(file))} (FORMAT csv, HEADER)")
        seconds, cpu_seconds = time.perf_counter() - start, processor_seconds(server)
        return Copied(seconds, cpu_seconds - cpu_start, file)

    def _execute(self, statement: str) -> psycopg.Cursor:
        # Bytes, since the driver wants text to be a literal of the program's.
        return self._connection.execute(statement.encode())

    def _value(self, statement: str) -> Any:
        row = self._execute(statement).fetchone()
        assert row is not None, "there is one row"
        return row[0]


@contextmanager
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    """Run a server in a folder; it writes its files there, whoever it runs as."""
    written = folder / "postgresql"
    written.mkdir()
    written.chmod(0o777)
    with (
        running_postgresql(folder, SETTINGS) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield PostgreSQL(connection, written)
