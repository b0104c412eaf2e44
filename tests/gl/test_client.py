"""The client of Xero's API, against a server on loopback that misbehaves at times."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.client import (
    NotAllowed,
    SignInLost,
    TooManyCalls,
    Unavailable,
    XeroApi,
)
from daybook.gl.xero.endpoints import ENDPOINTS
from daybook.gl.xero.pages import read_page
from daybook_raw_server import Asked, Server, response, served

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).with_name("xero_examples")
NAMES = {
    Kind.ORGANISATION: "getOrganisations",
    Kind.ACCOUNTS: "getAccounts",
    Kind.TRACKING_CATEGORIES: "getTrackingCategories",
    Kind.TAX_RATES: "getTaxRates",
    Kind.INVOICES: "getInvoices",
    Kind.CREDIT_NOTES: "getCreditNotes",
    Kind.REPEATING_INVOICES: "getRepeatingInvoices",
    Kind.BANK_TRANSACTIONS: "getBankTransactions",
    Kind.PAYMENTS: "getPayments",
    Kind.MANUAL_JOURNALS: "getManualJournals",
}


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@dataclass
class Desk:
    """A server, and the client that asks it."""

    server: Server
    api: XeroApi
    clock: Clock
    renewals: list[str]

    async def all(self, kind: Kind, **more: Any) -> list[Any]:
        """All pages of a kind."""
        return [fetched async for fetched in self.api.pages(kind, **more)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A server of Xero's examples."""
    server, clock = Server(examples), Clock()
    renewals: list[str] = []

    async def token() -> str:
        return f"token-{len(renewals)}"

    async def renew() -> None:
        renewals.append("renewed")

    async with served(server) as address, httpx2.AsyncClient() as client:
        api = XeroApi(
            *(client, f"{address}/api.xro/2.0/", "tenant-1", token, renew),
            *(clock.monotonic, clock.pause),
        )
        yield Desk(server, api, clock, renewals)


