"""Stores and their transactions, on SQLite and PostgreSQL.

A read opens `database.reads()`, a write `database.writes()`, which commits at the end
or rolls back if something is raised. Nothing else commits. Reads and writes have
separate connections, so that waiting writes never block reads.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from enum import Enum
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple, NewType
from weakref import WeakValueDictionary

import aiosqlite
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from daybook.clock import Clock
from daybook.db.changes import ChangeFeed, notify
from daybook.db.failures import OUTAGES, DatabaseOutage, OutageKind, outage_of
from daybook.db.live import Live
from daybook.db.postgresql import postgresql_engine
from daybook.db.short_reads import ShortReads
from daybook.db.sqlite import (
    WRITER_WAITS_SECONDS,
    cut_log,
    is_writable,
    sqlite_engine,
)
from daybook.settings import Settings

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", AsyncSession)

SQLITE_READERS = 4
"""A process's connections for reading a file. Each has a thread, and threads take turns
to run Python, so that more connections would answer less."""
POSTGRESQL_READERS = 10
POSTGRESQL_WRITERS = 5
"""How many organisations can be written to at a time; in each, writers take turns."""
READER_WAITS_SECONDS = 30.0
"""How long a reader waits for a connection before it fails: as long as a query may take
by default. Right after a start on a busy machine, the first readers of fifty wait for
several seconds, while those before them compile statements and templates."""
WRITERS_WAITING_MAX = 32
"""How many of a process's writers may wait for the ledgers, without a connection."""
WAITING_REPORTED_SECONDS = 1.0
"""After how long a waiting write is reported."""
CLOSING_SECONDS = 5.0
"""How long closing a store waits for sessions and reads that are being ended."""

RUNTIME_SUFFIX = ".runtime.db"
"""The runtime store of `daybook.db` is `daybook.runtime.db`."""
EXPORTS_SUFFIX = ".exports"
"""Its exports are in the folder `daybook.exports`."""
UPLOADS_SUFFIX = ".uploads"
"""Its uploads are in the folder `daybook.uploads`."""
EVIDENCE_SUFFIX = ".evidence"
"""Its evidence is in the folder `daybook.evidence`."""
GL_INPUTS_SUFFIX = ".gl-inputs"
"""What came in of the general ledger is in the folder `daybook.gl-inputs`."""
GL_SEGMENTS_SUFFIX = ".gl-segments"
"""What refreshes made of it is in the folder `daybook.gl-segments`."""

_STORE, _PINNED = "store", "pinned"
_WAITED, _TURNS, _LOCKED = "waited", "turns", "locked"
"""The keys of a session's `info`."""

USE = "use sqlite:///FILE or postgresql://USER@HOST/NAME"
"""The forms of a supported database URL, for messages."""

_SSL = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SERVERS = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")
URL_OPTIONS: Mapping[str, Sequence[str]] = {
    "direct_tls": ("true",),
    "host": (),
    "passfile": (),
    "port": (),
    "ssl": _SSL,
    "target_session_attrs": _SERVERS,
}
"""Query parameters that a PostgreSQL URL may have, and the values of those that don't
take any; `sslmode` is an alias of `ssl`."""


class History(Enum):
    """A store's history of migrations; the value is their folder's name."""

    LEDGER = "versions"
    RUNTIME = "runtime_versions"


class UnknownDatabase(ValueError):
    """A database URL that isn't supported, or whose folder can't be created."""


def database_url(settings: Settings) -> URL:
    """The database's URL with the asynchronous driver that Daybook uses."""
    if not settings.database_url:
        return URL.create("sqlite+aiosqlite", database=str(settings.sqlite_path))
    # What follows an @ of the password would be taken for the host, and be shown.
    scheme, _, rest = settings.database_url.partition("://")
    if scheme.startswith("postgres") and rest.count("@") > 1:
        raise UnknownDatabase(
            "DAYBOOK_DATABASE_URL has more than one @: percent-encode the password"
            " (%40 for @)"
        )
    try:
        url = make_url(settings.database_url)
    except (ArgumentError, ValueError):  # no URL; a port that is not a number
        raise UnknownDatabase(f"DAYBOOK_DATABASE_URL is no such URL: {USE}") from None
    match url.drivername.partition("+")[0]:
        case "sqlite" if url.database == ":memory:" or not _names_file(url):
            raise UnknownDatabase(f"DAYBOOK_DATABASE_URL names no file: {USE}")
        case "sqlite" if Path(str(url.database)).is_dir():
            raise UnknownDatabase(
                f"DAYBOOK_DATABASE_URL: {url.database} is a folder: name a file in it"
            )
        case "sqlite":
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return _postgresql(url)
        case other:
            raise UnknownDatabase(f"DAYBOOK_DATABASE_URL names {other!r}: {USE}")


