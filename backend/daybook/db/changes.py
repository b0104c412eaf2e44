"""Waiting for commits, also those of other processes.

SQLite counts commits for every connection except the one that made them; PostgreSQL
notifies its listeners. The database is watched only while somebody waits.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from daybook.db.failures import OUTAGES
from daybook.db.sqlite import connect_plain

T = TypeVar("T")

CHANNEL = "daybook_committed"
LOOK_SECONDS = 0.25
"""How often a SQLite file is checked, which takes microseconds."""
SHARED_MAX = 1_000
"""How many results since the last change are kept: one for each export or ledger that
somebody listens to."""
SLEEP_SECONDS = 2.0
"""How long to wait before a lost connection is opened again."""


class ChangeFeed:
    """Wakes all waiters of a database when it changes."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.has_ended = False
        self._shared: dict[Hashable, asyncio.Task[Any]] = {}
        self._watching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waiting(
        self, changed: asyncio.Event | None = None
    ) -> AsyncIterator[asyncio.Event]:
        """An event that every change from now on sets; the waiter clears it.

        Who waits for several databases gives the first one's event to the others.
        """
        changed = changed or asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting.add(changed)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            yield changed
        finally:
            self._waiting.discard(changed)
            if not self._waiting:
                await self.close()

    async def once(
        self, key: Hashable, load: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """The result of `load`, shared by all callers with a key until the next change.

        A thousand listeners of a ledger thus cost one query per change.
        """
        known = self._shared.get(key)
        if known is None:
            known = self._shared[key] = asyncio.create_task(load())
            if len(self._shared) > SHARED_MAX:
                self._shared.pop(next(iter(self._shared)))
        found: T = await asyncio.shield(known)
        return found

    def end(self) -> None:
        """Wake all waiters for the last time; may be called by a signal handler.

        Waiters that find `has_ended` stop waiting.
        """
        self.has_ended = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake)

    async def close(self) -> None:
        """Stop watching; waiters are no longer woken."""
        self._shared.clear()
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            # Not by awaiting it: its cancellation would look like the caller's own.
            await asyncio.wait([watching])
            if not watching.cancelled():
                watching.result()

    def wake(self) -> None:
        """Wake all waiters: something has changed that isn't in the database."""
        # Callers that await a shared result keep it; later calls load again.
        self._shared.clear()
        for event in self._waiting:
            event.set()

    def _notified(self, *_notification: object) -> None:
        self.wake()

    async def _watch(self) -> None:
        is_sqlite = self._url.get_backend_name() == "sqlite"
        watch = self._watch_sqlite if is_sqlite else self._watch_postgresql
        while True:
            with suppress(*OUTAGES):
                await watch()
            # The connection is lost, and changes may have been missed meanwhile.
            await asyncio.sleep(SLEEP_SECONDS)
            self.wake()

    async def _watch_sqlite(self) -> None:
        # Checked in this thread: handing it to another takes longer than the check.
        with closing(connect_plain(Path(str(self._url.database)))) as connection:
            seen = _version(connection)
            self.wake()
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                version = _version(connection)
                if version != seen:
                    seen = version
                    self.wake()

    async def _watch_postgresql(self) -> None:
        dsn = self._url.set(drivername="postgresql")
        connection = await asyncpg.connect(dsn.render_as_string(hide_password=False))
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        try:
            await connection.add_listener(CHANNEL, self._notified)
            self.wake()
            await lost.wait()
        finally:
            await connection.close()


def _version(connection: sqlite3.Connection) -> int:
    row = connection.execute("PRAGMA data_version").fetchone()
    return int(row[0])


async def notify(connection: AsyncConnection) -> None:
    """Notify waiters once this transaction is committed; SQLite needs no notice."""
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
