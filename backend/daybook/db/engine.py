"""Engines and transactions for SQLite and PostgreSQL.

A read opens `database.reads()`, a write `database.writes()`, which commits on the way
out and rolls back when something is raised. Nobody else commits.
"""

import math
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from enum import Enum
from pathlib import Path
from shutil import rmtree
from typing import Any, NewType

import aiosqlite
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from daybook.clock import Clock
from daybook.db.changes import Changes, notify
from daybook.db.visits import driver
from daybook.settings import Settings

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", AsyncSession)

BUSY_TIMEOUT_MS = 300_000
"""How long a writer waits for its turn: longer than the largest import takes."""
CONNECTIONS_MAX = 15
"""Of one process. All are kept: making one takes longer than most requests."""
TRUSTED_SECONDS = 30.0
"""A connection that was used so shortly ago is only lost if the driver knows it."""

RUNTIME_SUFFIX = ".runtime.db"
"""Beside `daybook.db` there is `daybook.runtime.db`."""
EXPORTS_SUFFIX = ".exports"
"""And the folder `daybook.exports`."""


_CLOCK, _WAITED = "clock", "waited"
"""What a session carries beside its transaction."""

WAL_ATTEMPTS = 100
WAL_WAIT_SECONDS = 0.01
"""Making a file takes others less than that."""


USE = "use sqlite:///FILE or postgresql://USER@HOST/NAME"
"""What a URL of a database that Daybook runs on looks like."""


URL_OPTIONS = frozenset(
    {"direct_tls", "host", "passfile", "port", "ssl", "target_session_attrs"}
)
"""What a PostgreSQL URL may have after its question mark, and `sslmode`, for `ssl`."""


class History(Enum):
    """Which tables a store has: the name of its migrations' folder."""

    LEDGER = "versions"
    RUNTIME = "runtime_versions"


class UnknownDatabase(ValueError):
    """A database URL of a kind that Daybook doesn't run on, or of no place for one."""


def database_url(settings: Settings) -> URL:
    """The database's URL with the asynchronous driver that Daybook uses."""
    if not settings.database_url:
        return URL.create("sqlite+aiosqlite", database=str(settings.sqlite_path))
    try:
        url = make_url(settings.database_url)
    except (ArgumentError, ValueError):  # no URL; a port that is no number
        raise UnknownDatabase(f"DAYBOOK_DATABASE_URL is no such URL: {USE}") from None
    match url.drivername.partition("+")[0]:
        case "sqlite" if url.database in {None, "", ":memory:"}:
            raise UnknownDatabase(f"DAYBOOK_DATABASE_URL names no file: {USE}")
        case "sqlite":
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return _postgresql(url)
        case other:
            raise UnknownDatabase(f"DAYBOOK_DATABASE_URL names {other!r}: {USE}")


def _postgresql(url: URL) -> URL:
    """The URL for asyncpg, which calls libpq's `sslmode` by another name."""
    options = {
        "ssl" if name == "sslmode" else name: url.query[name] for name in url.query
    }
    unknown = sorted(set(options) - URL_OPTIONS)
    if unknown:
        raise UnknownDatabase(
            f"DAYBOOK_DATABASE_URL has {', '.join(unknown)} after its question mark:"
            f" Daybook knows {', '.join(sorted(URL_OPTIONS))}"
        )
    return url.set(drivername="postgresql+asyncpg", query=options)


