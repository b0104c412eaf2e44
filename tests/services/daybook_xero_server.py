"""Xero on this machine: its sign-in, tokens that rotate, and pages of documents.

Each endpoint answers with Xero's own example; tests change what it has, and spoil
answers on the way.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from anyio.from_thread import start_blocking_portal

from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.endpoints import ENDPOINTS, Paging
from daybook.settings import Settings
from daybook_raw_server import Asked, Server, response, served
from daybook_site import SECRET

EXAMPLES = Path(__file__).parents[1] / "gl/xero_examples"
CLIENT_ID = "daybook-at-xero"
CLIENT_SECRET = "the secret that Xero gave us"
TENANT = "2f1a9c04-0f5c-4a53-9a0a-6f5d3f0f7d10"
TENANT_NAME = "Dev Evangelist"
API = "/api.xro/2.0/"
AUTHORIZE, TOKEN, CONNECTIONS = "/identity/connect/authorize", "/token", "/connections"
REVOKE = "/identity/connect/revocation"
LIFE_SECONDS = 1800
Answer = tuple[int, Mapping[str, str], bytes]


def examples() -> dict[Kind, list[Any]]:
    """Xero's example documents of each kind that it has one of."""
    names = {
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
        Kind.JOURNALS: "getJournals",
    }
    found: dict[Kind, list[Any]] = {
        kind: _example(name)[FORMS[kind].root] for kind, name in names.items()
    }
    # `getBudget` is one of these: an object, where others have a list.
    found[Kind.BUDGETS] = [_example("getBudget")["Budgets"]]
    found[Kind.CONTACTS] = []
    return found


def _example(name: str) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(
        (EXAMPLES / f"{name}.response200.json").read_text("utf-8")
    )
    return page


