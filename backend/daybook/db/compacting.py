"""Rewriting SQLite files without the free space in their pages.

Appended rows fill seven eighths of a page. SQLite keeps the rest for rows in between,
and a ledger gets few of those.
"""

import asyncio
import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from typing import NamedTuple

from daybook.db.engine import Database
from daybook.db.failures import DatabaseOutage
from daybook.db.sqlite import (
    WRITER_WAITS_SECONDS,
    Way,
    connect,
    is_busy,
    prepare,
    waited_too_long,
)

WAIT_SECONDS = 0.1


class NoRoom(Exception):
    """The disk has no room for a copy; the message says how much is missing."""


class Compacted(NamedTuple):
    """A file's sizes in bytes; `is_in_use` if a reader kept it from being truncated."""

    name: str
    before: int
    after: int
    is_in_use: bool


async def compact(database: Database) -> list[Compacted]:
    """Rewrite both files of a SQLite database, each in one transaction.

    Other programs can read meanwhile; writers wait. Raises NoRoom, and DatabaseOutage
    if a file is read-only or another program writes for too long.
    """
    database.check_writable()
    paths = (database.path, database.runtime.path)
    for path in paths:
        _check_room(path)
    return [await _compact(path) for path in paths]


def _check_room(path: Path) -> None:
    """Raise NoRoom without room for two copies: a temporary one, and one in the log."""
    needed, free = 2 * path.stat().st_size, shutil.disk_usage(path.parent).free
    if needed > free:
        raise NoRoom(
            f"{path.parent} has {free:,} bytes free, and {path.name} needs {needed:,}"
            " for a while"
        )


async def _compact(path: Path) -> Compacted:
    os.environ["SQLITE_TMPDIR"] = str(path.parent)  # where there is room
    with closing(connect(path, Way.WRITABLE)) as connection:
        prepare(connection, Way.WRITABLE, is_writer=True)
        before = _size(connection)
        given_up = Event()
        work = asyncio.ensure_future(asyncio.to_thread(_vacuum, connection, given_up))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            given_up.set()
            connection.interrupt()
            # Closing a connection that a thread is using would crash the process.
            with suppress(sqlite3.Error, DatabaseOutage):
                await work
            raise
        cut = "PRAGMA wal_checkpoint(TRUNCATE)"
        (is_in_use, _, _) = connection.execute(cut).fetchone()
        return Compacted(path.name, before, _size(connection), bool(is_in_use))


def _size(connection: sqlite3.Connection) -> int:
    """The file's size once its write-ahead log is written into it."""
    pragmas = ("page_count", "page_size")
    count, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas
    )
    return int(count * size)


def _vacuum(connection: sqlite3.Connection, given_up: Event) -> None:
    until = time.monotonic() + WRITER_WAITS_SECONDS
    while not given_up.wait(WAIT_SECONDS):
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            if time.monotonic() >= until:
                raise waited_too_long(WRITER_WAITS_SECONDS) from None
        else:
            return
