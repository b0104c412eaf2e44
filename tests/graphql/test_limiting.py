"""What one caller may do at a time and in a minute; others are answered meanwhile."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from sqlalchemy import URL
from websockets.asyncio.client import ClientConnection

from daybook.access.organisations import add_organisation
from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_filled import filled
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.transport import caller_limits
from daybook_people import NOON, key_of
from daybook_services.database import NewDatabase
from daybook_site import Site, serving
from daybook_sockets import INIT, answer, closed_with, connected, subscribe

pytestmark = pytest.mark.anyio

CHANGES = (
    f'subscription {{ ledgerChanged(ledgerId: "{encode(LedgerId("USD"))}")'
    " { recording } }"
)
LIMITS = {
    "requests_at_once": 3,
    "requests_per_minute": 60,
    "sockets_per_caller": 3,
    "subscriptions_per_caller": 5,
    "sockets_per_organisation": 5,
    "subscriptions_per_organisation": 8,
}


@pytest.fixture
async def url(new_sqlite: NewDatabase) -> URL:
    """A database with a ledger in USD."""
    made = new_sqlite()
    database = Database(made)
    await filled(database, record, invoice())
    await database.close()
    return made


@pytest.fixture
def site(url: URL) -> Iterator[Site]:
    """A server that lets callers do little."""
    with serving(url, **LIMITS) as made:
        yield made


async def other_key(url: URL, organisation_id: int = 1) -> dict[str, str]:
    """The headers of another caller."""
    database = Database(url)
    if organisation_id != 1:
        await add_organisation(database, "Other", now=NOON, made_by="test")
    key = await key_of(database, Permission.READ, organisation_id=organisation_id)
    await database.close()
    return {"Authorization": f"Bearer {key}"}


MINUTE, ENOUGH = 60, 20


async def early_in_a_minute() -> None:
    """Wait for the next minute if this one ends soon: its requests no longer count."""
    left = MINUTE - time.time() % MINUTE
    if left < ENOUGH:
        await asyncio.sleep(left)


async def test_a_minute_has_its_requests(site: Site, url: URL) -> None:
    await early_in_a_minute()
    query = {"query": "{ __typename }"}
    address = f"{site.address}/graphql"
    others = await other_key(url)
    async with httpx2.AsyncClient(timeout=60) as client:
        answers = [
            await client.post(address, json=query, headers=site.let_in.headers)
            for _ in range(62)
        ]
        page = await client.get(
            f"{site.address}/journals.csv", headers=site.let_in.headers
        )
        upload = await client.post(
            f"{site.address}/uploads", content=b"x", headers=site.let_in.headers
        )
        of_other = await client.post(address, json=query, headers=others)

    assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 2
    (error,) = answers[-1].json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert [page.status_code, upload.status_code] == [429, 429]
    assert of_other.status_code == 200


async def test_strangers_of_one_place_share_theirs(site: Site) -> None:
    await early_in_a_minute()
    keys = [{"Authorization": f"Bearer {number}"} for number in range(62)]
    async with httpx2.AsyncClient(timeout=60) as client:
        statuses = [
            (await client.get(f"{site.address}/graphql", headers=key)).status_code
            for key in keys
        ]
        known = await client.get(
            f"{site.address}/graphql?query={{__typename}}", headers=site.let_in.headers
        )

    assert statuses == [401] * 60 + [429] * 2
    assert known.status_code == 200


async def test_so_many_requests_are_answered_at_a_time(site: Site, url: URL) -> None:
    others = await other_key(url)
    begun, is_over = asyncio.Semaphore(0), asyncio.Event()

    async def slow() -> httpx2.Response:
        async def body() -> Any:
            yield b'{"query": "{ __typename }"'
            begun.release()
            await is_over.wait()
            yield b"}"

        headers = {**site.let_in.headers, "Content-Type": "application/json"}
        async with httpx2.AsyncClient(timeout=60) as client:
            return await client.post(
                f"{site.address}/graphql", content=body(), headers=headers
            )

    async with httpx2.AsyncClient(timeout=60) as client:
        running = [asyncio.create_task(slow()) for _ in range(5)]
        async with asyncio.timeout(60):
            for _ in running:
                await begun.acquire()
        await asyncio.sleep(0.5)  # by then the server knows of all of them
        of_other = await client.get(
            f"{site.address}/graphql?query={{__typename}}", headers=others
        )
        is_over.set()
        answers = await asyncio.gather(*running)
        then = await client.get(
            f"{site.address}/graphql?query={{__typename}}", headers=site.let_in.headers
        )

    assert [answer.status_code for answer in answers].count(200) == 3
    assert {
        answer.headers["retry-after"] for answer in answers if answer.status_code == 429
    } == {"1"}
    assert [of_other.status_code, then.status_code] == [200, 200]


async def test_so_many_sockets_are_open(site: Site, url: URL) -> None:
    others = await other_key(url)
    async with AsyncExitStack() as open_:
        for _ in range(3):
            await open_.enter_async_context(connected(site))
        async with connected(site, is_acknowledged=False) as fourth:
            assert await closed_with(fourth) == 4429
        later: dict[str, Any] = {"additional_headers": {}}
        async with connected(site, is_acknowledged=False, **later) as by_message:
            init = {**INIT, "payload": site.let_in.headers}
            assert await closed_with(by_message, init) == 4429
        async with connected(site, additional_headers=others):
            pass
    async with connected(site):
        pass


async def test_so_many_sockets_wait_for_their_first_message(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_limits, "STRANGERS_SOCKETS_MAX", 2)
    bare: dict[str, Any] = {"additional_headers": {}, "is_acknowledged": False}
    async with connected(site, **bare) as first, connected(site, **bare):
        async with connected(site, **bare) as third:
            assert await closed_with(third) == 4429
        await first.send(json.dumps({**INIT, "payload": site.let_in.headers}))
        await answer(first)
        async with connected(site, **bare) as third:
            assert await closed_with(third, {"type": "ping"}, {}) == 4400


async def told(socket: ClientConnection, count: int) -> list[Any]:
    """So many messages, by their types or their errors' codes."""
    found = [await answer(socket) for _ in range(count)]
    return [
        message["payload"][0]["extensions"]["code"]
        if message["type"] == "error"
        else message["type"]
        for message in found
    ]


