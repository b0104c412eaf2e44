"""SQLite files: opening them, read-only ones too, and waiting for their lock.

A writer doesn't wait for the file's lock inside SQLite: it tries again and again, so
that it can be cancelled at once.
"""

import asyncio
import os
import sqlite3
import time
from contextlib import closing, suppress
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from daybook.db.failures import DatabaseOutage, OutageKind, outage_of
from daybook.db.fast.visits import DriverConnection, driver
from daybook.settings import is_fast

WRITER_WAITS_SECONDS = 300.0
"""How long a writer waits for its turn: longer than the largest import takes."""
LOCK_MS = 50
"""How long SQLite waits for the lock each time a writer tries."""
RETRY_SECONDS = 0.01
"""How long a writer pauses before it tries again."""
READER_WAITS_MS = 5_000
"""Readers only wait while a file that a killed process left is recovered."""

WAL_ATTEMPTS = 100
WAL_WAIT_SECONDS = 0.01
"""All attempts together last longer than another process takes to create a file."""


class Way(Enum):
    """A way to open a file; the value is the query of SQLite's URI."""

    WRITABLE = ""
    READ_ONLY = "mode=ro"
    IMMUTABLE = "mode=ro&immutable=1"
    """For a file that nobody changes meanwhile: SQLite creates no files beside it."""


def is_writable(path: Path) -> bool:
    """Whether a file and those beside it may be written; True if it doesn't exist."""
    return not path.exists() or (
        os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    )


def way_to_open(path: Path) -> Way:
    """How a file can be opened; raises DatabaseOutage if that would miss changes."""
    if is_writable(path):
        return Way.WRITABLE
    try:
        with closing(connect(path, Way.READ_ONLY)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_FILE_BESIDE:
            return Way.READ_ONLY
    else:
        return Way.READ_ONLY
    if _has_log(path):
        raise DatabaseOutage(
            OutageKind.UNREACHABLE,
            f"{path.name}-wal has changes that are not in {path.name} yet, and can't be"
            " read in a read-only folder: copy both files to a writable one",
        )
    return Way.IMMUTABLE


_NO_FILE_BESIDE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
"""Errors of a file with a write-ahead log beside which SQLite can't create files."""


def connect_plain(path: Path) -> sqlite3.Connection:
    """A connection of the plain driver, opened the way that the file allows."""
    return connect(path, way_to_open(path))


def find_damage(path: Path) -> str | None:
    """The first damage that SQLite finds in a file, if it exists; reads all of it."""
    if not path.exists():
        return None
    try:
        with closing(connect_plain(path)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.Error, DatabaseOutage) as error:
        outage = outage_of(error)
        is_damaged = outage is not None and outage.kind is OutageKind.DAMAGED
        return str(error) if is_damaged else None
    return None if found == "ok" else str(found).splitlines()[-1]


def sqlite_engine(
    url: URL, size: int, wait_seconds: float, *, is_writer: bool = False
) -> AsyncEngine:
    """An engine with `size` connections; callers wait up to `wait_seconds` for one."""
    engine = create_async_engine(
        url,
        hide_parameters=True,  # values of documents belong in no log
        module=driver() if is_fast() else None,
        pool_size=size,
        max_overflow=0,
        pool_timeout=wait_seconds,
        # The connection that was used last has pages in its cache.
        pool_use_lifo=True,
        connect_args={"isolation_level": None},
    )
    opening = _Opening(url, is_writer=is_writer)
    event.listen(engine.sync_engine, "do_connect", opening.connect)
    event.listen(engine.sync_engine, "checkout", _once_only)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "invalidate", _give_up)
    event.listen(engine.sync_engine, "handle_error", opening.name_the_file)
    return engine


