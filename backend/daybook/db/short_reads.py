"""Short reads of a SQLite file, in the thread of the event loop.

Each connection of the pool has a thread of its own. Python runs one thread at a time,
so a statement that takes a tenth of a millisecond waits longer than that for its turn,
and twice: before it is sent, and before its rows are taken. Where statements are short,
many connections therefore answer less than one. A short read has no thread: SQLite
answers it at once, while the event loop waits.

It may wait for milliseconds only. SQLite asks now and then whether to go on, and a read
that isn't over in time is given up: a thread reads it from the beginning. Whatever
fails is read by a thread, too, which then says what is wrong.
"""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from sqlalchemy import URL

from daybook.db.failures import DatabaseOutage
from daybook.db.sqlite import Way, connect, prepare, way_to_open

CPU_SECONDS_MAX = 0.01
"""How much of the processor's time a read may take in the event loop's thread."""
SECONDS_MAX = 0.1
"""How long the event loop waits for one, also for the disk or for other programs."""
STEPS = 1_000
"""After how many steps SQLite asks again whether to go on: some fifty microseconds."""


class ShortReads:
    """A connection to a file that reads at once. It belongs to the loop's thread."""

    def __init__(self, url: URL) -> None:
        self._path = Path(str(url.database))
        self._connection: sqlite3.Connection | None = None
        self._thread = 0
        self._until = self._cpu_until = 0.0

    def rows(self, text: str, values: Sequence[Any]) -> list[Any] | None:
        """A statement's rows; None where a thread has to read them."""
        connection = self.connection()
        if connection is None:
            return None
        self._until = perf_counter() + SECONDS_MAX
        self._cpu_until = thread_time() + CPU_SECONDS_MAX
        try:
            return connection.execute(text, values).fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                self.close()  # the file may be another one by now
            return None

    def connection(self) -> sqlite3.Connection | None:
        """The connection, opened when it is first needed.

        None in another thread than the one that opened it, and for a file that can't be
        written to or opened.
        """
        if self._connection is None:
            self._thread = threading.get_ident()
            self._connection = self._opened()
        elif threading.get_ident() != self._thread:
            return None
        return self._connection

    def close(self) -> None:
        """Close the connection; the next read opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> sqlite3.Connection | None:
        with suppress(sqlite3.Error, DatabaseOutage):
            if way_to_open(self._path) is not Way.WRITABLE or not self._path.exists():
                return None
            connection = connect(self._path, Way.WRITABLE)
            try:
                prepare(connection, Way.WRITABLE, is_writer=False)
                # It never waits for a lock: a thread does.
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("PRAGMA query_only = ON")
            except BaseException:
                connection.close()
                raise
            connection.set_progress_handler(self._is_late, STEPS)
            return connection
        return None

    def _is_late(self) -> bool:
        # Asking for the processor's time takes long, and is seldom needed: a read can't
        # have taken more of it than has passed.
        left = self._until - perf_counter()
        if left > SECONDS_MAX - CPU_SECONDS_MAX:
            return False
        return left < 0 or thread_time() > self._cpu_until
