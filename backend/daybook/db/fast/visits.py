"""SQLite's driver with one visit to its thread per statement, instead of four.

aiosqlite runs each connection in a thread of its own. SQLAlchemy visits it to create a
cursor, to execute, to fetch and to close; each visit costs more than most statements.

Private names, of aiosqlite: `_execute`, `_conn`, `_connection`, `_tx`, `_thread`; of
SQLAlchemy's adapter: `_cursor_cls`, `_ss_cursor_cls`, `_adapt_connection`, `_rows`,
`_connection`, `_cursor`, `_execute_mutex`, `_execute_async`, `_executemany_async`,
`_async_soft_close`. With the switch off, an engine has SQLAlchemy's own adapter.
"""
# ruff: noqa: SLF001  (this module is the door to what the driver keeps to itself)

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakSet

from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    AsyncAdapt_aiosqlite_ss_cursor,
    SQLiteDialect_aiosqlite,
)


class _Done(NamedTuple):
    """The results of a closed cursor."""

    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class Cursor(AsyncAdapt_aiosqlite_cursor):
    """Executes, fetches all rows and closes in one visit."""

    __slots__ = ("_done",)

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = None  # nothing is left to be closed
        self._rows = deque()
        self._done = _Done([])

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._done.lastrowid

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._visit(_execute, operation, parameters or ())

    async def _executemany_async(
        self, operation: Any, seq_of_parameters: Sequence[Any]
    ) -> Any:
        await self._visit(_execute_many, operation, seq_of_parameters)

    async def _async_soft_close(self) -> None:
        """Do nothing: the cursor is closed already."""

    async def _visit(self, do: Callable[..., _Done], *arguments: Any) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            run = connection._execute  # what its own methods call
            self._done = await run(do, connection._conn, *arguments)
        self._rows = deque(self._done.rows)


def _execute(connection: Any, operation: str, parameters: Any) -> _Done:
    cursor = connection.execute(operation, parameters)
    try:
        return _done(cursor, cursor.fetchall() if cursor.description else [])
    finally:
        cursor.close()


def _execute_many(connection: Any, operation: str, rows: Sequence[Any]) -> _Done:
    cursor = connection.executemany(operation, rows)
    try:
        return _done(cursor, [])
    finally:
        cursor.close()


def _done(cursor: Any, rows: list[Any]) -> _Done:
    return _Done(rows, cursor.description, cursor.rowcount, cursor.lastrowid)


async def execute_all(
    connection: Any, statements: Iterable[tuple[str, Iterable[Sequence[Any]]]]
) -> None:
    """Run statements with all their values in one visit to aiosqlite's thread."""
    run = connection._execute  # what its own methods call
    await run(_execute_all, connection._conn, statements)


def _execute_all(
    connection: Any, statements: Iterable[tuple[str, Iterable[Sequence[Any]]]]
) -> None:
    for sql, values in statements:
        connection.executemany(sql, values).close()


class Stream(AsyncAdapt_aiosqlite_ss_cursor):
    """Fetches rows on demand; the connection keeps track of its open cursors."""

    __slots__ = ()

    def __init__(self, adapt_connection: "DriverConnection") -> None:
        super().__init__(adapt_connection)
        adapted: Any = self._cursor
        adapt_connection.streams.add(adapted._cursor)


class DriverConnection(AsyncAdapt_aiosqlite_connection):
    """A connection with these cursors; it only rolls back if there is a transaction."""

    __slots__ = ("streams",)

    _cursor_cls: Any = Cursor
    _ss_cursor_cls: Any = Stream

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.streams: WeakSet[Any] = WeakSet()

    def rollback(self) -> None:
        connection: Any = self._connection
        if connection._connection and connection.in_transaction:
            super().rollback()

    def give_up(self) -> None:
        """Interrupt the statement, and roll back before the connection is closed.

        This doesn't wait, so a second cancellation can't interfere: the thread works
        through its queue, in which closing comes next.
        """
        connection: Any = self._connection
        running = connection._connection
        if running is None:
            return
        # `interrupt` may be called from any thread.
        running.interrupt()
        end = partial(_end, running, list(self.streams))
        connection._tx.put_nowait((None, end))


def _end(connection: Any, streams: Iterable[Any]) -> None:
    # While any statement is open, SQLite also interrupts each that begins, including
    # ROLLBACK. Closing the connection isn't enough: a cursor that a cancelled task
    # still has would keep the transaction and its lock.
    for stream in streams:
        stream.close()
    connection.rollback()


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """The driver's module, as SQLAlchemy's engine uses it."""

    def connect(self, *arg: Any, **kw: Any) -> DriverConnection:
        adapted = super().connect(*arg, async_creator_fn=self._opened, **kw)
        return DriverConnection(self, adapted._connection)

    async def _opened(self, *arg: Any, **kw: Any) -> Any:
        connection: Any = self.aiosqlite.connect(*arg, **kw)
        connection._thread.daemon = True
        try:
            return await connection
        except sqlite3.Error:
            # The thread is about to report its end to the loop. If the command ended
            # first, there would be no loop, and the thread would print a traceback.
            await asyncio.to_thread(connection._thread.join)
            raise


def driver() -> Driver:
    """The driver for `create_async_engine(module=…)`."""
    usual = SQLiteDialect_aiosqlite.import_dbapi()
    return Driver(usual.aiosqlite, usual.sqlite)
