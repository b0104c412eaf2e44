"""Connections to a PostgreSQL server: kept, and replaced where it ended them."""

import math
import time
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from daybook.db.failures import DatabaseOutage, OutageKind, outage_of

CONNECT_SECONDS = 10.0
"""How long a server may take to let one in."""
TRUSTED_SECONDS = 30.0
"""A connection that was used so shortly ago is only lost if the driver knows it."""


def postgresql_engine(
    url: URL, size: int, wait_seconds: float, lock_seconds: float | None = None
) -> AsyncEngine:
    """An engine of so many connections, for which a caller waits so long.

    `lock_seconds` is how long a statement waits for another transaction's row.
    """
    # With the connection: a statement could be called back, and nobody closed it then.
    settings = {}
    if lock_seconds is not None:
        settings["lock_timeout"] = f"{int(lock_seconds * 1_000)}"
    engine = create_async_engine(
        url,
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


def _connect(dialect: Any, _record: Any, given: Any, options: Any) -> Any:
    try:
        return dialect.connect(*given, **options)
    except (OSError, dialect.loaded_dbapi.Error) as error:
        known = outage_of(error)
        kind = known.kind if known else OutageKind.UNREACHABLE
        reason = str(error) or "it doesn't answer"
        raise DatabaseOutage(kind, reason) from error


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
