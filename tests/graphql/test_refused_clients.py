"""Public clients, as they are by default, end at once where the server refuses them.

`graphql-ws` connects again after most close codes, without a word and for half a
minute: the codes of refusals must be those after which it doesn't.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from daybook.access.commands import revoke_api_key
from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_filled import filled
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_people import NOON, key_of
from daybook_services.database import NewDatabase
from daybook_site import Site, serving

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

SECONDS = 60
CLIENT = Path(__file__).parents[1] / "node" / "refused.mjs"
CHANGES = (
    f'subscription {{ ledgerChanged(ledgerId: "{encode(LedgerId("USD"))}")'
    " { recording } }"
)


@pytest.fixture
async def url(new_database: NewDatabase) -> URL:
    """A database with a ledger in USD."""
    made = new_database()
    database = Database(made)
    await filled(database, record, invoice())
    await database.close()
    return made


@pytest.fixture
def site(url: URL) -> Iterator[Site]:
    """A server of the ledger, where a caller may have two subscriptions."""
    with serving(url, subscriptions_per_caller=2, sockets_per_caller=3) as made:
        yield made


@pytest.fixture
def program(node: Path, node_modules: Path) -> tuple[str, ...]:
    """How the client is started."""
    assert node_modules.is_dir()
    return (str(node), str(CLIENT))


@asynccontextmanager
async def subscribed(
    program: tuple[str, ...], site: Site, way: str, key: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client that subscribes."""
    arguments = (way, f"{site.address}/graphql", CHANGES, f"Bearer {key}")
    process = await asyncio.create_subprocess_exec(
        *program, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def next_line(process: asyncio.subprocess.Process) -> Any:
    """What a client tells next."""
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        return json.loads(await process.stdout.readline())


WAYS = ["first message", "upgrade", "events"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", ["wrong", "expired", "revoked"])
async def test_a_key_that_lets_nobody_in_ends_it(
    site: Site, url: URL, program: tuple[str, ...], way: str, key: str
) -> None:
    database = Database(url)
    match key:
        case "expired":
            key = await key_of(database, life=timedelta(seconds=1))
        case "revoked":
            key = await key_of(database)
            await revoke_api_key(database, 1, number=2, now=NOON, made_by="test")
    await database.close()

    async with subscribed(program, site, way, key) as client:
        told = await next_line(client)

    how = {"status": 401} if way == "events" else {"code": 4401}
    assert told == {"results": [], **how, "connections": 1}


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_that_may_not_read_is_told_so(
    site: Site, url: URL, program: tuple[str, ...], way: str
) -> None:
    database = Database(url)
    key = await key_of(database, Permission.RECORD)
    await database.close()

    async with subscribed(program, site, way, key) as client:
        told = await next_line(client)
        if way == "events":
            assert codes_of(told) == ["FORBIDDEN"]
            told = await next_line(client)

    results = told.pop("results")
    assert told.pop("connections") == 1
    if way == "events":
        assert ([codes_of(each) for each in results], told) == ([["FORBIDDEN"]], {})
    else:
        assert (results, told) == ([], {"errors": ["FORBIDDEN"]})


@pytest.mark.parametrize("way", WAYS)
async def test_a_subscription_over_the_limit_is_told_so(
    site: Site, program: tuple[str, ...], way: str
) -> None:
    key = site.let_in.key
    async with (
        subscribed(program, site, "events", key) as first,
        subscribed(program, site, "first message", key) as second,
    ):
        assert "data" in await next_line(first)
        assert "data" in await next_line(second)
        async with subscribed(program, site, way, key) as third:
            told = await next_line(third)
            if "results" not in told:
                assert codes_of(told) == ["RATE_LIMITED"]
                told = await next_line(third)

    codes = told.get(
        "errors", [code for each in told["results"] for code in codes_of(each)]
    )
    assert codes == ["RATE_LIMITED"] or told.get("status") == 429
    assert told["connections"] == 1


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_that_is_revoked_ends_what_runs(
    site: Site, url: URL, program: tuple[str, ...], way: str
) -> None:
    database = Database(url)
    async with subscribed(program, site, way, site.let_in.key) as client:
        assert "data" in await next_line(client)
        await revoke_api_key(database, 1, number=1, now=NOON, made_by="test")
        told = await next_line(client)
        if way == "events":
            assert codes_of(told) == ["UNAUTHENTICATED"]
            told = await next_line(client)
    await database.close()

    assert told["connections"] == 1
    assert way == "events" or told["code"] == 4401


async def test_a_key_that_expires_ends_what_runs(
    new_sqlite: NewDatabase, program: tuple[str, ...]
) -> None:
    url = new_sqlite()
    database = Database(url)
    await record(database, invoice())
    with serving(url, now=None) as site:
        life = datetime.now(UTC) + timedelta(seconds=5) - NOON
        key = await key_of(database, life=life)
        async with subscribed(program, site, "upgrade", key) as client:
            told = await next_line(client)
            while "data" in told:
                told = await next_line(client)
    await database.close()

    assert (told["code"], told["connections"]) == (4401, 1)


def codes_of(result: Any) -> list[str]:
    """The codes of a result's errors."""
    return [error["extensions"]["code"] for error in result.get("errors", ())]
