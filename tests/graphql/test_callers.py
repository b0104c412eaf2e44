"""Who is let in over the network, and what becomes of them when that ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import GraphQLError
from sqlalchemy import URL
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosed

from daybook.access.commands import revoke_api_key, set_role
from daybook.access.rules import OPERATOR, MemberRole, Permission
from daybook.access.sessions import sign_out
from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_filled import filled
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.permissions import APPROVE, check, refusal_of
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_graphql.transport.callers import COOKIE, Authenticator, Credentials
from daybook_graphql.transport.http import KNOWN_SECONDS
from daybook_graphql.transport.refusals import NOT_A_KEY
from daybook_graphql.transport.remote_context import RemoteContext
from daybook_people import EMAIL, NOON, caller, client_of, key_of, member
from daybook_services.database import NewDatabase, copy_sqlite
from daybook_site import Site, serving, settings_for
from daybook_sockets import INIT, answer, asked, closed_with, connected, subscribe

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

SECONDS = 60
VIEWER = {"query": "{ viewer { name } }"}
CHANGES = (
    f'subscription {{ ledgerChanged(ledgerId: "{encode(LedgerId("USD"))}")'
    " { recording } }"
)
INTROSPECTION = {"query": "{ __schema { types { name } } }"}
LOCK = (
    f'mutation {{ setLock(input: {{ ledgerId: "{encode(LedgerId("USD"))}",'
    " method: ACCOUNTING_DATE }) { userErrors { code } } }"
)


@pytest.fixture(scope="module")
def stranger(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """The application, for somebody without a key."""
    url = copy_sqlite(sqlite_template, tmp_path_factory.mktemp("strangers") / "it.db")
    with client_of(settings_for(url)) as made:
        del made.headers["Authorization"]
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer daybook_nobody"},
        {"Authorization": "Bearer " + "daybook_" + "x" * 9_000},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer \u00e9"},
        {"Cookie": f"{COOKIE}=nobody"},
        {"Cookie": f"{COOKIE}=" + "x" * 9_000},
        {"Cookie": '"; =;;'},
    ],
    ids=range(10),
)
@pytest.mark.parametrize("body", [VIEWER, INTROSPECTION, {"query": "{"}, {}, []])
def test_a_stranger_learns_nothing(
    stranger: TestClient, headers: dict[str, str], body: Any
) -> None:
    sent = {name.encode(): text.encode("latin-1") for name, text in headers.items()}

    answer_ = stranger.post("/graphql", json=body, headers=sent)

    assert answer_.status_code == 401
    assert answer_.headers["www-authenticate"] == "Bearer"
    (error,) = answer_.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "data" not in answer_.json()


async def test_a_key_that_does_not_hold_is_not_helped_by_a_session(
    database: Database,
) -> None:
    with serving(database.url) as site:
        session = {"Cookie": f"{COOKIE}={site.let_in.session}"}
        wrong = {**session, "Authorization": "Bearer daybook_x"}
        statuses = [
            httpx2.post(
                f"{site.address}/graphql", json=VIEWER, headers=one, timeout=60
            ).status_code
            for one in (session, wrong)
        ]

    assert statuses == [200, 401]


async def test_what_a_key_may_not_do_is_refused_field_by_field(
    database: Database,
) -> None:
    await record(database, invoice())
    key = await key_of(database, Permission.READ)
    with serving(database.url) as site:
        async with httpx2.AsyncClient(timeout=60) as client:
            headers = {"Authorization": f"Bearer {key}"}

            async def ask(query: str) -> Any:
                sent = await client.post(
                    f"{site.address}/graphql", json={"query": query}, headers=headers
                )
                return sent.status_code, sent.json()

            status, refused = await ask(LOCK)
            both = await ask("{ viewer { name } users { totalCount } }")

    assert (status, refused["data"]) == (200, None)
    (error,) = refused["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["setLock"], "FORBIDDEN")
    assert "CLOSE" in error["message"]
    assert both[1]["errors"][0]["path"] == ["users"]


@pytest.fixture
async def url(new_database: NewDatabase) -> URL:
    """A database with a ledger in USD, and an admin besides the one who is let in."""
    made = new_database()
    database = Database(made)
    await filled(database, record, invoice())
    await member(database, email="boss@example.com", password=None)
    await database.close()
    return made


@pytest.fixture
def site(url: URL) -> Iterator[Site]:
    """A server of the ledger."""
    with serving(url) as made:
        yield made


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"authorization": "Bearer nobody"},
        {"Authorization": 1},
        {"token": "x"},
    ],
)
async def test_a_socket_without_a_key_is_closed_with_4401(
    site: Site, payload: Any
) -> None:
    nothing: dict[str, str] = {}
    init = {**INIT, "payload": payload}
    async with connected(
        site, is_acknowledged=False, additional_headers=nothing
    ) as socket:
        assert await closed_with(socket, init) == 4401
        assert socket.close_reason


@pytest.mark.parametrize("key", ["daybook_nobody", "revoked", "expired"])
async def test_a_socket_with_a_wrong_key_in_its_upgrade_is_closed_before_it_speaks(
    site: Site, url: URL, key: str
) -> None:
    database = Database(url)
    match key:
        case "revoked":
            key = await key_of(database)
            await revoke_api_key(database, 1, number=2, now=NOON, made_by="test")
        case "expired":
            key = await key_of(database, life=timedelta(seconds=1))
    await database.close()
    headers = {"Authorization": f"Bearer {key}"}
    async with connected(
        site, is_acknowledged=False, additional_headers=headers
    ) as socket:
        assert await closed_with(socket) == 4401
        assert socket.close_reason == NOT_A_KEY


@pytest.mark.parametrize("header", ["daybook_x", "Bearer", "Bearer ", "Token x", ""])
async def test_a_header_without_a_key_closes_a_socket_before_it_speaks(
    site: Site, header: str
) -> None:
    headers = {"Authorization": header}
    async with connected(
        site, is_acknowledged=False, additional_headers=headers
    ) as socket:
        assert await closed_with(socket) == 4401


async def test_a_key_in_the_first_message_counts_and_not_a_proxys_password(
    site: Site,
) -> None:
    headers = {"Authorization": "Basic YTpi", "Cookie": f"{COOKIE}=ended"}
    init = {**INIT, "payload": {"authorization": site.authorization}}
    async with connected(
        site, is_acknowledged=False, additional_headers=headers
    ) as socket:
        assert await asked(socket, init) == {"type": "connection_ack"}


@pytest.mark.parametrize("how", ["handshake", "cookie", "parameters"])
async def test_a_socket_is_let_in_by_header_cookie_or_first_message(
    site: Site, how: str
) -> None:
    headers, payload = {}, {}
    match how:
        case "handshake":
            headers = site.let_in.headers
        case "cookie":
            headers = {"Cookie": f"{COOKIE}={site.let_in.session}"}
        case _:
            payload = {"authorization": site.authorization}
    async with connected(
        site, is_acknowledged=False, additional_headers=headers
    ) as socket:
        assert (await asked(socket, {**INIT, "payload": payload}))["type"] == (
            "connection_ack"
        )
        told = await asked(socket, subscribe("{ viewer { name } }"))

    name = EMAIL if how == "cookie" else "API key test"
    assert told["payload"] == {"data": {"viewer": {"name": name}}}


End = Callable[[Database, Site], Awaitable[object]]


async def _sign_out(database: Database, site: Site) -> None:
    await sign_out(database, site.let_in.session)


async def _revoke(database: Database, _site: Site) -> object:
    return await revoke_api_key(database, 1, number=1, now=NOON, made_by="test")


async def _demote(database: Database, _site: Site) -> object:
    return await set_role(
        database,
        1,
        email=EMAIL,
        role=MemberRole.VIEWER,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )


async def _remove(database: Database, _site: Site) -> object:
    return await set_role(
        database,
        1,
        email=EMAIL,
        role=None,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )


ENDS: dict[str, tuple[bool, End, int]] = {
    "signed out": (True, _sign_out, 4401),
    "role lowered": (True, _demote, 4403),
    "removed": (True, _remove, 4401),
    "key revoked": (False, _revoke, 4401),
}
"""Whether it is about the session, what ends it, and the code of the closing."""


@asynccontextmanager
async def listening(site: Site, *, by_session: bool) -> AsyncIterator[Any]:
    """A socket that listens to the ledger, and had the present state."""
    cookie = {"Cookie": f"{COOKIE}={site.let_in.session}"}
    headers = cookie if by_session else site.let_in.headers
    async with connected(site, additional_headers=headers) as socket:
        told = await asked(socket, subscribe(CHANGES))
        assert told["payload"]["data"]["ledgerChanged"]["recording"] == "1"
        yield socket


@pytest.mark.parametrize("name", ENDS)
async def test_a_socket_is_closed_when_its_caller_is_shut_out(
    site: Site, url: URL, name: str
) -> None:
    by_session, end, code = ENDS[name]
    database = Database(url)
    async with listening(site, by_session=by_session) as socket:
        await end(database, site)

        with pytest.raises(ConnectionClosed):
            await answer(socket)  # no message comes before the closing
        assert socket.close_code == code
    await database.close()


@pytest.mark.parametrize("name", ENDS)
async def test_a_stream_of_events_ends_when_its_caller_is_shut_out(
    site: Site, url: URL, name: str
) -> None:
    by_session, end, _ = ENDS[name]
    cookie = {"Cookie": f"{COOKIE}={site.let_in.session}"}
    headers = {
        **(cookie if by_session else site.let_in.headers),
        "Accept": "text/event-stream",
    }
    database = Database(url)
    lines: list[str] = []
    async with (
        asyncio.timeout(SECONDS),
        httpx2.AsyncClient(timeout=SECONDS) as client,
        client.stream(
            "POST", f"{site.address}/graphql", json={"query": CHANGES}, headers=headers
        ) as events,
    ):
        async for line in events.aiter_lines():
            if line.startswith("data: {"):
                lines.append(line.removeprefix("data: "))
                if len(lines) == 1:
                    await end(database, site)
    await database.close()

    first, last = (json.loads(line) for line in lines)
    assert first["data"]["ledgerChanged"]["recording"] == "1"
    assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_socket_is_closed_when_its_key_ends_in_time(
    new_sqlite: NewDatabase,
) -> None:
    url = new_sqlite()
    database = Database(url)
    await record(database, invoice())
    with serving(url, now=None) as site:
        # Its time runs from here: on a busy machine a server takes seconds to start.
        life = datetime.now(UTC) + timedelta(seconds=2) - NOON
        key = await key_of(database, life=life)
        headers = {"Authorization": f"Bearer {key}"}
        async with connected(site, additional_headers=headers) as socket:
            assert await closed_with(socket, subscribe(CHANGES)) == 4401
    await database.close()


async def test_others_go_on_while_one_is_shut_out(site: Site, url: URL) -> None:
    database = Database(url)
    async with (
        listening(site, by_session=True) as leaving,
        listening(site, by_session=False) as staying,
    ):
        await sign_out(database, site.let_in.session)
        assert await closed_with(leaving) == 4401
        await record(database, invoice("inv_2"), on="2025-10-15")
        told = await answer(staying)
    await database.close()

    assert told["payload"]["data"]["ledgerChanged"]["recording"] == "2"


async def test_nobody_sends_large_bodies(database: Database) -> None:
    keys = [
        await key_of(database, permission)
        for permission in (Permission.READ, Permission.RECORD)
    ]
    body = {"query": "{ viewer { name } }", "variables": {"x": "x" * 2_000_000}}
    with serving(database.url) as site:
        statuses = [
            httpx2.post(
                f"{site.address}/graphql",
                timeout=60,
                json=body,
                headers={"Authorization": f"Bearer {key}"},
            ).status_code
            for key in keys
        ]

    assert statuses == [413, 413]


async def test_an_operation_of_who_was_shut_out_is_not_run(database: Database) -> None:
    authenticator = Authenticator(database, settings_for(database.url))
    key = Credentials(key=await key_of(database))
    context = RemoteContext(
        *(database, settings_for(database.url), await authenticator.caller(key)),
        authenticator=authenticator,
        credentials=key,
        connection=HTTPConnection({"type": "websocket"}),
    )
    await revoke_api_key(database, 1, number=1, now=NOON, made_by="test")

    for query in (
        "{ viewer { name } }",
        "{ __schema { queryType { name } } }",
        CHANGES,
    ):
        results = await schema.stream(query, context_value=context)
        told: Any = await anext(results)
        await results.aclose()
        assert told.data is None
        assert told.errors[0].extensions == {"code": "UNAUTHENTICATED"}


async def test_a_body_that_was_sent_slowly_is_of_who_it_is_then(
    database: Database,
) -> None:
    key = await key_of(database)
    body = json.dumps({"query": "{ viewer { name } }"}).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:5]
        await revoke_api_key(database, 1, number=1, now=NOON, made_by="test")
        await asyncio.sleep(KNOWN_SECONDS + 0.2)
        yield body[5:]

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with serving(database.url) as site:
        async with httpx2.AsyncClient(timeout=SECONDS) as client:
            address = f"{site.address}/graphql"
            sent = await client.post(address, content=slowly(), headers=headers)

    assert sent.status_code == 401


def test_a_key_that_would_approve_is_told_that_keys_never_do() -> None:
    key = replace(caller(1, Permission.READ), key_number=3)

    told = refusal_of(key, "approveManualJournal", APPROVE)

    assert told == (
        "approveManualJournal needs the permission APPROVE: API keys never approve: a"
        " person does, who has it from an admin"
    )


def test_a_person_who_may_not_approve_is_told_who_may() -> None:
    ann = replace(caller(1, Permission.READ), role=MemberRole.ACCOUNTANT)

    told = refusal_of(ann, "approveManualJournal", APPROVE)

    assert told == (
        "approveManualJournal needs the permission APPROVE: controllers and admins have"
        " it, you are an accountant: ask an admin for another role"
    )


def test_a_refusal_names_the_permissions_that_are_lacking() -> None:
    reader = caller(1, Permission.READ)

    with pytest.raises(GraphQLError) as refused:
        check(reader, "createExportLink", Permission.READ | Permission.EXPORT)
    assert refused.value.extensions is not None
    assert refused.value.extensions["permissions"] == ["EXPORT"]

    with pytest.raises(GraphQLError) as refused:
        check(reader, "attachEvidence", Permission.RECORD, Permission.ADJUST)
    assert refused.value.extensions is not None
    assert refused.value.extensions["permissions"] == ["RECORD", "ADJUST"]


def test_a_key_that_may_not_is_told_which_key_to_make() -> None:
    has = Permission.READ | Permission.EXPORT
    key = replace(caller(1, has), key_number=3)

    told = refusal_of(key, "voidDocument", Permission.RECORD)
    of_either = refusal_of(key, "an upload", Permission.RECORD, Permission.ADJUST)
    of_person = refusal_of(caller(1, has), "voidDocument", Permission.RECORD)

    way_out = (
        "a key keeps the permissions that it was made with, so make another one"
        " (`daybook key create NAME --may READ --may EXPORT --may RECORD`)"
    )
    assert told == f"voidDocument needs the permission RECORD: {way_out}"
    assert of_either == f"an upload needs the permission RECORD or ADJUST: {way_out}"
    assert of_person == (
        "voidDocument needs the permission RECORD: ask an admin for it"
    )
    assert refusal_of(key, "createExport", Permission.EXPORT) is None


def test_a_key_that_is_not_let_in_is_told_a_way_out_that_a_socket_can_say() -> None:
    assert NOT_A_KEY.startswith("the key is unknown, has ended or opens only ")
    assert "`daybook key create`" in NOT_A_KEY
    assert len(NOT_A_KEY.encode()) <= 123
