"""Connecting to Xero: states that work once, organisations, tokens at rest."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from daybook.access.organisations import add_organisation
from daybook.audit.models import AuditRecord
from daybook.clock import real_now
from daybook.connections.commands import Author
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.kinds import Kind
from daybook.gl.live.connecting import (
    begin_connecting,
    disconnect,
    finish_connecting,
)
from daybook.gl.live.models import ConnectionSignIn, ConnectionTokens
from daybook.gl.live.queries import live_states
from daybook.gl.live.rules import Amount, Course, SyncStatus, choose_tenant
from daybook.gl.live.syncs import claim_sync
from daybook.gl.xero.login import Tenant
from daybook.sealing import seal_again, sealed_state
from daybook.secrets import Seal, SealPurpose, Secrets
from daybook.tables import METADATA
from daybook_factories import ORGANISATION
from daybook_gl_live import BACK, BY, KEY, Desk
from daybook_raw_server import response
from daybook_xero_server import (
    REVOKE,
    TENANT,
    TENANT_NAME,
    Xero,
    cut,
    xero_served,
)

pytestmark = pytest.mark.anyio

OLD = "an-old-secret-0123456789-abcdefghijklmnopqrs"
NEW = "a-newer-secret-9876543210-zyxwvutsrqponmlkji"
ONE, TWO = Tenant("t-1", "Kiwi Ltd"), Tenant("t-2", "Maple Inc")


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """A connection that isn't connected yet."""
    async with xero_served(Xero()) as xero:
        made = Desk(database, xero, tmp_path)
        await made.add()
        yield made
        assert xero.problems == []


def secrets(*texts: str) -> Secrets:
    return Secrets(texts)


async def finish(desk: Desk, author: Author, state: str, code: str) -> int:
    return await finish_connecting(desk.database, desk.settings(), author, state, code)


async def refused(desk: Desk, author: Author, state: str, code: str) -> Problem:
    with pytest.raises(Rejected) as rejected:
        await finish(desk, author, state, code)
    (problem,) = rejected.value.problems
    return problem


async def records(database: Database) -> list[tuple[str, dict[str, object]]]:
    """The audit records of connections, but for those of adding them."""
    async with database.reads() as session:
        found = await session.scalars(select(AuditRecord).order_by(AuditRecord.number))
        return [
            (row.action, json.loads(row.details))
            for row in found
            if row.action.endswith("CONNECT_CONNECTION")
        ]


async def test_connecting_and_disconnecting_are_recorded(desk: Desk) -> None:
    await desk.connect()
    row = await desk.tokens()
    assert (row.tenant, row.tenant_name, row.requested_by) == (TENANT, TENANT_NAME, BY)
    await desk.sync()

    left = await disconnect(desk.database, desk.settings(), desk.author(), 1)

    assert left is None
    assert (await live_states(desk.database.runtime, ORGANISATION))[1].tokens is None
    scopes = "offline_access accounting.journals.read"
    connected = {"name": "Kiwi Ltd", "tenant": TENANT_NAME}
    assert await records(desk.database) == [
        ("CONNECT_CONNECTION", {**connected, "tenantId": TENANT, "scopes": scopes}),
        ("DISCONNECT_CONNECTION", connected),
    ]
    gone = (desk.database, desk.settings(), desk.author())
    for action in (desk.ask(), disconnect(*gone, 1)):
        with pytest.raises(Rejected, match="isn't connected to Xero"):
            await action


async def test_a_state_works_once_and_for_who_was_sent(desk: Desk) -> None:
    back = await desk.sent()
    state, code = back["state"], back["code"]
    other = await add_organisation(
        desk.database, "Other", now=real_now(), made_by="test"
    )
    strangers = (
        desk.author(by="eve@example.com"),
        desk.author(organisation_id=other),
    )
    for author in strangers:
        problem = await refused(desk, author, state, code)
        assert problem.code is ProblemCode.NOT_FOUND
    assert (await refused(desk, desk.author(), "x" * 10_000, code)).path == ("state",)

    assert await finish(desk, desk.author(), state, code) == 1
    assert "done before" in (await refused(desk, desk.author(), state, code)).message


async def test_a_state_ends_after_minutes(desk: Desk) -> None:
    back = await desk.sent()
    async with desk.database.runtime.writes() as session:
        past = real_now() - timedelta(seconds=1)
        await session.execute(update(ConnectionSignIn).values(expires_at=past))

    problem = await refused(desk, desk.author(), back["state"], back["code"])
    assert "took too long" in problem.message
    await desk.sent()
    async with desk.database.runtime.reads() as session:
        (left,) = await session.scalars(select(ConnectionSignIn))
    assert left.expires_at > real_now()


