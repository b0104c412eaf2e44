"""What is raised where a database can't be reached or fails, by whichever layer.

outage_of     what an error says of the database; None for a mistake of ours
log_outage    one line in the log for each kind, and not for each request
log_failure   the same for any error: a mistake of ours with its traceback
"""

import errno
import logging
import socket
import sqlite3
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import asyncpg
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

logger = logging.getLogger(__name__)

DATABASE_ERRORS: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    OSError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
"""The drivers' own too: kept statements are run without SQLAlchemy."""

QUIET_SECONDS = 60.0
"""How long the log says no more of a kind of outage that it has told of."""


class OutageKind(Enum):
    """What is the matter: a word for the log, and a sentence for who asked."""

    BUSY = "others are writing, and too many wait already"
    UNREACHABLE = "the database can't be reached now"
    CROWDED = "more is asked at this moment than the server can answer"
    FULL = "the disk is full: nothing was recorded, and what is recorded can be read"
    DISK = "the disk fails: nothing was recorded"
    READ_ONLY = "the database is read-only here: nothing can be recorded in it"
    DAMAGED = "the database is damaged, and has to be restored from a copy"

    @property
    def code(self) -> str:
        """What programs are told."""
        return "BUSY" if self is OutageKind.BUSY else "UNAVAILABLE"

    @property
    def retry_seconds(self) -> int:
        """After how long to try again: what somebody has to mend takes its time."""
        return _RETRY_SECONDS.get(self, 60)


_RETRY_SECONDS = {
    OutageKind.BUSY: 5,
    OutageKind.UNREACHABLE: 5,
    OutageKind.CROWDED: 2,
}


_WORDS = {
    OutageKind.BUSY: "the database is busy ({reason}): try again",
    OutageKind.UNREACHABLE: "{file} can't be used: {reason}",
    OutageKind.CROWDED: "more is asked than can be answered at a time: {reason}",
    OutageKind.FULL: "the disk is full: nothing was recorded ({reason})",
    OutageKind.DISK: "the disk fails: nothing was recorded ({file}: {reason})",
    OutageKind.READ_ONLY: "{file} is read-only: nothing can be recorded in it",
    OutageKind.DAMAGED: "{file} is damaged ({reason}): restore it from a copy",
}


class Outage(NamedTuple):
    """A database that can't do now what it was asked.

    `reason` is the driver's, `file` the SQLite file that it is about, where known.
    """

    kind: OutageKind
    reason: str
    file: str = "the database"

    @property
    def words(self) -> str:
        """What is the matter and what to do, for who runs the program: one line."""
        return _WORDS[self.kind].format(file=self.file, reason=self.reason)

    @property
    def message(self) -> str:
        """What is the matter, for strangers too."""
        if self.kind not in _RETRY_SECONDS:  # somebody has to mend it
            return self.kind.value
        return f"{self.kind.value}; try again in {self.kind.retry_seconds} seconds"


