"""Migrated databases for tests, of both kinds that Daybook runs on.

Migrations run once for each kind; a test's own database is a copy.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import URL, make_url

from daybook.clock import Clock
from daybook.db import engine
from daybook.db.engine import RUNTIME_SUFFIX, Database
from daybook.db.migrate import upgrade
from daybook_services.server import TEMPLATE, Server

NewDatabase: TypeAlias = Callable[[], URL]
"""Makes an empty, migrated database; also while an event loop runs."""

AT_ANY_TIME = Clock(is_confirmed=True)
"""Tests record at days of their own, years apart."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody opens."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrate(sqlite_url(path)))
    return path


@pytest.fixture(scope="session")
def postgresql_server(postgresql_url: str) -> Iterator[Server]:
    """A server with a migrated database, of which others are copies."""
    server = Server(make_url(postgresql_url))
    template = server.create(TEMPLATE, template=None)
    asyncio.run(_migrate(template))
    yield server
    server.close()


@pytest.fixture
def new_sqlite(sqlite_template: Path, tmp_path: Path) -> NewDatabase:
    """Makes SQLite databases in the test's own folder."""
    numbers = count(1)

    def make() -> URL:
        path = tmp_path / f"daybook-{next(numbers)}.db"
        return copy_sqlite(sqlite_template, path)

    return make


@pytest.fixture
def new_postgresql(postgresql_server: Server) -> Iterator[NewDatabase]:
    """Makes PostgreSQL databases, and drops them when the test is over."""
    made: list[URL] = []

    def make() -> URL:
        made.append(postgresql_server.create())
        return made[-1]

    yield make
    for url in made:
        postgresql_server.drop(url)


@pytest.fixture(scope="session")
def postgresql_copy(postgresql_server: Server) -> Callable[[str], URL]:
    """Makes a migrated database of a name, which stays for the session."""
    return postgresql_server.create


@pytest.fixture
def postgresql_empty(postgresql_server: Server) -> Iterator[str]:
    """URL, as `DAYBOOK_DATABASE_URL` takes it, of a database without any tables."""
    url = postgresql_server.create(template=None)
    yield url.set(drivername="postgresql").render_as_string(hide_password=False)
    postgresql_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Makes empty, migrated databases; the test runs once for each kind."""
    made: NewDatabase = request.getfixturevalue(f"new_{request.param}")
    return made


@pytest.fixture
def database_url(new_database: NewDatabase) -> URL:
    """URL of an empty, migrated database; the test runs once for each kind."""
    return new_database()


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """An empty, migrated database; the test runs once for each kind."""
    opened = Database(database_url, AT_ANY_TIME)
    yield opened
    await opened.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[URL]:
    """URL of a migrated database that all tests of a file share; one of each kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield copy_sqlite(template, tmp_path_factory.mktemp("module") / "daybook.db")
    else:
        server: Server = request.getfixturevalue("postgresql_server")
        url = server.create()
        yield url
        server.drop(url)


@pytest.fixture(scope="module")
async def module_database(module_database_url: URL) -> AsyncIterator[Database]:
    """The database that all tests of a file share, which only its fixtures fill."""
    opened = Database(module_database_url, AT_ANY_TIME)
    yield opened
    await opened.close()


@pytest.fixture
async def scarce_database(
    database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The same with one connection to read by: who holds it needs no other."""
    for name in ("SQLITE_READERS", "POSTGRESQL_READERS", "POSTGRESQL_WRITERS"):
        monkeypatch.setattr(engine, name, 1)
    opened = Database(database_url, AT_ANY_TIME)
    yield opened
    await opened.close()


def sqlite_url(path: Path) -> URL:
    """URL of a SQLite file, with the driver that Daybook uses."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def copy_sqlite(template: Path, path: Path) -> URL:
    """Copy a SQLite database that nobody has open, with its runtime store."""
    shutil.copyfile(template, path)
    shutil.copyfile(
        template.with_suffix(RUNTIME_SUFFIX), path.with_suffix(RUNTIME_SUFFIX)
    )
    return sqlite_url(path)


async def _migrate(url: URL) -> None:
    database = Database(url)
    await upgrade(database)
    # A copy of the file alone must hold everything.
    if database.is_sqlite:
        for store in (database, database.runtime):
            async with store.engine.connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    await database.close()