def _names_file(url: URL) -> bool:
    return bool(Path(url.database or "").name)


def _postgresql(url: URL) -> URL:
    """The URL for asyncpg, which has `ssl` instead of libpq's `sslmode`."""
    options = {
        "ssl" if name == "sslmode" else name: url.query[name] for name in url.query
    }
    unknown = sorted(set(options) - set(URL_OPTIONS))
    if unknown:
        raise UnknownDatabase(
            f"DAYBOOK_DATABASE_URL has {', '.join(unknown)} after its question mark:"
            f" Daybook knows {', '.join(sorted({*URL_OPTIONS, 'sslmode'}))}"
        )
    for name, known in URL_OPTIONS.items():
        if known and options.get(name, known[0]) not in known:
            raise UnknownDatabase(
                f"DAYBOOK_DATABASE_URL has {name}={options[name]}: write one of"
                f" {', '.join(known)}"
            )
    return url.set(drivername="postgresql+asyncpg", query=options)


class Engines(NamedTuple):
    """The connections of one store."""

    reads: AsyncEngine
    writes: AsyncEngine


class Store:
    """A database's tables of one history: sessions to read and write, and changes."""

    def __init__(  # noqa: PLR0913  (keyword-only, each has its meaning)
        self,
        url: URL,
        engines: Engines,
        changes: ChangeFeed,
        history: History,
        *,
        clock: Clock,
        waiting_max: int | None = None,
    ) -> None:
        self.url = url
        self.engine = engines.reads
        self.changes = changes
        self.live = Live(changes)
        self.history = history
        self.clock = clock
        self.on_waiting: Callable[[], None] | None = None
        """Called once a write has waited for its turn for a while."""
        self.turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._waiting_max = waiting_max
        self._writers = 0
        self._users = 0
        self._ended: asyncio.Event | None = None
        # BEGIN IMMEDIATE: two writers queue for the lock before they read, so neither
        # works from rows that the other is about to change.
        self.writing = engines.writes.execution_options(begin_immediate=True)
        self._reads = async_sessionmaker(
            self.engine, expire_on_commit=False, info={_STORE: self}
        )
        alone = self.engine.execution_options(**_statements_alone(url))
        self._pinned_reads = async_sessionmaker(
            alone, expire_on_commit=False, info={_PINNED: self}
        )
        self.short_reads = ShortReads(url) if self.is_sqlite else None
        """What reads a SQLite file without a thread."""
        self._writes = async_sessionmaker(
            self.writing, expire_on_commit=False, info={_STORE: self}
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The SQLite file."""
        assert self.url.database, "the database is a file"
        return Path(self.url.database)

    @property
    def is_read_only(self) -> bool:
        """Whether this is a SQLite file that may only be read."""
        return self.is_sqlite and not is_writable(self.path)

    def check_writable(self) -> None:
        """Raise DatabaseOutage for a SQLite file that may only be read."""
        if self.is_read_only:
            raise DatabaseOutage(OutageKind.READ_ONLY, "no write permission", self.path)

    @asynccontextmanager
    async def reads(self) -> AsyncIterator[ReadSession]:
        """A session that only reads; keep it open for seconds at most."""
        with self.in_use():
            async with self._reads() as session:
                yield ReadSession(session)

    @asynccontextmanager
    async def pinned_reads(self) -> AsyncIterator[ReadSession]:
        """A session without a transaction, for statements that each read at a pin.

        It saves the database two statements and holds no locks. It can't stream rows on
        PostgreSQL.
        """
        with self.in_use():
            session = self._pinned_reads()
            try:
                yield ReadSession(session)
            finally:
                # Short reads need no connection, and closing takes a task.
                if session.in_transaction():
                    async with session:
                        pass

    @asynccontextmanager
    async def writes(self) -> AsyncIterator[WriteSession]:
        """A session in one write transaction, committed if nothing is raised.

        Raises DatabaseOutage at once if too many writes are waiting already.
        """
        try:
            async with self._transaction() as session:
                yield session
        except OUTAGES as error:
            outage = outage_of(error)
            if outage is not None and outage.kind is OutageKind.FULL:
                # The rolled-back rows are in the log, and would keep the disk full.
                await self.truncate_logs()
            raise

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[WriteSession]:
        with self.in_use(), self._one_more_writer():
            # Turns end after the transaction: the next writer finds it committed.
            async with AsyncExitStack() as turns, self._writes.begin() as session:
                session.info[_TURNS] = turns
                yield WriteSession(session)
                await notify(await session.connection())

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep connections open meanwhile: `close` waits, for seconds at most."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._ended is not None and not self._users:
                self._ended.set()

    @contextmanager
    def _one_more_writer(self) -> Iterator[None]:
        """Count running and waiting writes, and refuse those beyond the maximum."""
        self.check_writable()
        if self._waiting_max is not None and self._writers > self._waiting_max:
            raise DatabaseOutage(OutageKind.BUSY, f"{self._writers:,} writers wait")
        self._writers += 1
        try:
            yield
        except PoolTimeout as late:
            raise DatabaseOutage(OutageKind.BUSY, str(late)) from late
        finally:
            self._writers -= 1

    async def writes_at_once(self) -> bool:
        """Whether a write could begin now without waiting for another."""
        if not self.is_sqlite:
            return True
        async with aiosqlite.connect(
            self.path, timeout=0, isolation_level=None
        ) as probe:
            try:
                await probe.execute("BEGIN IMMEDIATE")
            except aiosqlite.OperationalError:
                return False
            await probe.execute("ROLLBACK")
        return True

    async def truncate_logs(self) -> None:
        """Truncate a SQLite file's log, which has former rows, if nobody uses it."""
        if self.is_sqlite:
            await asyncio.to_thread(cut_log, self.path)

    async def close(self) -> None:
        """Close all connections, after those that a cancelled task is giving back.

        If the event loop ended first, SQLAlchemy would never give them back: it does so
        in a task of its own, which a loop that ends may cancel before it has begun.
        """
        self.live.close()
        await self.changes.close()
        await self._all_ended()
        if self.short_reads is not None:
            self.short_reads.close()
        await self.engine.dispose()
        await self.writing.dispose()

    async def _all_ended(self) -> None:
        """Wait until no connection is used, for a few seconds at most."""
        if self._users:
            self._ended = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._ended.wait()
            self._ended = None


class Database(Store):
    """The store of ledgers and everything recorded, and beside it the `runtime` store.

    The runtime store has the running program's state, such as sessions and jobs. On
    SQLite it is a file of its own, since a file has one writer at a time: users can
    sign in and jobs report progress during an import. On PostgreSQL both are one
    database.
    """

    def __init__(self, url: URL, clock: Clock = Clock()) -> None:  # noqa: B008  (frozen)
        engines, changes = _engines(url), ChangeFeed(url)
        super().__init__(
            url,
            engines,
            changes,
            History.LEDGER,
            clock=clock,
            waiting_max=WRITERS_WAITING_MAX,
        )
        if self.is_sqlite:
            url = runtime_url(url)
            engines, changes = _engines(url), ChangeFeed(url)
        else:
            # Runtime writes are short and never wait for an import.
            engines = engines._replace(writes=engines.reads)
        self.runtime = Store(url, engines, changes, History.RUNTIME, clock=clock)

    def end(self) -> None:
        """Wake all waiters for the last time; may be called by a signal handler."""
        self.changes.end()
        self.runtime.changes.end()

    async def truncate_logs(self) -> None:
        """Truncate the logs of both files."""
        await self.runtime.truncate_logs()
        await super().truncate_logs()

    async def close(self) -> None:
        """Close all connections, as each store does."""
        # Before the runtime store's are closed, which are this one's on PostgreSQL.
        await self._all_ended()
        await self.runtime.close()
        await super().close()


def clock_of(session: WriteSession) -> Clock:
    """The clock of the program that writes."""
    return _store_of(session).clock


def live_of(session: AsyncSession) -> Live | None:
    """What running programs tell about the rows of a session's store."""
    store: Store | None = session.info.get(_STORE)
    return None if store is None else store.live


def store_of_pinned(session: AsyncSession) -> Store | None:
    """The store of a session whose statements read by themselves; None for others."""
    store: Store | None = session.info.get(_PINNED)
    return store


def _store_of(session: WriteSession) -> Store:
    store: Store = session.info[_STORE]
    return store


@contextmanager
def waiting(session: WriteSession) -> Iterator[None]:
    """Measure how long the block takes, which waits for other writers.

    After a while, the store's `on_waiting` is called.
    """
    began = time.perf_counter()
    on_waiting = _store_of(session).on_waiting
    timer = None
    if on_waiting is not None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(WAITING_REPORTED_SECONDS, on_waiting)
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
    session.info[_WAITED] = timedelta(seconds=time.perf_counter() - began)


async def take_turn(session: WriteSession, organisation_id: int) -> None:
    """Wait until no other writer of this process is writing to an organisation.

    On PostgreSQL, writers that wait for its row would otherwise hold connections that
    writers of other organisations need. SQLite has one writer at a time anyway.
    """
    if is_postgresql(session):
        store, turns = _store_of(session), session.info[_TURNS]
        lock = store.turns.setdefault(organisation_id, asyncio.Lock())
        if session.info.setdefault(_LOCKED, set()).isdisjoint({organisation_id}):
            await turns.enter_async_context(lock)
            session.info[_LOCKED].add(organisation_id)


def waited(session: WriteSession) -> timedelta:
    """How long the session waited for other writers; zero if it never did."""
    found: timedelta = session.info.get(_WAITED, timedelta())
    return found


def is_postgresql(session: AsyncSession) -> bool:
    """Whether a session's database is PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


async def lock_table(session: WriteSession, table: Any) -> None:
    """Keep others from writing into a model's table until this transaction ends.

    SQLite has one writer at a time anyway.
    """
    if is_postgresql(session):
        connection = await session.connection()
        name = table.__tablename__
        await connection.exec_driver_sql(
            f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"
        )


def runtime_url(url: URL) -> URL:
    """The URL of a SQLite file's runtime store, which is beside it."""
    assert url.database, "the ledger's database is a file"
    return url.set(database=str(Path(url.database).with_suffix(RUNTIME_SUFFIX)))


def open_database(settings: Settings, *, confirms_clock: bool = False) -> Database:
    """Open the database of the settings; a SQLite file's folder is created.

    A fixed or confirmed clock may be far ahead of the last recording.
    """
    url = database_url(settings)
    make_folder(url)
    is_confirmed = confirms_clock or settings.now is not None
    return Database(url, Clock(settings.now, is_confirmed))


def make_folder(url: URL) -> None:
    """Make a SQLite file's folder; raises UnknownDatabase if that can't be one."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UnknownDatabase(
            f"{folder} is not a folder, but the database should be there: see"
            " DAYBOOK_DATA and DAYBOOK_DATABASE_URL"
        ) from None
    except OSError as error:
        raise UnknownDatabase(
            f"the database's folder {folder.absolute()} can't be made:"
            f" {error.strerror}; see DAYBOOK_DATA and DAYBOOK_DATABASE_URL"
        ) from None


def remove_files(path: Path) -> None:
    """Remove a SQLite database: its file, and all files and folders beside it."""
    for suffix in (
        *(EXPORTS_SUFFIX, UPLOADS_SUFFIX, EVIDENCE_SUFFIX),
        *(GL_INPUTS_SUFFIX, GL_SEGMENTS_SUFFIX),
    ):
        rmtree(path.with_suffix(suffix), ignore_errors=True)
    for file in (path, path.with_suffix(RUNTIME_SUFFIX)):
        for suffix in ("", "-wal", "-shm"):
            file.with_name(f"{file.name}{suffix}").unlink(missing_ok=True)


def _engines(url: URL) -> Engines:
    """Engines for reading and for writing."""
    if url.get_backend_name() == "sqlite":
        # A file has one writer at a time: this process's writers share a connection.
        return Engines(
            sqlite_engine(url, SQLITE_READERS, READER_WAITS_SECONDS),
            sqlite_engine(url, 1, WRITER_WAITS_SECONDS, is_writer=True),
        )
    return Engines(
        postgresql_engine(url, POSTGRESQL_READERS, READER_WAITS_SECONDS),
        postgresql_engine(
            url, POSTGRESQL_WRITERS, WRITER_WAITS_SECONDS, WRITER_WAITS_SECONDS
        ),
    )


def _statements_alone(url: URL) -> dict[str, Any]:
    """The execution options of reads without a transaction."""
    if url.get_backend_name() == "sqlite":
        return {"has_no_transaction": True}
    return {"isolation_level": "AUTOCOMMIT"}
