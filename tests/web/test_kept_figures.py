"""What a server keeps of a ledger never shows: each page is as of the last change."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.asgi import create_app
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.documents.rules import CustomerDetails
from daybook.ledger.rules import Role
from daybook_factories import (
    ORGANISATION,
    credit_note,
    invoice,
    lock,
    record,
    voided,
)
from daybook_people import let_in_at
from daybook_posted import days, made, mark, undo
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

LOCAL = "http://127.0.0.1:8000"
PAGES = (
    "/journals?currency=USD&month=2025-03",
    "/journals?currency=USD&from=2025-02-10&to=2025-04-10&shifted=yes",
    "/journals?currency=USD&month=2025-03&group_by=customer",
    "/journals?currency=USD&month=2025-03&as_of=2025-11-02",
    "/journals/USD/3",
    "/settings?currency=USD",
)
LATER = datetime(2025, 11, 8, 12, tzinfo=UTC)
Change = Callable[[Database], Awaitable[object]]


async def _rename(database: Database) -> None:
    renamed = CustomerDetails("cus_1", "Another name", "Another name Ltd")
    its = replace(invoice("inv_renamed"), customer=renamed)
    await record(database, its, on="2025-11-06")


async def _rename_account(database: Database) -> None:
    await rename_account(
        *(database, ORGANISATION, "USD"),
        role=Role.DEFERRED,
        scope="",
        name="Contract liability",
        code=None,
        now=datetime(2025, 11, 7, 12, tzinfo=UTC),
        made_by="test",
    )


async def _post(database: Database) -> None:
    file = await made(database, days("2025-03-01", "2025-03-31"), now=LATER)
    await mark(database, file, "MJ-1", confirm=True, now=LATER)


CHANGES: tuple[Change, ...] = (
    lambda database: record(database, invoice(), invoice("inv_2"), on="2025-11-01"),
    lambda database: record(database, credit_note(), on="2025-11-03"),
    lambda database: lock(database, "2025-03-31", on="2025-11-04"),
    lambda database: record(database, voided(invoice("inv_2")), on="2025-11-05"),
    lambda database: lock(database, None, on="2025-11-05"),
    _rename,
    _rename_account,
    _post,
    lambda database: undo(database, 1, now=LATER),
)
"""One after the other, each of another kind."""


def _after(url: URL, change: Change) -> None:
    async def run() -> None:
        database = Database(url)
        try:
            await change(database)
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, run).result()


def _texts(client: TestClient) -> list[str]:
    return [client.get(url).text for url in PAGES]


def test_a_server_that_has_long_been_running_shows_what_a_new_one_shows(
    new_database: NewDatabase,
) -> None:
    url = new_database()
    settings = settings_for(url, now=datetime(2025, 12, 1, 12, tzinfo=UTC))
    headers = let_in_at(settings_for(url)).headers

    def started() -> TestClient:
        return TestClient(create_app(settings), base_url=LOCAL, headers=headers)

    seen = list[list[str]]()
    with started() as running:
        for change in CHANGES:
            _after(url, change)
            before = _texts(running)
            with started() as new:
                assert before == _texts(new)
            assert before == _texts(running), "what is kept is shown alike"
            assert before not in seen[-1:], "each change shows"
            seen.append(before)