def examples(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
    """What Xero documents for each path; journals after number 30 are none."""
    path = asked["path"].removeprefix("/api.xro/2.0/")
    if path == "Journals":
        if asked["query"] == "offset=0":
            return 200, {}, example("getJournals")
        return 200, {}, json.dumps({"Journals": []}).encode()
    if path.startswith("Budgets/"):
        return 200, {}, example("getBudget")
    names = {ENDPOINTS[kind].path: name for kind, name in NAMES.items()}
    names["Budgets"] = "getBudgets"
    return 200, {}, example(names[path])


def example(name: str) -> bytes:
    return (EXAMPLES / f"{name}.response200.json").read_bytes()


@pytest.mark.parametrize("kind", NAMES)
async def test_every_example_is_fetched_and_read(desk: Desk, kind: Kind) -> None:
    (fetched,) = await desk.all(kind)

    assert fetched.cursor is None
    assert read_page(fetched.content, kind).rows
    (asked,) = desk.server.asked
    assert asked["authorization"] == "Bearer token-0"
    assert asked["xero-tenant-id"] == "tenant-1"
    assert asked["path"] == f"/api.xro/2.0/{ENDPOINTS[kind].path}"


def test_every_kind_has_an_endpoint_and_journals_come_last() -> None:
    assert {*ENDPOINTS} == {*Kind}
    assert [*ENDPOINTS][-1] is Kind.JOURNALS


async def test_journals_are_asked_for_by_the_last_number(desk: Desk) -> None:
    (fetched,) = await desk.all(Kind.JOURNALS)

    assert fetched.cursor == "30"
    assert [asked["query"] for asked in desk.server.asked] == ["offset=0", "offset=30"]
    assert await desk.all(Kind.JOURNALS, cursor="30") == []


async def test_journals_that_come_again_end_the_loop(desk: Desk) -> None:
    desk.server.answer = lambda _: (200, {}, example("getJournals"))

    with pytest.raises(Unavailable, match="the journals up to 30 again"):
        await desk.all(Kind.JOURNALS)
    assert len(desk.server.asked) == 2


def _numbered(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
    page = int(asked["query"].split("page=")[1])
    payment = {"PaymentID": f"p-{page}", "Date": "2026-10-01", "Amount": 1}
    body = {"pagination": {"page": page, "pageCount": 3}, "Payments": [payment]}
    return 200, {}, json.dumps(body).encode()


async def test_pages_go_on_from_a_cursor(desk: Desk) -> None:
    desk.server.answer = _numbered
    first, *_ = await desk.all(Kind.PAYMENTS)
    rest = await desk.all(Kind.PAYMENTS, cursor=first.cursor)

    assert [fetched.cursor for fetched in rest] == ["3", None]
    assert [read_page(its.content).rows[0][0] for its in rest] == ["p-2", "p-3"]


async def test_budgets_are_fetched_one_by_one(desk: Desk) -> None:
    fetched = await desk.all(Kind.BUDGETS)
    ids = sorted(
        budget["BudgetID"] for budget in json.loads(example("getBudgets"))["Budgets"]
    )

    assert [asked["path"].rpartition("/")[2] for asked in desk.server.asked] == [
        "Budgets",
        *ids,
    ]
    assert [its.cursor for its in fetched] == [ids[0], None]
    assert len(await desk.all(Kind.BUDGETS, cursor=ids[0])) == 1


async def test_what_was_not_modified_is_no_page(desk: Desk) -> None:
    desk.server.answer = lambda _: (304, {}, b"")
    since = datetime(2026, 10, 1, 12, tzinfo=UTC)

    assert await desk.all(Kind.INVOICES, since=since) == []
    assert desk.server.asked[0]["if-modified-since"] == "2026-10-01T12:00:00"


async def test_requests_are_a_second_apart(desk: Desk) -> None:
    desk.server.answer = _numbered
    await desk.all(Kind.PAYMENTS)

    assert desk.clock.pauses == [1.0, 1.0]


@pytest.mark.parametrize(
    "spoilt",
    [
        [response(500), response(503)],
        [response(429, Retry_After="0")],
        [b""],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"],
    ],
)
async def test_what_may_pass_is_tried_again(
    desk: Desk, spoilt: Sequence[bytes]
) -> None:
    desk.server.spoilt = [*spoilt]
    (fetched,) = await desk.all(Kind.ACCOUNTS)

    assert fetched.content == example("getAccounts")
    assert len(desk.server.asked) == len(spoilt) + 1


async def test_after_four_attempts_it_says_what_xero_answered(desk: Desk) -> None:
    message = json.dumps({"Message": "An unhandled\nerror"}).encode()
    desk.server.answer = lambda _: (500, {}, message)

    with pytest.raises(Unavailable, match="Xero answered 500: An unhandled error"):
        await desk.all(Kind.ACCOUNTS)
    assert len(desk.server.asked) == 4
    assert [seconds for seconds in desk.clock.pauses if seconds > 1] == [4.0, 16.0]


async def test_it_waits_as_long_as_xero_asks(desk: Desk) -> None:
    desk.server.spoilt = [response(429, Retry_After="31")]
    await desk.all(Kind.ACCOUNTS)

    assert desk.clock.pauses == [31.0]


async def test_a_day_s_limit_is_the_caller_s_to_wait_for(desk: Desk) -> None:
    desk.server.answer = lambda _: (
        429,
        {"Retry-After": "40000", "X-Rate-Limit-Problem": "day"},
        b"",
    )
    with pytest.raises(TooManyCalls, match="day") as refused:
        await desk.all(Kind.ACCOUNTS)

    assert refused.value.seconds == 40_000
    assert len(desk.server.asked) == 1


async def test_an_expired_token_is_renewed_once(desk: Desk) -> None:
    desk.server.spoilt = [response(401)]
    await desk.all(Kind.ACCOUNTS)

    assert [asked["authorization"] for asked in desk.server.asked] == [
        "Bearer token-0",
        "Bearer token-1",
    ]
    desk.server.answer = lambda _: (401, {}, b"")
    with pytest.raises(SignInLost, match="connect it again"):
        await desk.all(Kind.ACCOUNTS)
    assert len(desk.renewals) == 2


async def test_a_kind_that_is_not_allowed_is_told(desk: Desk) -> None:
    detail = json.dumps({"Detail": "AuthorizationUnsuccessful"}).encode()
    desk.server.answer = lambda _: (403, {}, detail)

    with pytest.raises(NotAllowed, match="AuthorizationUnsuccessful"):
        await desk.all(Kind.JOURNALS)


async def test_other_refusals_are_not_tried_again(desk: Desk) -> None:
    desk.server.answer = lambda _: (400, {}, b"?")

    with pytest.raises(Unavailable, match="Xero answered 400"):
        await desk.all(Kind.ACCOUNTS)
    assert len(desk.server.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]"])
async def test_what_is_no_page_is_refused(desk: Desk, body: bytes) -> None:
    desk.server.answer = lambda _: (200, {}, body)

    with pytest.raises(Unavailable, match="no page of journals"):
        await desk.all(Kind.JOURNALS)


def test_the_examples_are_of_their_kinds() -> None:
    for kind, name in NAMES.items():
        assert FORMS[kind].root in json.loads(example(name))
