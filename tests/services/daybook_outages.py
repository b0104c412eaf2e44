"""Databases that can't be reached for a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from daybook_services.server import Server


@contextmanager
def gone(url: URL) -> Iterator[None]:
    """While this lasts, nobody reaches the database; a file is damaged for good."""
    if url.get_backend_name() == "postgresql":
        name = f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS"
        server = Server(url)
        server.execute(f"{name} false")
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608
            f" WHERE datname = '{url.database}'",
        )
        yield
        server.execute(f"{name} true")
        server.close()
        return
    path = Path(str(url.database))
    for store in (path, path.with_name(f"{path.name}-wal")):
        size = store.stat().st_size if store.exists() else 0
        with store.open("r+b" if size else "wb") as stream:
            stream.write(os.urandom(size))
    yield
