"""What fault scenarios share: a PostgreSQL of their own, and installations."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from daybook.db.engine import Database
from daybook.db.migrate import upgrade
from daybook_installation import (
    Books,
    Installation,
    NewInstallation,
    Services,
    fill,
)
from daybook_receiver import receiving
from daybook_services.postgresql import (
    FOR_TESTS,
    StoppingServer,
    stopping_postgresql,
)
from daybook_services.redis import RedisServer
from daybook_services.server import Server
from daybook_services.smtp import MailServer

INVOICES = 1_200
"""Of a year each: their compressed daily file takes some seconds."""
FILLED = "filled"


@pytest.fixture(scope="session")
def stopping_server() -> Iterator[StoppingServer]:
    """A PostgreSQL that scenarios stop; what it confirmed survives a crash of it."""
    with stopping_postgresql(
        settings={**FOR_TESTS, "synchronous_commit": "on"}
    ) as server:
        yield server


@pytest.fixture(scope="session")
def filled_books(stopping_server: StoppingServer) -> Books:
    """A database with a ledger that nobody opens, of which others are copies."""
    server = Server(make_url(stopping_server.url))
    url = server.create(FILLED, template=None)
    server.close()

    async def migrate_and_fill() -> Books:
        database = Database(url)
        await upgrade(database)
        await database.close()
        return await fill(url, INVOICES)

    return asyncio.run(migrate_and_fill())


@pytest.fixture
def books(stopping_server: StoppingServer, filled_books: Books) -> Iterator[Books]:
    """A database of the test's own."""
    # A connection of its own, since the server may have been stopped meanwhile.
    server = Server(make_url(stopping_server.url))
    url = server.create(f"scenario_{uuid4().hex}", template=FILLED)
    server.close()
    yield filled_books._replace(url=url)
    server = Server(make_url(stopping_server.url))
    server.drop(url)
    server.close()


@pytest.fixture
def new_installation(
    request: pytest.FixtureRequest,
    books: Books,
    redis: RedisServer,
    mail_server: MailServer,
    tmp_path: Path,
) -> Iterator[NewInstallation]:
    """Makes the test's installation, with files in a `local` folder or a `bucket`."""
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())

        def make(storage: str = "local", **others: str) -> Installation:
            bucket = "" if storage == "local" else request.getfixturevalue("bucket_url")
            services = Services(redis, mail_server, receiver, bucket)
            return Installation(books, tmp_path, services, others)

        yield make
