"""Connecting to Xero: the code flow, and tokens that rotate."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from daybook.gl.xero.login import (
    Disconnected,
    LoginFailed,
    Tenant,
    Tokens,
    XeroApp,
    XeroLogin,
)
from daybook.outbound.rules import Allowed
from daybook_raw_server import Asked, Server, served

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
BACK = "https://daybook.example/general-ledger/xero/callback"
VERIFIER = "v" * 64
TOKEN: Mapping[str, Any] = {
    "access_token": "a-1",
    "refresh_token": "r-1",
    "expires_in": 1800,
    "token_type": "Bearer",
    "scope": "offline_access accounting.journals.read",
}


class Desk(NamedTuple):
    """A server of tokens, and the sign-in that asks it."""

    server: Server
    login: XeroLogin


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A server that gives the token."""
    server = Server(lambda _: answer(200, TOKEN))
    async with served(server) as address:
        app = XeroApp(
            "client",
            "secret",
            "offline_access accounting.journals.read",
            "https://login.xero.example/identity/connect/authorize",
            f"{address}/connect/token",
            f"{address}/connections",
            f"{address}/connect/revocation",
        )
        yield Desk(server, XeroLogin(app, Allowed.of(["127.0.0.1"])))


def answer(status: int, body: object) -> tuple[int, Mapping[str, str], bytes]:
    """An answer in JSON."""
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


def form(asked: Asked) -> Mapping[str, str]:
    """The form that was sent."""
    return {name: value for name, (value,) in parse_qs(asked["body"]).items()}


async def test_an_admin_is_sent_with_a_challenge(desk: Desk) -> None:
    address = urlsplit(desk.login.address(BACK, "state-1", VERIFIER))
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode()

    assert address.netloc == "login.xero.example"
    assert {name: value for name, (value,) in parse_qs(address.query).items()} == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": BACK,
        "scope": "offline_access accounting.journals.read",
        "state": "state-1",
        "code_challenge": challenge.rstrip("="),
        "code_challenge_method": "S256",
    }


async def test_a_code_is_exchanged_for_tokens(desk: Desk) -> None:
    tokens = await desk.login.tokens_of(BACK, "code-1", VERIFIER, NOW)
    (asked,) = desk.server.asked

    assert tokens == Tokens("a-1", "r-1", NOW + timedelta(minutes=30), TOKEN["scope"])
    sent = form(asked)
    assert (sent["grant_type"], sent["code"]) == ("authorization_code", "code-1")
    assert (sent["code_verifier"], sent["redirect_uri"]) == (VERIFIER, BACK)
    assert asked["authorization"].startswith("Basic ")
    assert [tokens.is_due(NOW + timedelta(minutes=at)) for at in (27, 28, 31)] == [
        False,
        True,
        True,
    ]


async def test_tokens_rotate(desk: Desk) -> None:
    tokens = Tokens("a-0", "r-0", NOW, "")
    renewed = await desk.login.renewed(tokens, NOW)

    assert (renewed.access, renewed.refresh) == ("a-1", "r-1")
    sent = form(desk.server.asked[0])
    assert (sent["grant_type"], sent["refresh_token"]) == ("refresh_token", "r-0")


async def test_a_refresh_token_that_was_used_is_the_end(desk: Desk) -> None:
    desk.server.answer = lambda _: answer(400, {"error": "invalid_grant"})

    with pytest.raises(Disconnected, match="invalid_grant"):
        await desk.login.renewed(Tokens("a-0", "r-0", NOW, ""), NOW)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"error": "invalid_client"}, "Xero refused: invalid_client"),
        (200, {"token_type": "Bearer"}, "Xero's answer has no token"),
        (503, {"error": ""}, "Xero"),
    ],
)
async def test_what_went_wrong_is_said_without_secrets(
    desk: Desk, status: int, body: object, words: str
) -> None:
    desk.server.answer = lambda _: answer(status, body)

    for asked in (
        desk.login.tokens_of(BACK, "code-1", VERIFIER, NOW),
        desk.login.renewed(Tokens("a-0", "r-0", NOW, ""), NOW),
    ):
        with pytest.raises(LoginFailed, match=words) as failed:
            await asked
        assert not isinstance(failed.value, Disconnected)
        said = str(failed.value)
        assert all(text not in said for text in ("secret", "r-0", "code-1"))


async def test_the_organisations_that_were_connected(desk: Desk) -> None:
    found = [
        {"tenantId": "t-1", "tenantName": "Maple Inc", "tenantType": "ORGANISATION"}
    ]
    desk.server.answer = lambda _: answer(200, found)

    assert await desk.login.tenants("a-1") == [Tenant("t-1", "Maple Inc")]
    assert desk.server.asked[0]["authorization"] == "Bearer a-1"
    desk.server.answer = lambda _: answer(401, {})
    with pytest.raises(LoginFailed, match="Xero answered 401"):
        await desk.login.tenants("a-1")


async def test_a_server_that_may_not_be_called_is_not(desk: Desk) -> None:
    app = XeroApp("c", "s", "", "", *["http://127.0.0.1:9/"] * 3)

    with pytest.raises(LoginFailed, match="can't be reached"):
        await XeroLogin(app, Allowed.of([])).tenants("a-1")
    assert desk.server.asked == []
