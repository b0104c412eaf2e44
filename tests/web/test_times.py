"""Moments of all pages are in the organisation's time zone, which they name."""

import asyncio
import re
from collections.abc import Iterator
from contextvars import copy_context
from datetime import UTC, datetime

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from daybook.clock import moment_words
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import open_database
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_people import client_of
from daybook_states import NOW, STATES, demo_settings
from daybook_web.kit.formats import dated, sentence
from daybook_web.kit.times import moment, moment_plain, note_zone

ZONE = "America/New_York"
AT = datetime(2025, 10, 1, 9, 30, 5, 120_000, tzinfo=UTC)
IN_UTC = re.compile(r"\d\d:\d\d(:\d\d)? UTC")
LAST_DAY, DAY_AFTER = "2027-01-14", "2027-01-15"
WITH_MOMENTS = {
    *("report", "journal", "journal-revised", "population", "close", "lock"),
    *("balances", "exports", "exported-file", "locks", "organisation", "people"),
    *("audit-trail", "activity"),
}
STATUSES = {
    "not-found": 404,
    "not-found-at-xero": 422,
    "not-found-from-xero": 422,
    "report-problem": 422,
}
PAGES = {name: STATES[name] for name in STATES if name != "account"}
"""All but a page that keys have none of."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = demo_settings(tmp_path_factory.mktemp("zone"))
    asyncio.run(_move(settings))
    with client_of(settings) as made:
        yield made


async def _move(settings: Settings) -> None:
    database = open_database(settings)
    try:
        await set_time_zone(database, ORGANISATION, ZONE, now=NOW, made_by=None)
    finally:
        await database.close()


def in_zone(zone: str, at: datetime) -> tuple[str, str]:
    """A moment as markup and as text, on a page of a time zone."""
    note_zone(zone)
    return moment(at), moment_plain(at)


def test_a_moment_holds_what_it_is_in_utc() -> None:
    html, text = copy_context().run(in_zone, "Europe/London", AT)

    (element,) = parse(html).all("time")
    assert element.attributes == {
        "datetime": "2025-10-01T09:30:05.120Z",
        "title": "1 Oct 2025, 09:30:05 UTC",
    }
    assert element.text == text == "1 Oct 2025, 10:30 BST"
    assert escape(html) == html, "it is markup already"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it ends 2025-10-01 09:30:05 UTC", "it ends 1 Oct 2025, 05:30 EDT"),
        (
            "expired on 2025-12-01 02:30 UTC: ask",
            "expired on 30 Nov 2025, 21:30 EST: ask",
        ),
        ("until 1 Oct 2025, 09:30 UTC", "until 1 Oct 2025, 05:30 EDT"),
        ("at 1 Oct 2025, 09:30 UTC+3", "at 1 Oct 2025, 09:30 UTC+3"),
        ("at 99 Foo 2025, 09:30 UTC", "at 99 Foo 2025, 09:30 UTC"),
    ],
)
def test_moments_of_recorded_texts_are_as_on_the_page(text: str, shown: str) -> None:
    def in_new_york() -> str:
        note_zone(ZONE)
        return dated(dated(text))

    assert copy_context().run(in_new_york) == shown


def test_a_question_keeps_its_mark() -> None:
    assert sentence("MJ-9 is a draft: what is it worth?") == (
        "MJ-9 is a draft: what is it worth?"
    )


def test_a_sentence_has_its_days_as_pages_do() -> None:
    words = "2026-10-31 is locked: the first open day is 2026-11-01"

    assert sentence(words) == "31 Oct 2026 is locked: the first open day is 1 Nov 2026."


@pytest.mark.parametrize("state", PAGES)
def test_each_moment_of_a_page_is_in_the_zone(client: TestClient, state: str) -> None:
    page = get(client, PAGES[state], STATUSES.get(state, 200))

    moments = page.all("time")
    assert moments or state not in WITH_MOMENTS
    for element in moments:
        at = datetime.fromisoformat(element.attributes["datetime"])
        assert element.text == moment_words(at, ZONE)
        assert element.text.endswith((" EDT", " EST"))
    assert not IN_UTC.search(page.text)
    assert "<time" not in page.text, "markup was shown as text"
    for value in attributes_of(page):
        assert not IN_UTC.search(value)


def attributes_of(page: Element) -> Iterator[str]:
    """What attributes say, but for the titles of moments."""
    for node in page.walk():
        if node.tag != "time":
            yield from node.attributes.values()


def test_a_key_lives_until_its_last_day_ends_in_the_zone(client: TestClient) -> None:
    form = {"form": "key", "once": "1", "key_name": "k", "permissions": "READ"}
    answer = client.post("/access", data={**form, "expires_on": LAST_DAY})

    assert answer.status_code == 200
    (end,) = [
        element
        for element in parse(answer.text).one(id="keys").all("time")
        if element.attributes["datetime"].startswith(DAY_AFTER)
    ]
    assert end.attributes["datetime"] == f"{DAY_AFTER}T04:59:59.000Z"
    assert end.text.endswith(", 23:59 EST")