async def test_a_code_that_xero_does_not_know_connects_nothing(desk: Desk) -> None:
    back = await desk.sent()

    problem = await refused(desk, desk.author(), back["state"], "code-99")

    assert problem.message == "Xero refused: invalid_grant: connect it again"
    assert await live_states(desk.database.runtime, ORGANISATION) == {}
    assert await records(desk.database) == []


async def test_without_an_app_at_xero_nothing_is_connected(desk: Desk) -> None:
    settings = desk.settings(xero_client_id="")

    with pytest.raises(Rejected, match="DAYBOOK_XERO_CLIENT_ID"):
        await begin_connecting(desk.database, settings, desk.author(), 1, BACK)


async def test_a_connection_stays_with_its_organisation_in_xero(desk: Desk) -> None:
    await desk.connect()
    desk.xero.tenants = [{"tenantId": "t-9", "tenantName": "Another"}]
    back = await desk.sent()

    problem = await refused(desk, desk.author(), back["state"], back["code"])

    assert problem.code is ProblemCode.MISMATCH
    assert "another organisation of Xero" in problem.message
    assert (await desk.tokens()).tenant == TENANT


def test_which_organisation_of_xero_a_connection_is() -> None:
    assert choose_tenant("Any", [ONE], None, []) == ONE
    assert choose_tenant("Any", [ONE, TWO], None, ["t-1"]) == TWO
    assert choose_tenant("MAPLE inc", [ONE, TWO], None, []) == TWO
    assert choose_tenant("Any", [ONE, TWO], "t-2", []) == TWO
    for name, tenants, former, taken, words in (
        ("Any", [ONE, TWO], None, [], "several organisations of yours (Kiwi Ltd, M"),
        ("Any", [ONE], None, ["t-1"], "other connections have what was connected"),
        ("Any", [], None, [], "no organisation was connected"),
        ("Kiwi Ltd", [ONE], "t-2", [], "Kiwi Ltd is another organisation"),
    ):
        with pytest.raises(Rejected) as rejected:
            choose_tenant(name, tenants, former, taken)
        assert words in str(rejected.value)


def test_a_course_is_read_as_it_was_written() -> None:
    course = (
        Course()
        .at(Kind.INVOICES, "3", Amount(2, 150))
        .finished(Kind.ACCOUNTS)
        .failed(Kind.PAYMENTS, "no", is_refused=True)
        .at(Kind.JOURNALS, "100", Amount(1, 100))
        .finished(Kind.JOURNALS)
    )
    assert Course.read(course.text) == course
    assert course.cursors == {Kind.INVOICES: "3", Kind.JOURNALS: "100"}
    ended = course.at(Kind.INVOICES, None, Amount(1, 5))
    assert ended.cursors == {Kind.JOURNALS: "100"}
    assert ended.amount_of(Kind.INVOICES) == (3, 155)
    assert Course.read(ended.text) == ended
    assert course.message == "payments: no"
    noon = datetime(2026, 10, 31, 12, tzinfo=UTC)
    whole = course.next(noon, noon)
    assert whole == Course({Kind.JOURNALS: "100"}, whole=noon)
    begun = whole.at_start_of(Kind.ACCOUNTS, noon).finished(Kind.ACCOUNTS)
    begun = begun.at_start_of(Kind.INVOICES, noon)
    later = noon + timedelta(days=1)
    modified = begun.next(later, noon)
    assert Course.read(modified.text) == modified
    assert dict(modified.since) == {Kind.ACCOUNTS: noon}
    assert modified.next(later + timedelta(days=1), later).since == {}


async def everything(database: Database) -> bytes:
    """All bytes of a SQLite database's files, or all rows of PostgreSQL's."""
    if database.is_sqlite:
        files = database.path.parent.iterdir()
        return b"".join(path.read_bytes() for path in files if path.is_file())
    found: list[str] = []
    for store in (database, database.runtime):
        async with store.reads() as session:
            for table in METADATA[store.history].sorted_tables:
                found += map(str, await session.execute(select(table)))
    return "".join(found).encode()


async def test_tokens_are_nowhere_in_the_database(desk: Desk) -> None:
    await desk.connect()
    desk.ahead = timedelta(minutes=29)
    await desk.sync()

    access, refresh = desk.xero.access, desk.xero.refresh
    assert len(access) == len(refresh) == 2, "they were renewed"
    stored = await everything(desk.database)
    assert TENANT.encode() in stored
    for token in (*access, *refresh):
        assert token.encode() not in stored
    row = await desk.tokens()
    opened = Secrets.of(desk.settings()).unseal(SealPurpose.CONNECTION, row.sealed)
    assert refresh[-1] in str(opened)


