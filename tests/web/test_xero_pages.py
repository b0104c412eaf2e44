"""To Xero and back by an admin's clicks, and what each role may do there."""

import asyncio
import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from daybook.access.rules import Permission
from daybook.clock import real_now
from daybook.db.engine import open_database
from daybook.settings import Settings
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_people import client_of, key_of
from daybook_raw_server import response
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_xero_server import (
    CLIENT_ID,
    REVOKE,
    TENANT_NAME,
    Xero,
    came_back,
    xero_running,
)

pytestmark = pytest.mark.either_database

LIST = "/general-ledger/connections"
PAGE = f"{LIST}/1"
CALLBACK = "/general-ledger/xero/callback"
WAIT_SECONDS = 120


@pytest.fixture
def xero() -> Iterator[Xero]:
    """Xero on this machine, which may be asked as often as one likes."""
    with xero_running(Xero()) as made:
        yield made
        assert made.problems == []


@pytest.fixture
def settings(
    xero: Xero,
    new_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Settings of a server that is registered at Xero."""
    monkeypatch.setattr("daybook.gl.xero.client.SPACING_SECONDS", 0.0)
    # Not at an hour that comes while a test runs.
    hour = (real_now().hour + 12) % 24
    of_xero = xero.settings(xero_sync_hour=hour).model_dump(
        include=set(Settings.model_fields)
    )
    registered = {name: of_xero[name] for name in of_xero if name.startswith("xero_")}
    return settings_for(new_database(), **registered)


@pytest.fixture
def admin(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser, with a connection."""
    with client_of(settings) as made:
        form = {"form": "add", "name": "Kiwi Ltd", "base_currency": "NZD"}
        made.post(LIST, data={**form, "year_end": "12-31"})
        yield made


def key(settings: Settings, permissions: Permission) -> str:
    """The key of somebody who may do that alone."""

    async def make() -> str:
        database = open_database(settings)
        try:
            return await key_of(database, permissions)
        finally:
            await database.close()

    return asyncio.run(make())


def saved(page: Element) -> str:
    return page.one("p", class_="page-status").text


def links(page: Element) -> list[str]:
    found = page.one("main").all("a")
    return [link.attributes["href"] or "" for link in found]


def connect(browser: TestClient) -> Element:
    """Go to Xero by the page's link, and come back."""
    assert f"{PAGE}/connect" in links(get(browser, PAGE))
    away = browser.get(f"{PAGE}/connect", follow_redirects=False)
    assert away.status_code == 303
    answer = browser.get(CALLBACK, params=came_back(away.headers["location"]))
    assert answer.status_code == 200
    return parse(answer.text)


def test_an_admin_connects_syncs_and_disconnects(
    admin: TestClient, settings: Settings
) -> None:
    page = connect(admin)
    assert saved(page).startswith("Connected to Xero.")
    assert f"Connected to {TENANT_NAME} by" in page.text
    assert f"{PAGE}/connect" not in links(page)
    assert re.search(
        rf"each night, next on .*, {settings.xero_sync_hour:02}:00", page.text
    )

    page = parse(admin.post(f"{PAGE}/xero", data={"form": "sync"}).text)
    assert saved(page) == "What is new is being fetched from Xero."
    ends = time.monotonic() + WAIT_SECONDS
    while "Done" not in (text := get(admin, PAGE).text):
        assert time.monotonic() < ends, text
        time.sleep(0.2)
    assert "29 documents new or changed, in 13 pages" in text

    page = get(admin, f"{PAGE}?ask=disconnect")
    assert "Disconnect Kiwi Ltd from Xero?" in page.text
    page = parse(admin.post(f"{PAGE}/xero", data={"form": "disconnect"}).text)
    assert saved(page) == "Disconnected from Xero."
    assert "Not connected." in page.text and "each night" not in page.text
    again = admin.post(f"{PAGE}/xero", data={"form": "disconnect"})
    assert again.status_code == 422
    assert "Kiwi Ltd isn't connected to Xero." in parse(again.text).text


def test_a_xero_that_can_not_be_told_is_said(admin: TestClient, xero: Xero) -> None:
    connect(admin)
    xero.faults[REVOKE] = [response(503)]

    page = parse(admin.post(f"{PAGE}/xero", data={"form": "disconnect"}).text)

    assert saved(page).startswith("Disconnected here. Xero couldn't be told")
    assert "Not connected." in page.text


def test_xero_leads_back_to_where_the_browser_is(admin: TestClient, xero: Xero) -> None:
    away = admin.get(f"{PAGE}/connect", follow_redirects=False)
    came_back(away.headers["location"])

    (asked,) = xero.codes.values()
    assert asked["redirect_uri"] == f"{str(admin.base_url).rstrip('/')}{CALLBACK}"
    assert asked["client_id"] == CLIENT_ID
    assert urlsplit(away.headers["location"]).netloc in xero.address


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("error=access_denied", "Xero said 'access_denied'. Nothing was changed"),
        ("state=none&code=none", "That took too long, or was done before"),
    ],
)
def test_who_comes_back_with_nothing_is_told_so(
    admin: TestClient, query: str, words: str
) -> None:
    answer = admin.get(f"{CALLBACK}?{query}")

    assert answer.status_code in {404, 422}
    page = parse(answer.text)
    assert page.one("h1").text == "Not connected"
    assert words in page.text
    assert LIST in links(page)


@pytest.mark.parametrize(
    "permissions", [Permission.READ, Permission.READ | Permission.RECORD]
)
def test_others_see_no_way_to_xero(
    admin: TestClient, settings: Settings, permissions: Permission
) -> None:
    connect(admin)
    admin.headers["Authorization"] = f"Bearer {key(settings, permissions)}"
    page = get(admin, PAGE)

    assert f"Connected to {TENANT_NAME}" in page.text
    assert f"{PAGE}?ask=disconnect" not in links(page)
    buttons = [button.text for button in page.one("main").all("button")]
    assert ("Sync now" in buttons) == (Permission.RECORD in permissions)
    for path in (f"{PAGE}/connect", f"{CALLBACK}?state=s&code=c"):
        assert admin.get(path, follow_redirects=False).status_code == 403


def test_a_server_that_is_not_registered_says_so(new_database: NewDatabase) -> None:
    with client_of(settings_for(new_database())) as browser:
        form = {"form": "add", "name": "Kiwi Ltd", "base_currency": "NZD"}
        browser.post(LIST, data={**form, "year_end": "12-31"})
        page = get(browser, PAGE)

        assert "registered at Xero, so what is new comes by file" in page.text
        assert f"{PAGE}/connect" not in links(page)
        answer = browser.get(f"{PAGE}/connect", follow_redirects=False)
        assert answer.status_code == 422
        assert "DAYBOOK_XERO_CLIENT_ID" in parse(answer.text).text
