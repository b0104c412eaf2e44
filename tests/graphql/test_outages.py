"""What callers are told while the database can't answer, and what the log is told."""

import asyncio
import json
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from sqlalchemy import URL, text
from websockets.exceptions import ConnectionClosed

from daybook.db import engine, failures
from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.transport.http import TRY_AGAIN_LATER
from daybook_outages import gone
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_site import Site, serving
from daybook_sockets import answer, asked, connected, subscribe

pytestmark = pytest.mark.anyio

SECONDS = 60
LEDGER = encode(LedgerId("USD"))
READ = f'{{ journals(ledgerId: "{LEDGER}", first: 50) {{ nodes {{ id }} }} }}'
LOCK = f"""mutation {{ setLock(input: {{ ledgerId: "{LEDGER}",
  method: ACCOUNTING_DATE }}) {{ userErrors {{ code }} }} }}"""
CHANGES = f'subscription {{ ledgerChanged(ledgerId: "{LEDGER}") {{ recording }} }}'


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log was told of no outage lately, as when a program begins."""
    fresh = {kind: failures.LastLogged() for kind in failures.OutageKind}
    monkeypatch.setattr(failures, "LAST_LOGGED", fresh)


@pytest.fixture
def url(new_database: NewDatabase) -> URL:
    """A database with a ledger in USD."""
    made = new_database()
    anyio.run(fill, made)
    return made


async def fill(url: URL) -> None:
    database = Database(url, AT_ANY_TIME)
    await record(database, *(invoice(f"inv_{at}") for at in range(200)))
    await database.close()


def post(site: Site, document: str, **headers: str) -> httpx2.Response:
    """An answer over HTTP."""
    return httpx2.post(
        f"{site.address}/graphql",
        json={"query": document},
        headers={**site.let_in.headers, **headers},
        timeout=SECONDS,
    )


def codes(answered: Any) -> list[str]:
    return [error["extensions"]["code"] for error in answered["errors"]]


def test_a_database_that_is_gone_is_told_with_the_time_to_try_again(
    url: URL, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(url) as site:
        assert "data" in post(site, "{ ledgers { currency } }").json()
        with gone(url):
            answers = [post(site, READ) for _ in range(10)]
            streamed = post(site, READ, Accept="text/event-stream")
            page = httpx2.get(
                f"{site.address}/journals",
                timeout=60,
                headers={**site.let_in.headers, "Accept": "text/html"},
            )
            ready = httpx2.get(f"{site.address}/readyz", timeout=60)

    for one in answers:
        assert one.status_code == 503
        assert codes(one.json()) == ["UNAVAILABLE"]
        (error,) = one.json()["errors"]
        assert one.headers["Retry-After"] == str(error["extensions"]["retryAfter"])
    assert '"UNAVAILABLE"' in streamed.text
    assert (page.status_code, ready.status_code) == (503, 503)
    assert "Not available now" in page.text
    assert page.headers["Retry-After"]
    told = [one for one in caplog.records if one.name.startswith("daybook")]
    assert 1 <= len(told) <= 2  # one of each kind
    assert all(one.exc_info is None for one in caplog.records)
    if url.get_backend_name() == "sqlite":
        assert f"{Path(str(url.database)).name} is damaged" in told[0].getMessage()


async def test_a_subscription_outlives_an_outage_or_ends_with_its_code(
    new_postgresql: NewDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = new_postgresql()
    await fill(url)
    with serving(url) as site:
        async with connected(site) as socket:
            first = await asked(socket, subscribe(CHANGES))
            with gone(url):
                begun = await asked(socket, subscribe(CHANGES, "2"))
                await asyncio.sleep(3)
            async with asyncio.timeout(SECONDS):
                later = await asked(socket, subscribe("{ ledgers { currency } }", "3"))
                while later["id"] != "3":
                    later = await answer(socket)

    assert first["payload"]["data"]["ledgerChanged"]["recording"] == "1"
    assert '"UNAVAILABLE"' in json.dumps(begun)
    assert later["payload"]["data"] == {"ledgers": [{"currency": "USD"}]}
    assert all(one.exc_info is None for one in caplog.records)


async def test_a_socket_that_nobody_can_be_let_in_by_is_closed(
    new_postgresql: NewDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = new_postgresql()
    with serving(url) as site, gone(url):
        async with connected(site, is_acknowledged=False) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == TRY_AGAIN_LATER
    assert all(one.exc_info is None for one in caplog.records)


@pytest.mark.parametrize(
    ("method", "document"),
    [("GET", LOCK), ("POST", "query A { ledgers { id } } query B { ledgers { id } }")],
)
def test_a_mistake_in_a_stream_is_the_clients(
    new_sqlite: NewDatabase,
    caplog: pytest.LogCaptureFixture,
    method: str,
    document: str,
) -> None:
    given = {"query": document, "operationName": "C"}
    with serving(new_sqlite()) as site:
        told = httpx2.request(
            method,
            f"{site.address}/graphql",
            headers={**site.let_in.headers, "Accept": "text/event-stream"},
            **({"params": given} if method == "GET" else {"json": given}),  # type: ignore[arg-type]
        )

    assert '"BAD_REQUEST"' in told.text
    assert caplog.records == []


async def test_the_writers_who_wait_are_few_and_readers_wait_for_none(
    url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WRITERS_WAITING_MAX", 3)
    other = Database(url, AT_ANY_TIME)
    with serving(url) as site:
        async with httpx2.AsyncClient(timeout=SECONDS) as client:

            async def ask(document: str) -> httpx2.Response:
                address, headers = f"{site.address}/graphql", site.let_in.headers
                return await client.post(
                    address, json={"query": document}, headers=headers
                )

            async with other.writes() as session:
                await session.execute(text("UPDATE organisations SET name = name"))
                changes = [asyncio.create_task(ask(LOCK)) for _ in range(10)]
                async with asyncio.timeout(SECONDS):
                    reads = await asyncio.gather(*(ask(READ) for _ in range(30)))
                    refused: set[asyncio.Task[httpx2.Response]] = set()
                    waiting = set(changes)
                    while len(refused) < 6:
                        ended, waiting = await asyncio.wait(
                            waiting, return_when=asyncio.FIRST_COMPLETED
                        )
                        refused |= ended
            everybody = await asyncio.gather(*changes)
    await other.close()

    assert all(read.json().get("data") for read in reads)
    assert len(refused) == 6
    for one in (its.result() for its in refused):
        assert (one.status_code, one.headers["Retry-After"]) == (503, "5")
        assert codes(one.json()) == ["BUSY"]
    assert sum(person.status_code == 200 for person in everybody) == 4