@dataclass
class Xero:
    """What Xero has and knows; `journals_per_page` is 100 there."""

    documents: dict[Kind, list[Any]] = field(default_factory=examples)
    tenants: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"id": "its-id", "tenantId": TENANT, "tenantName": TENANT_NAME}
        ]
    )
    journals_per_page: int = 100
    documents_per_page: int = 100
    forbidden: set[Kind] = field(default_factory=set)
    faults: dict[str, list[bytes]] = field(default_factory=dict)
    """What is sent instead of the next answers of a path."""
    is_revoked: bool = False
    """Whether no refresh token is taken any more."""
    access: set[str] = field(default_factory=set)
    refresh: list[str] = field(default_factory=list)
    """Those that were given, the newest last: it and the one before are taken."""
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What Daybook did wrong."""
    server: Server = field(init=False)
    address: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.server = Server(self.answer, spoil=self._spoil)

    def settings(self, **values: Any) -> Settings:
        """Settings of a program that is registered there."""
        chosen: dict[str, Any] = {
            "secret": SECRET,
            "xero_client_id": CLIENT_ID,
            "xero_client_secret": CLIENT_SECRET,
            "xero_authorize_url": f"{self.address}{AUTHORIZE}",
            "xero_token_url": f"{self.address}{TOKEN}",
            "xero_connections_url": f"{self.address}{CONNECTIONS}",
            "xero_revoke_url": f"{self.address}{REVOKE}",
            "xero_sync_hour": None,
            "xero_api_url": f"{self.address}{API}",
        }
        return Settings(**{**chosen, **values})

    def asked(self, path: str) -> list[Asked]:
        """The requests of an endpoint so far."""
        paths = {path, f"{API}{path}"}
        return [asked for asked in self.server.asked if asked["path"] in paths]

    @property
    def calls(self) -> list[Asked]:
        """The requests of all endpoints so far."""
        return [asked for asked in self.server.asked if asked["path"].startswith(API)]

    def expire(self) -> None:
        """End all access tokens."""
        self.access.clear()

    def answer(self, asked: Asked) -> Answer:
        """What Xero answers."""
        path = asked["path"]
        signing_in = {
            AUTHORIZE: self._authorize,
            TOKEN: self._token,
            REVOKE: self._revoke,
        }
        if path in signing_in:
            return signing_in[path](asked)
        if asked.get("authorization", "").removeprefix("Bearer ") not in self.access:
            return _json(401, {"Title": "Unauthorized", "Detail": "TokenExpired"})
        if path == CONNECTIONS:
            return _json(200, self.tenants)
        if asked["method"] == "DELETE":
            return self._delete(path.removeprefix(f"{CONNECTIONS}/"))
        return self._api(asked, path.removeprefix(API))

    def _spoil(self, asked: Asked) -> bytes | None:
        faults = self.faults.get(asked["path"].removeprefix(API))
        return faults.pop(0) if faults else None

    def _authorize(self, asked: Asked) -> Answer:
        """Lead an admin back who allows everything."""
        query = _query(asked)
        code = f"code-{next(self._numbers)}"
        self.codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return 302, {"Location": f"{query['redirect_uri']}?{back}"}, b""

    def _token(self, asked: Asked) -> Answer:
        form = {name: value for name, (value,) in parse_qs(asked["body"]).items()}
        if form["grant_type"] == "refresh_token":
            is_known = form["refresh_token"] in self.refresh[-2:]
        else:
            begun = self.codes.pop(form["code"], {})
            digest = sha256(form["code_verifier"].encode()).digest()
            challenge = urlsafe_b64encode(digest).decode().rstrip("=")
            is_known = (
                begun.get("code_challenge") == challenge
                and begun.get("redirect_uri") == form["redirect_uri"]
                and begun.get("client_id") == CLIENT_ID
            )
        if self.is_revoked or not is_known:
            return _json(400, {"error": "invalid_grant"})
        number = next(self._numbers)
        self.access.add(f"access-token-{number}")
        self.refresh.append(f"refresh-token-{number}")
        return _json(
            200,
            {
                "access_token": f"access-token-{number}",
                "refresh_token": f"refresh-token-{number}",
                "expires_in": LIFE_SECONDS,
                "token_type": "Bearer",
                "scope": "offline_access accounting.journals.read",
            },
        )

    def _revoke(self, asked: Asked) -> Answer:
        """End a token of a program that says its secret."""
        said = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.get("authorization") != f"Basic {said}":
            return _json(401, {"error": "invalid_client"})
        form = {name: value for name, (value,) in parse_qs(asked["body"]).items()}
        if form["token"] in self.refresh:
            self.is_revoked = True
            self.expire()
        return 200, {}, b""

    def _delete(self, its_id: str) -> Answer:
        """Disconnect an organisation."""
        kept = [tenant for tenant in self.tenants if tenant["id"] != its_id]
        if len(kept) == len(self.tenants):
            return 404, {}, b""
        self.tenants = kept
        return 204, {}, b""

    def _api(self, asked: Asked, path: str) -> Answer:
        known = {tenant["tenantId"] for tenant in self.tenants}
        if asked.get("xero-tenant-id") not in known:
            self.problems.append(f"{path} of tenant {asked.get('xero-tenant-id')!r}")
            return _json(403, {"Detail": "AuthenticationUnsuccessful"})
        name, _, document_id = path.partition("/")
        (kind,) = (kind for kind, its in ENDPOINTS.items() if its.path == name)
        if kind in self.forbidden:
            return _json(403, {"Detail": "AuthorizationUnsuccessful"})
        since = asked.get("if-modified-since")
        if since is not None and ENDPOINTS[kind].takes_since:
            documents = [its for its in self.documents[kind] if _modified(its) >= since]
            if not documents:
                return 304, {}, b""
        else:
            documents = self.documents[kind]
        return _json(200, self._page(kind, document_id, _query(asked), documents))

    def _page(
        self,
        kind: Kind,
        document_id: str,
        query: Mapping[str, str],
        documents: list[Any],
    ) -> Mapping[str, Any]:
        form = FORMS[kind]
        paging = ENDPOINTS[kind].paging
        more: dict[str, Any] = {"DateTimeUTC": "2025-10-01T08:30:00"}
        if paging is Paging.SINGLE and document_id:
            (found,) = (its for its in documents if its[form.id.field] == document_id)
            return {form.root: found}
        if paging is Paging.OFFSET:
            after = [
                its for its in documents if its["JournalNumber"] > int(query["offset"])
            ]
            documents = after[: self.journals_per_page]
        if paging is Paging.PAGES:
            number, size = int(query["page"]), self.documents_per_page
            pages = max(1, -(-len(documents) // size))
            more["pagination"] = {"page": number, "pageCount": pages}
            documents = documents[(number - 1) * size : number * size]
        return {form.root: documents, **more}


def cut() -> bytes:
    """A body that ends before its length."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"


def limited(seconds: int, problem: str = "minute") -> bytes:
    """A refusal for too many calls."""
    return response(429, Retry_After=str(seconds), X_Rate_Limit_Problem=problem)


def came_back(address: str) -> Mapping[str, str]:
    """Where Xero leads an admin back to who was sent to an address: its parameters."""
    answer = httpx2.get(address, timeout=60)
    assert answer.status_code == 302
    found = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: value for name, (value,) in found.items()}


def _modified(document: Mapping[str, Any]) -> str:
    """When a document was modified, as `If-Modified-Since` has moments."""
    text = document.get("UpdatedDateUTC", "/Date(0)/")
    milliseconds = int(re.findall(r"\d+", text)[0])
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _query(asked: Asked) -> Mapping[str, str]:
    return {name: value for name, (value,) in parse_qs(asked["query"]).items()}


def _json(status: int, body: object) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


@asynccontextmanager
async def xero_served(xero: Xero) -> AsyncIterator[Xero]:
    """Xero on a free port, in this loop."""
    async with served(xero.server) as address:
        xero.address = address
        yield xero


@contextmanager
def xero_running(xero: Xero) -> Iterator[Xero]:
    """Xero on a free port, in a thread of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served(xero.server)) as address,
    ):
        xero.address = address
        yield xero