class DatabaseOutage(Exception):
    """Raised by our own layer where the database can't do now what it was asked."""

    def __init__(self, kind: OutageKind, reason: str, file: Path | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        if file is not None:
            self.add_note(file.name)


OUTAGES: tuple[type[Exception], ...] = (*DATABASE_ERRORS, DatabaseOutage)
"""What may be an outage: `outage_of` tells."""


def outage_of(error: BaseException | None) -> Outage | None:
    """What an error says of the database; None where it isn't about an outage."""
    for one in _chain(error):
        kind = _kind(one)
        if kind is not None:
            reason = str(one) or type(one).__name__
            return Outage(kind, reason, *getattr(one, "__notes__", [])[:1])
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what the layers below raised before it was wrapped."""
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__


def _kind(error: BaseException) -> OutageKind | None:
    match error:
        case DatabaseOutage():
            return error.kind
        case sqlite3.Error():
            return _sqlite_kind(error)
        case asyncpg.PostgresError():
            return _postgresql_kind(error.sqlstate or "")
        case OSError():
            return _os_kind(error)
        case _:
            return _kind_of_layer(error)


def _kind_of_layer(error: BaseException) -> OutageKind | None:
    """What SQLAlchemy says, or the driver by itself."""
    if isinstance(error, PoolTimeout):
        return OutageKind.CROWDED
    is_lost = (
        isinstance(error, DisconnectionError)
        or (isinstance(error, DBAPIError) and error.connection_invalidated)
        or (isinstance(error, asyncpg.InterfaceError) and "closed" in str(error))
    )
    return OutageKind.UNREACHABLE if is_lost else None


def _os_kind(error: OSError) -> OutageKind | None:
    if isinstance(error, ConnectionError | socket.gaierror):
        return OutageKind.UNREACHABLE
    return _OF_ERRNO.get(error.errno or 0)


_OF_ERRNO = {
    errno.ENOSPC: OutageKind.FULL,
    errno.EDQUOT: OutageKind.FULL,
    errno.EIO: OutageKind.DISK,
    errno.EMFILE: OutageKind.CROWDED,
    errno.ENFILE: OutageKind.CROWDED,
    errno.ENETUNREACH: OutageKind.UNREACHABLE,
    errno.EHOSTUNREACH: OutageKind.UNREACHABLE,
    errno.ETIMEDOUT: OutageKind.UNREACHABLE,
}

_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: OutageKind.BUSY,
    sqlite3.SQLITE_LOCKED: OutageKind.BUSY,
    sqlite3.SQLITE_PROTOCOL: OutageKind.BUSY,
    sqlite3.SQLITE_FULL: OutageKind.FULL,
    sqlite3.SQLITE_IOERR: OutageKind.DISK,
    sqlite3.SQLITE_READONLY: OutageKind.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: OutageKind.UNREACHABLE,
    sqlite3.SQLITE_PERM: OutageKind.UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: OutageKind.DAMAGED,
    sqlite3.SQLITE_NOTADB: OutageKind.DAMAGED,
}
"""By the primary result code: the low byte of what SQLite gives."""
_SHARED_MEMORY = sqlite3.SQLITE_IOERR | 19 << 8
"""SQLITE_IOERR_SHMSIZE: there is no room for the index of the write-ahead log."""


def _sqlite_kind(error: sqlite3.Error) -> OutageKind | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # The driver's own: text that isn't any was not written by Daybook.
        is_garbled = "Could not decode to UTF-8" in str(error)
        return OutageKind.DAMAGED if is_garbled else None
    if code == _SHARED_MEMORY:
        return OutageKind.FULL
    return _OF_SQLITE.get(code & 0xFF)


_OF_SQLSTATE = {
    "08": OutageKind.UNREACHABLE,  # connections
    "28": OutageKind.UNREACHABLE,  # who may connect
    "53": OutageKind.CROWDED,  # memory, connections
    "58": OutageKind.DISK,
    "53100": OutageKind.FULL,
    "57P01": OutageKind.UNREACHABLE,
    "57P02": OutageKind.UNREACHABLE,
    "57P03": OutageKind.UNREACHABLE,
    "57P04": OutageKind.UNREACHABLE,
    "3D000": OutageKind.UNREACHABLE,
    "55000": OutageKind.UNREACHABLE,  # the database takes no connections
    "55P03": OutageKind.BUSY,
    "40001": OutageKind.BUSY,
    "40P01": OutageKind.BUSY,
    "25006": OutageKind.READ_ONLY,
    "XX001": OutageKind.DAMAGED,
    "XX002": OutageKind.DAMAGED,
}
"""By SQLSTATE, or by its class where no code of it is named."""


def _postgresql_kind(sqlstate: str) -> OutageKind | None:
    return _OF_SQLSTATE.get(sqlstate) or _OF_SQLSTATE.get(sqlstate[:2])


class Told:
    """When the log told of a kind of outage, and how many came since."""

    def __init__(self) -> None:
        self.at = float("-inf")
        self.since = 0


TOLD = {kind: Told() for kind in OutageKind}
"""Of this process."""


def log_outage(outage: Outage) -> None:
    """Tell the log in one line, if it wasn't told of such an outage lately."""
    told = TOLD[outage.kind]
    now = time.monotonic()
    if now - told.at < QUIET_SECONDS:
        told.since += 1
        return
    more = f" ({told.since:,} more since the last line)" if told.since else ""
    told.at, told.since = now, 0
    logger.error("%s: %s%s", outage.kind.code, outage.words, more)


def log_failure(error: BaseException, what: str) -> None:
    """Tell the log what could not be done, and why."""
    outage = outage_of(error)
    if outage is None:
        logger.error(what, exc_info=error)
    else:
        log_outage(outage)
