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

    def note(text: str) -> None:
        if text.lstrip().upper().startswith("SELECT"):
            seen.append(text)

    def watch(connection: Any, _record: Any) -> None:
        driver = connection.driver_connection
        if database.is_sqlite:
            await_only(driver.set_trace_callback(note))
        else:
            driver.add_query_logger(lambda ran: note(ran.query))

    event.listen(database.engine.sync_engine, "connect", watch)
    yield seen
    event.remove(database.engine.sync_engine, "connect", watch)
