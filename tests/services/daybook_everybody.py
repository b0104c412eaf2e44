"""A company with everything in it, and somebody of each role who is signed in."""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import ROLES, MemberRole, Permission
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_everything import make_everything
from daybook_filled import filled_new
from daybook_graphql.transport.callers import COOKIE
from daybook_people import (
    ALL_OF_A_KEY,
    answering,
    begin_session,
    key_of,
    member,
)
from daybook_routes import Send, address_of
from daybook_services.database import AT_ANY_TIME, copy_sqlite
from daybook_site import settings_for

PRESENT = datetime(2025, 11, 15, 12, tzinfo=UTC)
"""The present of the company, a few days after the last that was recorded in it."""
FROM_A_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
NOBODY = "nobody"
ADMIN = MemberRole.ADMIN.name.lower()
OUTSIDER = "admin of another organisation"
PEOPLE: Mapping[str, tuple[str, MemberRole]] = {
    role.name.lower(): (f"{role.name.lower()}@example.com", role) for role in MemberRole
}
KEYS: Mapping[str, Permission] = {
    "key that may all that keys may": ALL_OF_A_KEY,
    "key that may READ": Permission.READ,
    "key that may RECORD": Permission.RECORD,
}
PERMISSIONS: Mapping[str, Permission] = {
    NOBODY: Permission(0),
    **{name: ROLES[role] for name, (_, role) in PEOPLE.items()},
    OUTSIDER: ROLES[MemberRole.ADMIN],
    **KEYS,
}
"""What each of them may do, in their own organisation."""


class Everybody(NamedTuple):
    """The application, and the headers by which each is known."""

    client: TestClient
    settings: Settings
    headers: Mapping[str, Mapping[str, str]]

    @property
    def app(self) -> Starlette:
        """The application itself."""
        app = self.client.app
        assert isinstance(app, Starlette), "it is what was made"
        return app

    def ask(self, name: str, address: str) -> Response:
        """What one of them gets from an address."""
        headers = dict(self.headers[name])
        return self.client.get(address, headers=headers, follow_redirects=False)

    def send(self, name: str, send: Send) -> Response:
        """What one of them gets for a form."""
        return self.client.post(
            address_of(send.path, send),
            data=dict(send.form),
            files={"file": ("none.csv", b"")} if send.is_file else None,
            headers=dict(self.headers[name]),
            follow_redirects=False,
        )

    def may(self, name: str, needed: Permission) -> bool:
        """Whether one of them has a permission."""
        return needed in PERMISSIONS[name]


async def make_everybody(database: Database) -> Mapping[str, Mapping[str, str]]:
    """Fill a new database; the headers of each person and each key."""
    await make_everything(database)
    headers: dict[str, Mapping[str, str]] = {NOBODY: FROM_A_PAGE}
    for name, (email, role) in PEOPLE.items():
        user_id = await member(
            database, email=email, role=role, password=None, now=PRESENT
        )
        headers[name] = await _signed_in(database, user_id)
    other = await add_organisation(database, "Other", now=PRESENT, made_by="test")
    user_id = await member(
        database,
        email="olga@example.com",
        organisation_id=other,
        password=None,
        now=PRESENT,
    )
    headers[OUTSIDER] = await _signed_in(database, user_id)
    for name, permissions in KEYS.items():
        key = await key_of(database, permissions, now=PRESENT)
        headers[name] = {"Authorization": f"Bearer {key}"}
    return headers


async def _signed_in(database: Database, user_id: int) -> Mapping[str, str]:
    signed_in = await begin_session(database, user_id)
    assert signed_in is not None, "they were let in"
    return {**FROM_A_PAGE, "Cookie": f"{COOKIE}={signed_in.token}"}


@contextmanager
def everybody_in(template: Path, folder: Path) -> Iterator[Everybody]:
    """The application over the company, whose database is made in a folder."""
    url = copy_sqlite(template, folder / "daybook.db")

    async def fill() -> Mapping[str, Mapping[str, str]]:
        database = Database(url, AT_ANY_TIME)
        headers = await filled_new(database, make_everybody)
        await database.close()
        return headers

    with ThreadPoolExecutor(1) as thread:  # a browser's test may hold this one's loop
        headers = thread.submit(asyncio.run, fill()).result()
    settings = settings_for(url, now=PRESENT, data=folder)
    with TestClient(answering(settings), base_url="http://127.0.0.1:8000") as client:
        yield Everybody(client, settings, headers)
