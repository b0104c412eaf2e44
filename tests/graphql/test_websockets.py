"""`graphql-transport-ws` to the letter: each violation has its close code."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from daybook.cli.server import MESSAGE_BYTES_MAX
from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_filled import filled
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.transport import http
from daybook_services.database import NewDatabase
from daybook_site import Site, serving
from daybook_sockets import (
    INIT,
    PROTOCOL,
    answer,
    asked,
    closed_with,
    connected,
    opening,
    subscribe,
)

pytestmark = pytest.mark.anyio

PING = '{"type": "ping"}'


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
    """A server of the ledger."""
    with serving(url) as made:
        yield made


def one_ledger(currency: str) -> dict[str, Any]:
    return {"data": {"ledgers": [{"currency": currency}]}}


REQUEST = subscribe("{ ledgers { currency } }")
CHANGES = (
    f'subscription {{ ledgerChanged(ledgerId: "{encode(LedgerId("USD"))}")'
    " { recording } }"
)
LISTENING = subscribe(CHANGES)
MALFORMED: list[object] = [
    "not JSON",
    b"\x00\x01",
    "[]",
    "null",
    "1",
    "{}",
    '{"type": 1}',
    '{"type": "unknown"}',
    '{"type": "connection_init", "payload": 1}',
    '{"type": "ping", "payload": []}',
    '{"type": "complete"}',
    '{"type": "complete", "id": ""}',
    {**REQUEST, "id": ""},
    {**REQUEST, "id": 1},
    {**REQUEST, "payload": None},
    {**REQUEST, "payload": {}},
    subscribe("{ ledgers { id } }", variables=[]),
    subscribe("{ ledgers { id } }", operationName=1),
    subscribe("{ ledgers { id } }", extensions="x"),
    '{"type": "ping", "payload": ' + "[" * 50_000 + "]" * 50_000 + "}",
    '{"type": "ping", "payload": {"n": ' + "9" * 5_000 + "}}",
]


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
async def test_a_malformed_message_closes_with_4400(
    site: Site, message: object
) -> None:
    async with connected(site) as socket:
        assert await closed_with(socket, message) == 4400


async def test_a_subscription_before_the_acknowledgement_closes_with_4401(
    site: Site,
) -> None:
    async with connected(site, is_acknowledged=False) as socket:
        assert await closed_with(socket, REQUEST) == 4401


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"], ["other"]])
async def test_another_protocol_closes_with_4406(
    site: Site, protocols: list[Subprotocol] | None
) -> None:
    # The legacy protocol has the name of the package that speaks the present one.
    async with opening(site, subprotocols=protocols) as socket:
        assert await closed_with(socket) == 4406


async def test_silence_closes_with_4408(
    url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "INIT_SECONDS", 0.2)
    with serving(url) as site:
        async with connected(site, is_acknowledged=False) as socket:
            assert await closed_with(socket) == 4408


async def test_an_id_that_is_in_use_closes_with_4409(site: Site) -> None:
    async with connected(site) as socket:
        assert await closed_with(socket, LISTENING, LISTENING) == 4409


async def test_a_second_initialisation_closes_with_4429(site: Site) -> None:
    async with connected(site) as socket:
        assert await closed_with(socket, INIT) == 4429


async def test_a_message_that_is_too_large_closes_with_1009(site: Site) -> None:
    async with connected(site) as socket:
        assert await closed_with(socket, "x" * (MESSAGE_BYTES_MAX + 1)) == 1009


async def test_another_web_site_is_refused(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opening(
            site, subprotocols=[PROTOCOL], origin=Origin("https://example.com")
        ):
            pass
    assert refused.value.response.status_code == 403


async def test_a_ping_is_answered_with_what_came_along(site: Site) -> None:
    async with connected(site, is_acknowledged=False) as socket:
        assert await asked(socket, PING) == {"type": "pong"}
        payload = {"n": 1}
        pong = await asked(socket, {"type": "ping", "payload": payload})
        assert pong == {"type": "pong", "payload": payload}
        assert await asked(socket, {**INIT, "payload": None}) == {
            "type": "connection_ack"
        }


async def test_a_bad_document_is_an_error_and_the_socket_goes_on(site: Site) -> None:
    async with connected(site) as socket:
        for query, code in (("{", "SYNTAX_ERROR"), ("{ nothing }", "INVALID_QUERY")):
            told = await asked(socket, subscribe(query))
            assert (told["type"], told["id"]) == ("error", "1")
            assert told["payload"][0]["extensions"]["code"] == code

        assert (await asked(socket, REQUEST))["payload"] == one_ledger("USD")
        assert await answer(socket) == {"id": "1", "type": "complete"}


async def test_each_operation_of_a_socket_reads_the_present(site: Site) -> None:
    document = {
        "type": "invoice",
        "id": "inv_2",
        "currency": "EUR",
        "status": "FINAL",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-01-01",
        "lines": [
            {
                "id": "1",
                "product": {"id": "prod_1", "name": "Platform"},
                "amount": "12.00",
                "service_from": "2025-01-01",
                "service_to": "2025-12-31",
            }
        ],
    }
    query = (
        "mutation($input: ImportDocumentsInput!) {"
        " importDocuments(input: $input) { journals } }"
    )
    write = subscribe(query, "2", variables={"input": {"documents": [document]}})
    async with connected(site) as socket:
        before = await asked(socket, REQUEST)
        await answer(socket)
        written = await asked(socket, write)
        await answer(socket)
        after = await asked(socket, REQUEST)

    assert before["payload"] == one_ledger("USD")
    assert written["payload"]["data"]["importDocuments"]["journals"] == 12
    assert len(after["payload"]["data"]["ledgers"]) == 2


async def test_a_socket_runs_only_so_many_operations_at_a_time(site: Site) -> None:
    async with connected(site) as socket:
        for number in range(http.OPERATIONS_MAX + 1):
            await socket.send(json.dumps(subscribe(CHANGES, str(number))))
        told = [await answer(socket) for _ in range(http.OPERATIONS_MAX + 1)]

    errors = [one for one in told if one["type"] == "error"]
    assert [error["id"] for error in errors] == [str(http.OPERATIONS_MAX)]
    assert sum(one["type"] == "next" for one in told) == http.OPERATIONS_MAX
