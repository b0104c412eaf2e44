"""Outages of the database, as raised by any layer, and how they are logged.

outage_of     the outage behind an error; None if the error is our own bug
log_outage    logs an outage, once in a while for each kind
log_failure   logs any error: an outage so, and our own bug with its traceback
"""

import errno
import logging
import re
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
    asyncpg.InternalClientError,
)
"""The drivers' errors are among them, since `db.fast` bypasses SQLAlchemy."""

QUIET_SECONDS = 60.0
"""How long a kind of outage isn't logged again."""


class OutageKind(Enum):
    """A kind of outage; the value is the message for callers."""

    BUSY = "others are writing, and too many wait already"
    UNREACHABLE = "the database can't be reached now"
    CROWDED = "the server has more requests than it can answer now"
    FULL = "the disk is full: nothing was recorded, and what is recorded can be read"
    DISK = "the disk fails: nothing was recorded"
    READ_ONLY = "the database is read-only here: nothing can be recorded in it"
    UNWRITABLE = (
        "the server may not write into its folder of files: nothing was recorded"
    )
    STORAGE = "the server's storage of files can't be used now"
    FORBIDDEN = "the database does not let this server in: nothing was recorded"
    DAMAGED = "the database is damaged, and has to be restored from a copy"

    @property
    def code(self) -> str:
        """The error code for programs."""
        return "BUSY" if self is OutageKind.BUSY else "UNAVAILABLE"

    @property
    def retry_seconds(self) -> int:
        """After how long to try again; longer if somebody has to fix the outage."""
        return _RETRY_SECONDS.get(self, 60)


_RETRY_SECONDS = {
    OutageKind.BUSY: 5,
    OutageKind.UNREACHABLE: 5,
    OutageKind.CROWDED: 2,
    OutageKind.STORAGE: 30,
}


_WORDS = {
    OutageKind.BUSY: "the database is busy ({reason}): try again",
    OutageKind.UNREACHABLE: "{file} can't be used: {reason}",
    OutageKind.CROWDED: "there are more requests than can be answered now: {reason}",
    OutageKind.FULL: "the disk is full: nothing was recorded ({reason})",
    OutageKind.DISK: "the disk fails: nothing was recorded ({file}: {reason})",
    OutageKind.READ_ONLY: "{file} is read-only: nothing can be recorded in it",
    OutageKind.UNWRITABLE: "{reason}",
    OutageKind.STORAGE: "{reason}",
    OutageKind.FORBIDDEN: "{file} refuses: {reason}; connect as the role that owns it",
    OutageKind.DAMAGED: "{file} is damaged ({reason}): restore it from a copy",
}


class Outage(NamedTuple):
    """A failure of the database.

    `reason` is the driver's message, and `file` the SQLite file if it is known.
    """

    kind: OutageKind
    reason: str
    file: str = "the database"

    @property
    def words(self) -> str:
        """The outage and what to do, in one line for the operator."""
        return _WORDS[self.kind].format(file=self.file, reason=self.reason)

    @property
    def message(self) -> str:
        """The outage in words that strangers may see."""
        if self.kind not in _RETRY_SECONDS:  # somebody has to fix it
            return self.kind.value
        return f"{self.kind.value}; try again in {self.kind.retry_seconds} seconds"


class DatabaseOutage(Exception):
    """An outage that our own layer detected."""

    def __init__(self, kind: OutageKind, reason: str, file: Path | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        if file is not None:
            self.add_note(file.name)


OUTAGES: tuple[type[Exception], ...] = (*DATABASE_ERRORS, DatabaseOutage)
"""Errors that may be outages; `outage_of` decides."""


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage behind an error; None if there isn't one."""
    for cause in _chain(error):
        kind = _kind(cause)
        if kind is not None:
            reason = _reason(cause)
            return Outage(kind, reason, *getattr(cause, "__notes__", [])[:1])
    return None


def is_connection_lost(error: BaseException) -> bool:
    """Whether a server ended a connection that was in use."""
    outage = outage_of(error)
    return (
        outage is not None
        and outage.kind is OutageKind.UNREACHABLE
        and not any(
            isinstance(cause, DatabaseOutage | sqlite3.Error) for cause in _chain(error)
        )
    )


def _reason(error: BaseException) -> str:
    """An error in the driver's words, without what SQLAlchemy puts around them."""
    for cause in _chain(error):
        if not isinstance(cause, SQLAlchemyError):
            words = _CLASS.sub("", str(cause)).strip()
            return words.splitlines()[0] if words else type(cause).__name__
    return str(error) or type(error).__name__


_CLASS = re.compile(r"^<class '[^']*'>: ")
"""How SQLAlchemy begins an error of asyncpg."""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and the errors of lower layers that it wraps."""
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
    """The kind of an error of SQLAlchemy, or of asyncpg's client side."""
    if isinstance(error, PoolTimeout):
        return OutageKind.CROWDED
    is_lost = (
        isinstance(error, DisconnectionError)
        or (isinstance(error, DBAPIError) and error.connection_invalidated)
        or (isinstance(error, asyncpg.InterfaceError) and "closed" in str(error))
        # A connection that the server ends while a statement is being sent.
        or isinstance(error, asyncpg.InternalClientError)
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
"""By the primary result code, the low byte of SQLite's error code."""
_SHARED_MEMORY = sqlite3.SQLITE_IOERR | 19 << 8
"""SQLITE_IOERR_SHMSIZE: the disk has no room for the write-ahead log's index."""


def _sqlite_kind(error: sqlite3.Error) -> OutageKind | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # The driver's own error. Daybook never writes text that can't be decoded.
        is_garbled = "Could not decode to UTF-8" in str(error)
        return OutageKind.DAMAGED if is_garbled else None
    if code == _SHARED_MEMORY:
        return OutageKind.FULL
    return _OF_SQLITE.get(code & 0xFF)


_OF_SQLSTATE = {
    "08": OutageKind.UNREACHABLE,  # connections
    "28": OutageKind.UNREACHABLE,  # authorization
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
    "42501": OutageKind.FORBIDDEN,  # permission denied
    "XX001": OutageKind.DAMAGED,
    "XX002": OutageKind.DAMAGED,
}
"""By SQLSTATE, or by its class for all other codes of the class."""


def _postgresql_kind(sqlstate: str) -> OutageKind | None:
    return _OF_SQLSTATE.get(sqlstate) or _OF_SQLSTATE.get(sqlstate[:2])


class LastLogged:
    """When a kind of outage was last logged, and how often it came since."""

    def __init__(self) -> None:
        self.at = float("-inf")
        self.since = 0


LAST_LOGGED = {kind: LastLogged() for kind in OutageKind}
"""By this process."""


def log_outage(outage: Outage) -> None:
    """Log an outage in one line, unless its kind was logged recently."""
    last = LAST_LOGGED[outage.kind]
    now = time.monotonic()
    if now - last.at < QUIET_SECONDS:
        last.since += 1
        return
    more = f" ({last.since:,} more since the last line)" if last.since else ""
    last.at, last.since = now, 0
    logger.error("%s: %s%s", outage.kind.code, outage.words, more)


def log_failure(error: BaseException, what: str) -> None:
    """Log a failure: an outage in one line, our own bug with its traceback."""
    outage = outage_of(error)
    if outage is None:
        logger.error(what, exc_info=error)
    else:
        log_outage(outage)
