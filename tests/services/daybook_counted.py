"""The statements that a database's connections run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.util import await_only

from daybook.db.engine import Database


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The SELECT statements that a database's connections run, from their start."""
    seen: list[str] = []
    engine = database.engine.sync_engine

    def note(text: str) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(text)

    def watch(connection: Any, _record: Any) -> None:
        driver = connection.driver_connection
        driver.add_query_logger(lambda ran: note(ran.query))

    # Also those that were opened before: an application opens some when it starts.
    def watch_again(connection: Any, _record: Any, _proxy: Any) -> None:
        await_only(connection.driver_connection.set_trace_callback(note))

    # asyncpg doesn't log prepared statements: all that SQLAlchemy itself executes.
    def executes(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if not database.is_sqlite:
            note(text)

    short = None if database.short_reads is None else database.short_reads.connection()
    if short is not None:
        short.set_trace_callback(note)
    watched: tuple[str, Any] = ("connect", watch)
    if database.is_sqlite:
        watched = ("checkout", watch_again)
    event.listen(engine, *watched)
    event.listen(engine, "before_cursor_execute", executes)
    yield seen
    if short is not None:
        short.set_trace_callback(None)
    event.remove(engine, *watched)
    event.remove(engine, "before_cursor_execute", executes)
