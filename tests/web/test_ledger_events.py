"""Events by which an open page follows its ledger."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from daybook.access.organisations import add_organisation
from daybook.asgi import create_app
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook_factories import invoice, lock, record
from daybook_markup import parse
from daybook_people import NOON, begin_session, let_in, member
from daybook_services.database import copy_sqlite
from daybook_site import settings_for
from daybook_streams import Heard, Tabs
from daybook_web.kit.notices import news_words

pytestmark = pytest.mark.anyio

EVENTS = "/events?currency=USD&seen="
CONNECTED, CHANGED = "connected", ["ledger-changed", "activity-changed"]
END = "event: end\ndata: \n\n"
ADA, TODAY = "ada@example.com", "2025-10-15"


class Office:
    """A ledger with one recording, and the tabs of two organisations' people."""

    def __init__(self, database: Database, tabs: Tabs, others: Tabs) -> None:
        self.database, self.tabs, self.others = database, tabs, others


@pytest.fixture
async def office(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    url = copy_sqlite(sqlite_template, tmp_path / "daybook.db")
    database = Database(url)
    await record(database, invoice("inv_1"))
    session = (await let_in(database)).session
    await add_organisation(database, "Other", now=NOON, made_by="test")
    its_user = await member(
        database, email="zoe@example.com", password=None, organisation_id=2
    )
    its_session = await begin_session(database, its_user)
    assert its_session is not None
    app = create_app(settings_for(url))
    tabs, others = Tabs(app, session), Tabs(app, its_session.token)
    try:
        yield Office(database, tabs, others)
    finally:
        await tabs.browser.aclose()
        await others.browser.aclose()
        await app.state.site.database.close()
        await database.close()


def words(heard: Heard) -> str:
    """What an event has the page say."""
    assert not heard.name
    news = parse(heard.text).one("p", id="news")
    assert news.attributes["hx-swap-oob"] == "innerHTML"
    return news.text


def names(events: list[Heard]) -> list[str]:
    """The names of events that came together; the last one says how far the page is."""
    assert [bool(event.id) for event in events] == [False] * (len(events) - 1) + [True]
    return [event.name for event in events]


async def test_a_page_that_knows_all_is_told_of_the_next_change(office: Office) -> None:
    async with office.tabs.open(f"{EVENTS}1") as stream:
        assert (await stream.next())["status"] == 200
        assert names(await stream.together()) == [CONNECTED]
        await record(office.database, invoice("inv_2"), made_by="Bob", on=TODAY)

        said, *changed = await stream.together()
        assert words(said) == "Changed by Bob: test"
        assert names(changed) == CHANGED
        await lock(office.database, "2025-01-31", on=TODAY)
        said, *changed = await stream.together()
        assert words(said) == "Changed by test: locked through 31 Jan 2025: test"
        assert names(changed) == CHANGED


async def test_a_page_that_is_older_is_told_at_once_and_only_once(
    office: Office,
) -> None:
    await record(office.database, invoice("inv_2"), made_by="Bob", on=TODAY)
    async with office.tabs.open(f"{EVENTS}1") as stream:
        await stream.next()
        said, *changed = await stream.together()
        assert words(said) == "Changed by Bob: test"
        # What else is new since it was made isn't known: `connected` has it ask.
        assert names(changed) == [CONNECTED, "ledger-changed"]

    # It listens again, and says how far it had come.
    async with office.tabs.open(f"{EVENTS}1", last_event_id=changed[-1].id) as stream:
        await stream.next()
        await record(office.database, invoice("inv_3"), made_by="Eve", on=TODAY)
        said, *changed = await stream.together()
        assert words(said) == "Changed by Eve: test"
        assert names(changed) == CHANGED


async def test_one_s_own_change_needs_no_words(office: Office) -> None:
    async with office.tabs.open(f"{EVENTS}1") as stream:
        await stream.next()
        await stream.together()
        await record(office.database, invoice("inv_2"), made_by=ADA, on=TODAY)

        assert names(await stream.together()) == CHANGED


async def test_nobody_is_told_of_another_organisation(office: Office) -> None:
    async with office.others.open(f"{EVENTS}1") as stream:
        # It has no such ledger, and needs not ask again.
        await stream.next()
        assert await stream.text() == END

    await _record_theirs(office, "theirs_1")
    async with office.others.open(f"{EVENTS}1") as stream:
        await stream.next()
        await stream.together()
        await record(office.database, invoice("inv_2"), made_by="Bob", on=TODAY)
        await record(office.database, invoice("inv_3"), made_by="Bob", on=TODAY)
        await _record_theirs(office, "theirs_2")

        said, *changed = await stream.together()
        assert words(said) == "Changed by Zed: theirs_2"
        assert names(changed) == CHANGED


async def _record_theirs(office: Office, name: str) -> None:
    await import_documents(
        office.database, 2, [invoice(name)], now=NOON, reason=name, made_by="Zed"
    )


@pytest.mark.parametrize("seen", ["", "0", "-1", "x"])
async def test_a_page_says_what_it_has_seen(office: Office, seen: str) -> None:
    async with office.tabs.open(f"{EVENTS}{seen}") as stream:
        await stream.next()
        assert await stream.text() == END


async def test_who_is_signed_out_or_elsewhere_listens_no_more(office: Office) -> None:
    async with office.tabs.open(f"{EVENTS}1", page_organisation="2") as stream:
        assert (await stream.next())["status"] == 200
        assert await stream.text() == END

    async with office.tabs.open(f"{EVENTS}1") as stream:
        await stream.next()
        await stream.together()
        assert (await office.tabs.browser.post("/sign-out")).status_code == 303
        await stream.until_end()
    async with office.tabs.open(f"{EVENTS}1") as stream:
        assert (await stream.next())["status"] == 200
        assert await stream.text() == END


def test_several_changes_are_said_as_the_newest_and_how_many_others() -> None:
    def said(*recordings: tuple[str | None, str]) -> str:
        made = [SimpleNamespace(made_by=by, reason=why) for by, why in recordings]
        return news_words(made, ADA)  # type: ignore[arg-type]  # rows of the table

    assert said(("Bob", "a"), ("Bob", "a"), ("Bob", "a")) == "Changed by Bob: a"
    assert said(("Bob", "b"), ("Bob", "a")) == "Changed by Bob: b, and 1 other change"
    assert said((ADA, "own"), (None, "a"), ("Bob", "b"), ("Bob", "c")) == (
        "Changed: a, and 2 other changes"
    )
    assert said((ADA, "own")) == ""