class Store:
    """Some tables of one database: sessions for reading and writing, and changes."""

    def __init__(
        self,
        url: URL,
        engine: AsyncEngine,
        changes: Changes,
        history: History,
        *,
        clock: Clock,
    ) -> None:
        self.url = url
        self.engine = engine
        self.changes = changes
        self.history = history
        self.clock = clock
        # BEGIN IMMEDIATE: two writers queue for the lock before they read, so neither
        # works from rows that the other is about to change.
        self.writing = engine.execution_options(begin_immediate=True)
        self._reads = async_sessionmaker(engine, expire_on_commit=False)
        alone = engine.execution_options(**_statements_alone(url))
        self._pinned_reads = async_sessionmaker(alone, expire_on_commit=False)
        self._writes = async_sessionmaker(
            self.writing, expire_on_commit=False, info={_CLOCK: clock}
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def reads(self) -> AsyncIterator[ReadSession]:
        """A session that only reads; keep it open for seconds at the most."""
        async with self._reads() as session:
            yield ReadSession(session)

    @asynccontextmanager
    async def pinned_reads(self) -> AsyncIterator[ReadSession]:
        """A session without a transaction: for statements that each read by a pin.

        It spares the database two statements, and nobody waits for it. It streams no
        rows on PostgreSQL.
        """
        async with self._pinned_reads() as session:
            yield ReadSession(session)

    @asynccontextmanager
    async def writes(self) -> AsyncIterator[WriteSession]:
        """A session in one write transaction, committed if nothing is raised."""
        async with self._writes.begin() as session:
            yield WriteSession(session)
            await notify(await session.connection())

    async def writes_at_once(self) -> bool:
        """Whether a write would begin without waiting for another to end.

        Who waits for SQLite's lock can't be called back before they have it.
        """
        if not self.is_sqlite:
            return True
        path = str(self.url.database)
        async with aiosqlite.connect(path, timeout=0, isolation_level=None) as probe:
            try:
                await probe.execute("BEGIN IMMEDIATE")
            except aiosqlite.OperationalError:
                return False
            await probe.execute("ROLLBACK")
        return True

    async def close(self) -> None:
        """Give back all connections."""
        await self.changes.close()
        await self.engine.dispose()


class Database(Store):
    """The ledgers and all that is recorded, and beside them the `runtime` store.

    That holds what the running program keeps: sessions and jobs. On SQLite it is a file
    of its own, since a file has one writer at a time: while an import runs, somebody
    signs in and a job says how far it is. On PostgreSQL both are one database.
    """

    def __init__(self, url: URL, clock: Clock = Clock()) -> None:  # noqa: B008  (frozen)
        super().__init__(url, _engine(url), Changes(url), History.LEDGER, clock=clock)
        shared = self.engine, self.changes
        if self.is_sqlite:
            url = runtime_url(url)
            shared = _engine(url), Changes(url)
        self.runtime = Store(url, *shared, History.RUNTIME, clock=clock)

    def end(self) -> None:
        """Wake everybody for the last time: the process ends. For signal handlers."""
        self.changes.end()
        self.runtime.changes.end()

    async def close(self) -> None:
        """Give back all connections."""
        await self.runtime.close()
        await super().close()


def clock_of(session: WriteSession) -> Clock:
    """How the program that writes tells the time."""
    clock: Clock = session.info[_CLOCK]
    return clock


@contextmanager
def waiting(session: WriteSession) -> Iterator[None]:
    """Note how long what is done inside takes: it waits for other writers."""
    began = time.perf_counter()
    yield
    session.info[_WAITED] = timedelta(seconds=time.perf_counter() - began)


def waited(session: WriteSession) -> timedelta:
    """How long the session waited for other writers; nothing if it never had to."""
    found: timedelta = session.info.get(_WAITED, timedelta())
    return found


def is_postgresql(session: AsyncSession) -> bool:
    """Whether a session is of a PostgreSQL server."""
    return session.get_bind().dialect.name == "postgresql"


async def lock_table(session: WriteSession, table: Any) -> None:
    """Let nobody else write into a model's table until this transaction ends.

    SQLite has one writer at a time anyway.
    """
    if is_postgresql(session):
        connection = await session.connection()
        name = table.__tablename__
        await connection.exec_driver_sql(
            f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"
        )


def runtime_url(url: URL) -> URL:
    """Where the runtime store of a SQLite file lies: beside it."""
    assert url.database, "the ledger's database is a file"
    return url.set(database=str(Path(url.database).with_suffix(RUNTIME_SUFFIX)))


def open_database(settings: Settings, *, confirms_clock: bool = False) -> Database:
    """The database of the settings; a SQLite file's folder is made.

    Who fixes the present, or confirms the clock, may record far ahead of the last time.
    """
    url = database_url(settings)
    if url.get_backend_name() == "sqlite" and url.database:
        _make_folder(Path(url.database).parent)
    is_confirmed = confirms_clock or settings.now is not None
    return Database(url, Clock(settings.now, is_confirmed))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UnknownDatabase(
            f"{folder} is no folder, and the database should lie there: see"
            " DAYBOOK_DATA and DAYBOOK_DATABASE_URL"
        ) from None


def remove_files(path: Path) -> None:
    """Remove a SQLite database: its file, and all files beside it."""
    rmtree(path.with_suffix(EXPORTS_SUFFIX), ignore_errors=True)
    for one in (path, path.with_suffix(RUNTIME_SUFFIX)):
        for suffix in ("", "-wal", "-shm"):
            one.with_name(f"{one.name}{suffix}").unlink(missing_ok=True)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        engine = create_async_engine(
            url,
            pool_size=CONNECTIONS_MAX,
            max_overflow=0,
            skip_autocommit_rollback=True,
        )
        event.listen(engine.sync_engine, "checkin", _note_use)
        event.listen(engine.sync_engine, "checkout", _refuse_lost)
        return engine
    engine = create_async_engine(
        url,
        module=driver(),
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        connect_args={"isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "invalidate", _give_up_sqlite)
    return engine


def _statements_alone(url: URL) -> dict[str, Any]:
    """The execution options of reads without a transaction."""
    if url.get_backend_name() == "sqlite":
        return {"has_no_transaction": True}
    return {"isolation_level": "AUTOCOMMIT"}


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _refuse_lost(connection: Any, record: Any, _proxy: Any) -> None:
    """Take another connection where the server has ended this one."""
    # A ping before each use would take three turns to the server and back.
    idle_seconds = time.monotonic() - record.info.get("used", math.inf)
    is_lost = connection.driver_connection.is_closed() or (
        idle_seconds > TRUSTED_SECONDS and not _answers(connection)
    )
    if is_lost:
        raise DisconnectionError


def _answers(connection: Any) -> bool:
    try:
        connection.ping()
    except connection.dbapi.Error:
        return False
    return True


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _use_wal(cursor)
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA cache_size = -16384")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    # Where others make the file at this moment, SQLite refuses at once: it doesn't wait
    # for this lock, whatever the time-out is.
    for _ in range(WAL_ATTEMPTS - 1):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(WAL_WAIT_SECONDS)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own transaction handling is off (isolation_level None): it begins
    # only at the first write, which is too late for a read that a write depends on.
    options = connection.get_execution_options()
    if options.get("has_no_transaction"):
        return
    immediate = options.get("begin_immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _give_up_sqlite(connection: Any, _record: Any, _error: Any) -> None:
    connection.give_up()