async def test_tokens_are_renewed_before_they_end_and_once(desk: Desk) -> None:
    await desk.connect()
    await desk.sync()
    assert len(desk.xero.asked("/token")) == 1

    desk.ahead = timedelta(minutes=29)
    await desk.sync()

    assert [asked["body"].split("&")[0] for asked in desk.xero.asked("/token")] == [
        "grant_type=authorization_code",
        "grant_type=refresh_token",
    ]
    desk.xero.expire()
    assert (await desk.sync()).status == SyncStatus.DONE
    assert len(desk.xero.asked("/token")) == 3


async def test_a_revoked_connection_is_connected_again(desk: Desk) -> None:
    await desk.connect()
    desk.xero.is_revoked = True
    desk.xero.expire()

    sync = await desk.sync()

    assert sync.status == SyncStatus.FAILED
    assert "connect it again" in str(sync.message)
    with pytest.raises(Rejected, match="connect it again"):
        await desk.ask()
    desk.xero.is_revoked = False
    await desk.connect()
    assert (await desk.sync()).status == SyncStatus.DONE


async def test_a_disconnected_sync_ends(desk: Desk) -> None:
    await desk.connect()
    await desk.ask()
    claimed = await claim_sync(desk.database.runtime, KEY, real_now())
    assert claimed is not None

    await disconnect(desk.database, desk.settings(), desk.author(), 1)

    sync = await desk.state()
    assert (sync.status, sync.message) == (SyncStatus.FAILED, "it was disconnected")


async def test_the_last_connection_s_token_is_revoked(desk: Desk) -> None:
    await desk.connect()
    token = desk.xero.refresh[-1]

    left = await disconnect(desk.database, desk.settings(), desk.author(), 1)

    assert left is None
    (asked,) = desk.xero.asked(REVOKE)
    assert parse_qs(asked["body"])["token"] == [token]
    assert desk.xero.is_revoked


async def test_another_connection_keeps_its_tokens(desk: Desk) -> None:
    """Revoking ends all that a user connected, so that one alone is taken away."""
    other = {"id": "other-id", "tenantId": "t-9", "tenantName": "Maple Inc"}
    await desk.add("Maple Inc", "CAD")
    await desk.connect()
    desk.xero.tenants.append(other)
    await desk.connect(2)
    desk.xero.expire()
    async with desk.database.runtime.writes() as session:
        await session.execute(update(ConnectionTokens).values(expires_at=real_now()))

    assert await disconnect(desk.database, desk.settings(), desk.author(), 1) is None

    assert desk.xero.asked(REVOKE) == []
    assert desk.xero.tenants == [other]
    assert await disconnect(desk.database, desk.settings(), desk.author(), 2) is None
    assert len(desk.xero.asked(REVOKE)) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (response(503), "Xero answered 503"),
        (cut(), "Xero can't be reached"),
        (response(400, b'{"error": "invalid_client"}'), "Xero answered 400"),
    ],
)
async def test_tokens_are_forgotten_though_xero_can_not_be_told(
    desk: Desk, fault: bytes, words: str
) -> None:
    await desk.connect()
    desk.xero.faults[REVOKE] = [fault]

    left = await disconnect(desk.database, desk.settings(), desk.author(), 1)

    assert left is not None and left.startswith(words)
    assert await live_states(desk.database.runtime, ORGANISATION) == {}
    assert [action for action, _ in await records(desk.database)] == [
        "CONNECT_CONNECTION",
        "DISCONNECT_CONNECTION",
    ]


async def rest(desk: Desk) -> Sequence[Seal]:
    state = await sealed_state(desk.database, secrets(NEW, OLD), now=real_now())
    return list(state.counts.elements())


async def test_after_a_change_of_the_secret_tokens_are_sealed_again(desk: Desk) -> None:
    old, both, new = (
        {"secret": SecretStr(text)} for text in (OLD, f"{NEW},{OLD}", NEW)
    )
    back = await desk.sent()
    await finish_connecting(
        *(desk.database, desk.settings(**old), desk.author()),
        *(back["state"], back["code"]),
    )
    assert await rest(desk) == [Seal.FORMER]
    # A server that isn't told the former secret says so, and nothing is lost.
    sync = await desk.sync(**new)
    assert sync.status == SyncStatus.FAILED
    assert "put the former secret back" in str(sync.message)
    lost = await sealed_state(desk.database, secrets(NEW), now=real_now())
    assert lost.lost_connections == [tuple(KEY)]
    (words,) = lost.lost_words
    assert words.startswith("the tokens of connection 1 of organisation 1 can't be")
    assert (await desk.sync(**both)).status == SyncStatus.DONE

    assert await seal_again(desk.database, secrets(NEW, OLD), now=real_now()) == 1

    assert await rest(desk) == [Seal.FIRST]
    assert (await desk.sync(**new)).status == SyncStatus.DONE
    async with desk.database.runtime.reads() as session:
        assert len(list(await session.scalars(select(ConnectionTokens)))) == 1