class _Opening:
    """Opens connections to a file."""

    def __init__(self, url: URL, *, is_writer: bool) -> None:
        self._url = url
        self._is_writer = is_writer

    def connect(self, dialect: Any, record: Any, arguments: Any, options: Any) -> Any:
        """Open a connection and set it up, in place of SQLAlchemy."""
        path = Path(arguments[0])
        record.info.clear()
        try:
            return self._open(dialect, path, way_to_open(path), options)
        except sqlite3.OperationalError as error:
            name_file(error, self._url)
            if self._is_writer or not _is_for_lack_of_room(error, path):
                raise
        except sqlite3.Error as error:
            name_file(error, self._url)
            raise
        # Used only once, since others will write as soon as there is room again.
        record.info["is_for_once"] = True
        return self._open(dialect, path, Way.IMMUTABLE, options)

    def _open(self, dialect: Any, path: Path, way: Way, options: Any) -> Any:
        connection = dialect.connect(_uri(path, way), uri=True, **options)
        try:
            prepare(connection, way, is_writer=self._is_writer)
        except BaseException:
            connection.close()
            raise
        return connection

    def name_the_file(self, context: Any) -> None:
        """Add the file's name to an error of a statement."""
        name_file(context.original_exception, self._url)


def name_file(error: BaseException, url: URL) -> None:
    """Add the file's name to a SQLite error, since a database has two files."""
    if isinstance(error, sqlite3.Error) and not hasattr(error, "__notes__"):
        error.add_note(str(Path(str(url.database)).absolute()))


def connect(path: Path, way: Way) -> sqlite3.Connection:
    """A connection of the plain driver, for one thread at a time."""
    return sqlite3.connect(_uri(path, way), uri=True, check_same_thread=False)


def _uri(path: Path, way: Way) -> str:
    return f"file:{quote(str(path))}{'?' if way.value else ''}{way.value}"


def _has_log(path: Path) -> bool:
    """Whether a file has a write-ahead log that isn't empty."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except OSError:
        return False


def cut_log(path: Path) -> None:
    """Write a file's write-ahead log back and truncate it, if nobody is using it."""
    with suppress(sqlite3.Error), closing(connect(path, Way.WRITABLE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_for_lack_of_room(error: sqlite3.OperationalError, path: Path) -> bool:
    """Whether the disk is full, and a file can be read without files beside it."""
    outage = outage_of(error)
    is_full = outage is not None and outage.kind is OutageKind.FULL
    return is_full and path.exists() and not _has_log(path)


def prepare(connection: Any, way: Way, *, is_writer: bool) -> None:
    """Set up a driver's connection."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_MS if is_writer else READER_WAITS_MS}")
    if way is Way.WRITABLE:
        _use_wal(cursor)
        # Committed transactions survive a loss of power.
        cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Deleted rows are overwritten, whatever SQLite's default is.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("PRAGMA cache_size = -16384")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    # SQLite doesn't wait for this lock, whatever the time-out is: it fails at once
    # while another process creates the file.
    for _ in range(WAL_ATTEMPTS - 1):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            time.sleep(WAL_WAIT_SECONDS)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")


def is_busy(error: BaseException) -> bool:
    """Whether an error means that another connection has the lock."""
    outage = outage_of(error)
    return outage is not None and outage.kind is OutageKind.BUSY


def waited_too_long(seconds: float) -> DatabaseOutage:
    """The outage of a writer whose turn did not come."""
    reason = f"waited {seconds:g} seconds for another program"
    return DatabaseOutage(OutageKind.BUSY, reason)


def _once_only(_connection: Any, record: Any, _proxy: Any) -> None:
    """Replace a connection that may only be used once."""
    if record.info.get("is_for_once") and record.info.setdefault("uses", 0):
        raise DisconnectionError
    record.info["uses"] = 1


def _begin(connection: Connection) -> None:
    # The driver's own transaction handling is off (isolation_level None): it begins
    # only at the first write, which is too late for a read that a write depends on.
    options = connection.get_execution_options()
    if options.get("has_no_transaction"):
        return
    if options.get("begin_immediate"):
        _begin_immediate(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    """Begin a write once no other is running; raises DatabaseOutage after too long."""
    until = time.monotonic() + WRITER_WAITS_SECONDS
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not is_busy(error):
                raise
            if time.monotonic() >= until:
                raise waited_too_long(WRITER_WAITS_SECONDS) from None
            await_only(asyncio.sleep(RETRY_SECONDS))
        else:
            return


def _give_up(connection: Any, _record: Any, _error: Any) -> None:
    """Interrupt the statement of a connection that is about to be closed."""
    if isinstance(connection, DriverConnection):
        connection.give_up()
        return
    # The coroutine awaits nothing, and there may be no event loop to run it in.
    with suppress(StopIteration, ValueError):  # it ends; the connection is closed
        connection.driver_connection.interrupt().send(None)
