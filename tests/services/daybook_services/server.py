"""Making and dropping databases of a PostgreSQL server, by one connection."""

import asyncio
from concurrent.futures import Future
from itertools import count
from threading import Thread
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import URL

TEMPLATE = "migrated"


class Server:
    """A server's databases; callable from any thread, also while an event loop runs."""

    _running: ClassVar[list["Server"]] = []

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+asyncpg")
        self._numbers = count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._turn = asyncio.Lock()
        own = self.url.set(drivername="postgresql", database="postgres")
        connecting = asyncpg.connect(own.render_as_string(hide_password=False))
        self._connection = asyncio.run_coroutine_threadsafe(
            connecting, self._loop
        ).result()
        self._running.append(self)

    @classmethod
    def of(cls, url: URL) -> "Server | None":
        """The server of this process that has a database."""
        found = (it for it in cls._running if it.url.set(database=url.database) == url)
        return next(found, None)

    def close(self) -> None:
        """End the connection and the thread, once all is done that was to be done."""
        self._running.remove(self)
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def execute(self, statement: str) -> None:
        """Run a statement that no transaction may hold."""
        self._begin(statement).result()

    def create(self, name: str | None = None, template: str | None = TEMPLATE) -> URL:
        """Make a database: a copy of the migrated one, or one without tables."""
        name = name or f"daybook_{next(self._numbers)}"
        # Copying files takes a third of the time of logging each page.
        like = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        self.execute(f"CREATE DATABASE {name}{like}")
        return self.url.set(database=name)

    def replace(self, url: URL, template: URL) -> None:
        """Put a copy of another database in the place of one that nobody has open."""
        self.execute(f"DROP DATABASE {url.database} WITH (FORCE)")
        self.create(url.database, template.database)

    def drop(self, url: URL) -> None:
        """Drop a database, whoever uses it; nobody waits for that."""
        self._begin(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def _begin(self, statement: str) -> Future[Any]:
        work = self._execute(statement)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _execute(self, statement: str) -> None:
        async with self._turn:
            await self._connection.execute(statement)

    async def _close(self) -> None:
        async with self._turn:
            await self._connection.close()
