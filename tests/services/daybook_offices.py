"""People at their browsers: who writes manual journals, who approves, who reads."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import anyio
from httpx2 import Response
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.rules import MemberRole
from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook_factories import record
from daybook_filled import filled_at
from daybook_graphql.transport.callers import COOKIE
from daybook_markup import Element, parse
from daybook_people import answering, begin_session, member
from daybook_site import settings_for

ROLES = {
    "ann@example.com": MemberRole.ACCOUNTANT,
    "bob@example.com": MemberRole.CONTROLLER,
    "eve@example.com": MemberRole.CONTROLLER,
    "vic@example.com": MemberRole.VIEWER,
}
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
HTMX = {**BROWSER, "HX-Request": "true"}

NEW = "/manual-journals/new"
LINES: Mapping[str, str] = {
    "line_1_account": "DEFERRED",
    "line_1_description": "Go-live accepted",
    "line_1_debit": "250.00",
    "line_1_credit": "",
    "line_2_account": "RECOGNIZED",
    "line_2_description": "",
    "line_2_debit": "",
    "line_2_credit": "500 * 0.5",
}
TYPED: Mapping[str, str] = {
    "ledger": "USD",
    "kind": "MANUAL_RECOGNITION",
    "date": "2025-10-31",
    "narrative": "Go-live was accepted",
    "customer": "cus_1",
    "mode": "DIFFERENCE",
    **LINES,
}
"""A form that balances, as somebody fills it in; 500 * 0.5 is a sum."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in at a browser."""

    client: TestClient
    session: str

    def ask(self, url: str, headers: dict[str, str] = BROWSER) -> Response:
        """The answer to a request for a page or a part of one."""
        cookie = self._with_cookie(headers)
        return self.client.get(url, headers=cookie, follow_redirects=False)

    def get(self, url: str, status: int = 200) -> Element:
        """A page."""
        answer = self.ask(url)
        assert answer.status_code == status, _alerts(answer.text)
        return parse(answer.text)

    def send(
        self, url: str, headers: dict[str, str] = BROWSER, /, **fields: str
    ) -> Response:
        """The answer to a form; underscores of `line_1_debit` are hyphens."""
        data = {_field(name): text for name, text in fields.items()}
        cookie = self._with_cookie(headers)
        return self.client.post(url, data=data, headers=cookie, follow_redirects=False)

    def post(self, url: str, status: int = 303, /, **fields: str) -> Element:
        """The page that a form leads to, or the form again with what is wrong."""
        answer = self.send(url, **fields)
        assert answer.status_code == status, _alerts(answer.text)
        if status == 303:
            return self.get(answer.headers["location"])
        return parse(answer.text)

    def mutate(self, document: str) -> dict[str, Any]:
        """The data of a mutation."""
        headers = self._with_cookie({**BROWSER, "Accept": "application/json"})
        answer = self.client.post("/graphql", json={"query": document}, headers=headers)
        data: dict[str, Any] = answer.json()["data"]
        return data

    def _with_cookie(self, headers: dict[str, str]) -> dict[str, str]:
        return {**headers, "Cookie": f"{COOKIE}={self.session}"}


class Office(NamedTuple):
    """An accountant, two controllers, and somebody who reads."""

    ann: Person
    bob: Person
    eve: Person
    vic: Person


@contextmanager
def office_of(url: URL, *documents: Document) -> Iterator[Office]:
    """The application over these documents, with its people signed in."""
    settings = settings_for(url)
    sessions = sessions_of(url, *documents)
    with TestClient(answering(settings), base_url="http://127.0.0.1:8000") as client:
        yield Office(*(Person(client, session) for session in sessions))


def sessions_of(url: URL, *documents: Document) -> list[str]:
    """Record the documents and sign everybody in; their sessions in order."""

    async def fill() -> list[str]:
        database = Database(url)
        if documents:
            await record(database, *documents)
        sessions = []
        for email, role in ROLES.items():
            user = await member(database, email=email, role=role, password=None)
            signed_in = await begin_session(database, user)
            assert signed_in is not None
            sessions.append(signed_in.token)
        await database.close()
        return sessions

    def in_a_thread() -> list[str]:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(anyio.run, fill).result()

    return filled_at(url, in_a_thread, "office", repr(documents))


def _alerts(html: str) -> str:
    """What a page says is wrong, for the message of a failed test."""
    return " | ".join(alert.text for alert in parse(html).all("div", role="alert"))


def _field(name: str) -> str:
    return name.replace("_", "-") if name.startswith("line_") else name
