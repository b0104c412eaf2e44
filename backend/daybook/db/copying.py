"""Copies of a SQLite database, for work whose writes nobody keeps.

SQLite has one writer at a time, and a dry run writes what it then takes back: in a copy
it keeps nobody waiting. PostgreSQL needs none, where writers of other organisations
never wait.
"""

import asyncio
import fcntl
import logging
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from pathlib import Path

from daybook.db.engine import Database
from daybook.db.sqlite import connect_plain

logger = logging.getLogger(__name__)

LOCK = "in use"
"""A file in a copy's folder that its program holds locked while it lives."""
BEGUN = timedelta(minutes=1)
"""How long a folder may be there before its program has locked it."""
ROOM = 3
"""How many times the file's size must be free: for the copy, and for its log."""


@asynccontextmanager
async def copied(database: Database) -> AsyncIterator[Database]:
    """A copy of the ledgers as they are now, which is removed at the end.

    The database itself where it isn't SQLite, or the disk has no room for a copy.
    """
    if not database.is_sqlite or not _has_room(database.path):
        yield database
        return
    database.check_writable()
    path = database.path
    folder = Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.parent))
    try:
        with (folder / LOCK).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            await asyncio.to_thread(_copy, path, folder / path.name)
            url = database.url.set(database=str(folder / path.name))
            copy = Database(url, database.clock)
            try:
                yield copy
            finally:
                await copy.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def remove_left_copies(database: Database) -> None:
    """Remove copies that killed programs left."""
    if not database.is_sqlite:
        return
    before = time.time() - BEGUN.total_seconds()
    for folder in database.path.parent.glob(f"{_prefix(database.path)}*"):
        # One that was removed meanwhile needs nothing.
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < before and not _is_in_use(folder):
                logger.warning("%s was left by a dry run that was killed", folder)
                shutil.rmtree(folder, ignore_errors=True)


def _is_in_use(folder: Path) -> bool:
    """Whether a living program holds a copy's lock."""
    with (folder / LOCK).open("a") as found:
        try:
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _prefix(path: Path) -> str:
    return f"{path.stem}.dry-run-"


def _has_room(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free > ROOM * path.stat().st_size


def _copy(path: Path, target: Path) -> None:
    """Copy all pages in one read transaction: of one moment, and no writer waits."""
    with (
        closing(connect_plain(path)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        copy.execute("PRAGMA synchronous = OFF")  # nobody needs it after a crash
        source.backup(copy)
