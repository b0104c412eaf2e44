"""Connections to a PostgreSQL server: pooled, and replaced if the server ended them."""

import math
import os
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from daybook.db.failures import DatabaseOutage, OutageKind, outage_of

OLDEST_TESTED = 15
"""The oldest major version of PostgreSQL that Daybook is tested with."""

CONNECT_SECONDS = 10.0
"""How long a server may take to accept a connection."""
TRUSTED_SECONDS = 30.0
"""A connection that was used within this time isn't pinged before it is used again."""


def postgresql_engine(
    url: URL, size: int, wait_seconds: float, lock_seconds: float | None = None
) -> AsyncEngine:
    """An engine with `size` connections; callers wait up to `wait_seconds` for one.

    `lock_seconds` is how long a statement waits for another transaction's row.
    """
    # Set while connecting: a SET statement could be cancelled, and leak the connection.
    settings = {}
    if lock_seconds is not None:
        settings["lock_timeout"] = f"{int(lock_seconds * 1_000)}"
    engine = create_async_engine(
        url,
        hide_parameters=True,  # values of documents belong in no log
        pool_size=size,
        max_overflow=0,
        pool_timeout=wait_seconds,
        skip_autocommit_rollback=True,
        connect_args={"timeout": CONNECT_SECONDS, "server_settings": settings},
    )
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", _refuse_lost)
    return engine


def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    try:
        return dialect.connect(*arguments, **options)
    except (OSError, dialect.loaded_dbapi.Error) as error:
        known = outage_of(error)
        kind = known.kind if known else OutageKind.UNREACHABLE
        raise DatabaseOutage(kind, _why(error, options)) from error


_WHY: Sequence[tuple[type[BaseException], str]] = (
    (
        asyncpg.InvalidCatalogNameError,
        "{error}: create it, then run `daybook db upgrade`",
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "{error}: check user and password in DAYBOOK_DATABASE_URL",
    ),
    (asyncpg.PostgresError, "{error}"),
    (socket.gaierror, "there is no host {host}: check DAYBOOK_DATABASE_URL"),
    (TimeoutError, "{host}, port {port}, doesn't answer: is PostgreSQL there?"),
    (ssl.SSLError, "{error}: check DAYBOOK_DATABASE_URL"),
    (OSError, "nothing answers at {host}, port {port}: is PostgreSQL running there?"),
)
"""Why a server can't be used, and what to do, by the first class that fits."""


def _why(error: BaseException, options: Mapping[str, Any]) -> str:
    """Why a server can't be used, in one line; the driver has words of its own."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    words = next((words for of, words in _WHY if isinstance(cause, of)), None)
    if words is None or (isinstance(cause, ConnectionError) and cause.errno is None):
        words = "{error}: check DAYBOOK_DATABASE_URL"
    host, port = options.get("host", "localhost"), options.get("port", 5432)
    if isinstance(cause, PermissionError | FileNotFoundError) and cause.filename:
        home = Path.home()
        if not os.access(home, os.X_OK):
            return (
                f"the folder that HOME names, {home}, isn't accessible to this user,"
                " and certificates and the like are looked for there: let this user own"
                " it (a server's is its data folder), or set another HOME"
            )
        return (
            f"{cause.filename} can't be read ({cause.strerror}): certificates and the"
            " like are looked for in the folder that HOME names"
        )
    return words.format(error=cause, host=host, port=port)


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _refuse_lost(connection: Any, record: Any, _proxy: Any) -> None:
    """Replace a connection that the server has ended."""
    # Not pinged before each use: that would take three round trips to the server.
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
