"""Subscriptions by the public clients, over sockets and as server-sent events."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from daybook.db.engine import Database
from daybook_factories import credit_note, invoice, lock, record
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_people import let_in
from daybook_services.database import NewDatabase
from daybook_services.processes import forked
from daybook_site import Site, free_port, serving

pytestmark = pytest.mark.anyio

SECONDS = 60
USD = encode(LedgerId("USD"))
CHANGES = (
    f'subscription {{ ledgerChanged(ledgerId: "{USD}")'
    " { recording reason madeBy recordedAt ledger { id currency lockedThrough } } }"
)


class Client:
    """A public client in a process of Node."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def next(self) -> dict[str, Any]:
        """The next result that it prints."""
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            line = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
        return found

    async def ends(self) -> bool:
        """Whether it ends by itself, and well."""
        async with asyncio.timeout(SECONDS):
            return await self._process.wait() == 0


@asynccontextmanager
async def subscribed(
    node: Path, modules: Path, site: Site, *arguments: str
) -> AsyncIterator[Client]:
    """A client that asks a server: by which protocol, what, and how often."""
    protocol, query, count, *authorization = arguments
    script = modules.parent / "subscribe.mjs"
    process = await asyncio.create_subprocess_exec(
        *(node, script, protocol, f"{site.address}/graphql", query, count),
        *(authorization or [site.authorization]),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("protocol", ["ws", "sse"])
async def test_every_change_of_a_ledger_is_told_in_order(
    database: Database, node: Path, node_modules: Path, protocol: str
) -> None:
    await record(database, invoice())
    with serving(database.url) as site:
        arguments = (protocol, CHANGES, "3")
        async with subscribed(node, node_modules, site, *arguments) as client:
            now = (await client.next())["data"]["ledgerChanged"]
            await record(database, credit_note(), on="2025-10-15")
            noted = (await client.next())["data"]["ledgerChanged"]
            await lock(database, "2025-03-31", on="2025-10-15")
            locked = (await client.next())["data"]["ledgerChanged"]

            assert await client.ends()

    assert [one["recording"] for one in (now, noted, locked)] == ["1", "2", "3"]
    assert noted["reason"] == "test"
    assert noted["recordedAt"] == "2025-10-15T12:00:00Z"
    ledger = {"id": USD, "currency": "USD", "lockedThrough": None}
    assert (now["ledger"], noted["ledger"]) == (ledger, ledger)
    assert locked["ledger"]["lockedThrough"] == "2025-03-31"


@pytest.mark.parametrize("protocol", ["ws", "sse"])
@pytest.mark.either_database
async def test_what_is_wrong_is_told_with_its_code(
    database: Database, node: Path, node_modules: Path, protocol: str
) -> None:
    with serving(database.url) as site:
        for query, code in (
            (CHANGES, "NOT_FOUND"),
            ("subscription { nothing }", "INVALID_QUERY"),
            ("subscription {", "SYNTAX_ERROR"),
        ):
            arguments = (protocol, query, "1")
            async with subscribed(node, node_modules, site, *arguments) as client:
                told = await client.next()
            errors = told.get("errors") or told["error"]
            assert [error["extensions"]["code"] for error in errors] == [code]


async def test_many_listen_to_one_ledger(
    database: Database, node: Path, node_modules: Path
) -> None:
    await record(database, invoice())
    with serving(database.url) as site:
        arguments = ("ws", CHANGES, "2")
        async with (
            subscribed(node, node_modules, site, *arguments) as first,
            subscribed(node, node_modules, site, *arguments) as other,
        ):
            await first.next()
            await other.next()
            await record(database, credit_note(), on="2025-10-15")
            told = [await first.next(), await other.next()]

    assert told[0] == told[1]


@pytest.mark.parametrize(("protocol", "workers"), [("ws", 1), ("sse", 1), ("ws", 2)])
async def test_a_server_that_ends_completes_its_streams(
    new_sqlite: NewDatabase,
    node: Path,
    node_modules: Path,
    protocol: str,
    workers: int,
) -> None:
    url = new_sqlite()
    database = Database(url)
    await record(database, invoice())
    its = await let_in(database)
    await database.close()
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        *forked("daybook", "serve", "--port", str(port), "--workers", str(workers)),
        env={
            **os.environ,
            "DAYBOOK_DATABASE_URL": f"sqlite:///{url.database}",
            "DAYBOOK_WEAK_PASSWORDS": "no",  # a server warns of them
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        site = Site(f"http://127.0.0.1:{port}", its)
        await answering(site.address)
        arguments = (protocol, CHANGES, "2")
        async with subscribed(node, node_modules, site, *arguments) as client:
            assert "data" in await client.next()

            server.send_signal(signal.SIGINT)

            assert await client.ends()
        async with asyncio.timeout(SECONDS):
            _, told = await server.communicate()
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
    assert (server.returncode, told) == (0, b"")


async def answering(site: str) -> None:
    """Wait until a server answers."""
    async with asyncio.timeout(SECONDS), httpx2.AsyncClient() as client:
        while True:
            with suppress(httpx2.ConnectError):
                await client.get(f"{site}/healthz")
                return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("protocol", ["ws", "sse"])
@pytest.mark.either_database
async def test_the_public_clients_are_refused_without_a_key(
    database: Database, node: Path, node_modules: Path, protocol: str
) -> None:
    await record(database, invoice())
    with serving(database.url) as site:
        for wrong in ("Bearer daybook_nobody", "Basic YTpi"):
            arguments = (protocol, CHANGES, "1", wrong)
            async with subscribed(node, node_modules, site, *arguments) as client:
                told = await client.next()
                assert await client.ends()

            assert "data" not in told
            if protocol == "ws":
                assert told["code"] == 4401
            else:
                assert "Unauthorized" in json.dumps(told)
