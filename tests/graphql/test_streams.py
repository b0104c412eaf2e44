"""Operations whose results come as a stream: how long they take, and how they end."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from starlette.requests import HTTPConnection

from daybook.access.commands import revoke_api_key
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_factories import invoice, record
from daybook_graphql.context import Context
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_graphql.transport.callers import Authenticator, Credentials
from daybook_graphql.transport.remote_context import RemoteContext
from daybook_people import NOON, caller, key_of

pytestmark = pytest.mark.anyio

SECONDS = 60
LEDGER = encode(LedgerId("USD"))
CHANGES = f'subscription {{ ledgerChanged(ledgerId: "{LEDGER}") {{ recording }} }}'
LOCK = f"""mutation {{ setLock(input: {{ ledgerId: "{LEDGER}",
  method: ACCOUNTING_DATE }}) {{ userErrors {{ code }} }} }}"""


async def test_only_a_query_ends_in_time(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    hurried = settings.model_copy(update={"query_seconds_max": 1e-6})

    async def first_of(document: str) -> Any:
        context = Context(database, hurried, caller())
        results: Any = await schema.stream(document, context_value=context)
        async for result in results:
            await results.aclose()
            return result
        return None

    async with asyncio.timeout(SECONDS):
        query = await first_of("{ ledgers { id firstMonth } }")
        mutation = await first_of(LOCK)
        subscription = await first_of(CHANGES)

    assert query.data is None
    (error,) = query.errors
    assert error.extensions["code"] == "TIMEOUT"
    assert mutation.data == {"setLock": {"userErrors": []}}
    assert subscription.data == {"ledgerChanged": {"recording": "2"}}


async def test_a_query_that_ended_in_time_leaves_its_stream(
    database: Database, settings: Settings
) -> None:
    results: Any = await schema.stream(
        "{ ledgers { id } }", context_value=Context(database, settings, caller())
    )

    assert [result.data async for result in results] == [{"ledgers": []}]


async def test_a_database_that_fails_shuts_nobody_out(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    credentials = Credentials(key=await key_of(database))
    authenticator = Authenticator(database, settings)
    context = RemoteContext(
        database,
        settings,
        await authenticator.caller(credentials),
        authenticator=authenticator,
        credentials=credentials,
        connection=HTTPConnection({"type": "websocket"}),
    )
    results: Any = await schema.stream(CHANGES, context_value=context)

    async with asyncio.timeout(SECONDS):
        assert (await anext(results)).data["ledgerChanged"]["recording"] == "1"
        async with database.writes() as session:
            await session.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
        await asyncio.sleep(1.5)
        async with database.writes() as session:
            await session.execute(text("ALTER TABLE elsewhere RENAME TO api_keys"))
        await record(database, invoice("inv_2"), on="2025-10-15")
        told = await anext(results)
        await revoke_api_key(database, 1, number=1, now=NOON, made_by="test")
        left = [result async for result in results]

    assert told.errors is None
    assert told.data["ledgerChanged"]["recording"] == "2"
    (error,) = left[-1].errors
    assert error.extensions["code"] == "UNAUTHENTICATED"