async def let_in_again(socket: ClientConnection) -> None:
    """Subscribe once more, once another subscription's end has come about."""
    async with asyncio.timeout(60):
        for attempt in itertools.count():
            await socket.send(json.dumps(subscribe(CHANGES, f"more {attempt}")))
            if await told(socket, 1) == ["next"]:
                return
            await asyncio.sleep(0.05)


async def test_so_many_subscriptions_over_all_sockets(site: Site) -> None:
    async with connected(site) as first, connected(site) as second:
        for number in range(3):
            await first.send(json.dumps(subscribe(CHANGES, str(number))))
        assert await told(first, 3) == ["next"] * 3
        for number in range(3):
            await second.send(json.dumps(subscribe(CHANGES, str(number))))
        assert sorted(await told(second, 3)) == ["RATE_LIMITED", "next", "next"]
        await first.send(json.dumps({"id": "0", "type": "complete"}))
        await let_in_again(second)
    async with connected(site) as third:
        for number in range(5):
            await third.send(json.dumps(subscribe(CHANGES, str(number))))
        assert await told(third, 5) == ["next"] * 5


async def test_an_organisation_s_keys_share_its_sockets(site: Site, url: URL) -> None:
    second, third = await other_key(url), await other_key(url)
    stranger = await other_key(url, 2)
    async with AsyncExitStack() as open_:
        for headers in ({}, {}, {}, second, second):
            given: dict[str, Any] = {"additional_headers": headers} if headers else {}
            await open_.enter_async_context(connected(site, **given))
        refused: dict[str, Any] = {
            "additional_headers": third,
            "is_acknowledged": False,
        }
        async with connected(site, **refused) as sixth:
            assert await closed_with(sixth) == 4429
            assert "of your organisation" in str(sixth.close_reason)
        async with connected(site, additional_headers=stranger):
            pass
    async with connected(site, additional_headers=third):
        pass


async def test_an_organisation_s_keys_share_its_subscriptions(
    site: Site, url: URL
) -> None:
    others, stranger = await other_key(url), await other_key(url, 2)
    jobs = "subscription { exportJobs { id } }"
    async with (
        connected(site) as first,
        connected(site, additional_headers=others) as second,
        connected(site, additional_headers=stranger) as third,
    ):
        for number in range(5):
            await first.send(json.dumps(subscribe(CHANGES, str(number))))
        assert await told(first, 5) == ["next"] * 5
        for number in range(4):
            await second.send(json.dumps(subscribe(CHANGES, str(number))))
        assert sorted(await told(second, 4)) == ["RATE_LIMITED", *["next"] * 3]
        for number in range(6):
            await third.send(json.dumps(subscribe(jobs, str(number))))
        assert await told(third, 1) == ["RATE_LIMITED"]  # the sixth of its own
        await first.send(json.dumps({"id": "0", "type": "complete"}))
        await let_in_again(second)


async def test_streams_count_as_subscriptions_and_not_as_requests(site: Site) -> None:
    headers = {**site.let_in.headers, "Accept": "text/event-stream"}
    async with httpx2.AsyncClient(timeout=60) as client, AsyncExitStack() as open_:
        first_lines: list[bool] = []
        listening: list[Any] = []
        for _ in range(6):
            stream = client.stream(
                *("POST", f"{site.address}/graphql"),
                json={"query": CHANGES},
                headers=headers,
            )
            response = await open_.enter_async_context(stream)
            lines = response.aiter_lines()
            listening.append(lines)  # one that is forgotten is closed
            async for line in lines:
                if line.startswith("data: {"):
                    first_lines.append("RATE_LIMITED" in line)
                    break
        query = {"query": "{ __typename }"}
        after = await client.post(
            f"{site.address}/graphql", json=query, headers=site.let_in.headers
        )

    assert first_lines == [False] * 5 + [True]
    assert after.status_code == 200


async def test_messages_of_a_socket_count_too(site: Site) -> None:
    async with connected(site) as socket:
        pings = ['{"type": "ping"}'] * 70
        assert await closed_with(socket, *pings) == 4429
