"""Two admins, each at their browser, over one invoice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import anyio
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_offices import Person
from daybook_people import answering, begin_session, member
from daybook_site import settings_for


class Two(NamedTuple):
    """amy@example.com and zoe@example.com."""

    amy: Person
    zoe: Person


@contextmanager
def two_admins(url: URL) -> Iterator[Two]:
    """The application with both signed in."""
    with ThreadPoolExecutor(1) as thread:
        sessions = thread.submit(anyio.run, _signed_in, url).result()
    settings = settings_for(url)
    with TestClient(answering(settings), base_url="http://127.0.0.1:8000") as client:
        yield Two(*(Person(client, session) for session in sessions))


async def _signed_in(url: URL) -> list[str]:
    database = Database(url)
    await record(database, invoice())
    sessions = []
    for name in Two._fields:
        user = await member(database, email=f"{name}@example.com", password=None)
        signed_in = await begin_session(database, user)
        assert signed_in is not None
        sessions.append(signed_in.token)
    await database.close()
    return sessions
