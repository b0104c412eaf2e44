"""The general ledger by people at browsers of their own: each sees what others do.

No page asks by itself here: its timers for that never fire, so that whatever changes on
it was told by its stream.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from daybook.access.rules import MemberRole
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database, open_database
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.live.connecting import begin_connecting, finish_connecting
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_gl_company import LAST_OF_UK, connect_company, journal
from daybook_gl_imports import journal as xero_journal
from daybook_gl_live import BACK
from daybook_people import PASSWORD, member
from daybook_raw_server import Asked
from daybook_services.database import NewDatabase
from daybook_site import answering_at, settings_for
from daybook_tabs import LISTENS, NO_POLLS, PATIENCE_MS
from daybook_xero_server import Xero, came_back, xero_running

ANN, TOM = "ann@example.com", "tom@example.com"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
CONNECTION = "/general-ledger/connections/1"
PROFIT, LINES = "/general-ledger?connection=1", "/general-ledger/lines?from=2025-06-14"
EXPOSURE = "/general-ledger/exposure"
FILE = FilePayload(
    name="more.json",
    mimeType="application/json",
    buffer=json.dumps(
        {
            FORMS[Kind.JOURNALS].root: [
                journal(
                    LAST_OF_UK + 1,
                    "2025-06-14",
                    ("bank", "500.00"),
                    ("sales", "-500.00"),
                    Reference="The late one",
                )
            ]
        }
    ).encode(),
)
"""A journal more: June sells for 1,500.00, and has a draft of 70.00."""
SECONDS_MAX = 120
"""How long a page may take on a machine that is busy with much else."""

Open = Callable[[str], Page]


@contextmanager
def browsers(
    browser: Browser, settings: Settings, fill: Callable[[Database], Awaitable[object]]
) -> Iterator[Open]:
    """Opens a tab for somebody; each has a browser, in which they sign in."""

    async def run() -> None:
        database = open_database(settings)
        await fill(database)
        for who, role in ((ANN, MemberRole.ADMIN), (TOM, MemberRole.VIEWER)):
            await member(database, email=who, role=role, now=NOW)
        await database.close()

    # In a thread of its own: the browser holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, run).result()
    with answering_at(settings) as address, ExitStack() as stack:

        def make(who: str) -> Page:
            context = browser.new_context(base_url=address, locale="en-GB")
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            context.add_init_script(NO_POLLS)
            tab = context.new_page()
            tab.goto("/sign-in")
            tab.get_by_label("E-mail address").fill(who)
            tab.get_by_label("Password").fill(PASSWORD)
            tab.get_by_role("button", name="Sign in").click()
            tab.wait_for_url(lambda reached: "/sign-in" not in reached)
            return tab

        yield make


@pytest.fixture
def open_tab(
    browser: Browser, new_sqlite: NewDatabase, tmp_path: Path
) -> Iterator[Open]:
    """Tabs of two organisations whose dataset is made."""
    settings = settings_for(new_sqlite(), now=NOW, data=tmp_path)
    with browsers(
        browser, settings, lambda its: connect_company(its, settings)
    ) as make:
        yield make


def look_at(tab: Page, path: str) -> Page:
    """Open a page, and mark it, so that loading it again would be seen."""
    tab.goto(path)
    tab.wait_for_function(LISTENS)
    tab.evaluate("document.body.dataset.seen = 'yes'")
    return tab


def was_not_loaded_again(tab: Page) -> bool:
    return bool(tab.evaluate("document.body.dataset.seen === 'yes'"))


def journals_of(tab: Page) -> Locator:
    """The row of what came in of journals."""
    name = tab.get_by_role("rowheader", name="Journals", exact=True)
    return tab.locator("#inputs tbody tr").filter(has=name)


def take(tab: Page, file: FilePayload) -> None:
    """Import a file into the first connection."""
    tab.goto("/general-ledger/import?into=1")
    tab.locator("input[type=file]").first.set_input_files([file])
    tab.get_by_role("button", name="Read the files").click()
    tab.get_by_role("button", name="Import 1").click()
    expect(tab.get_by_role("status").first).to_contain_text("1 document is imported")


def test_others_see_an_import_and_a_refresh_at_once(open_tab: Open) -> None:
    ann, tom = open_tab(ANN), open_tab(TOM)
    connection = look_at(tom, CONNECTION)
    pages = {
        path: look_at(tom.context.new_page(), path)
        for path in (PROFIT, LINES, EXPOSURE)
    }
    for page in pages.values():
        expect(page.locator("#dataset-state")).to_contain_text("As of refresh 2")
    inputs = journals_of(connection)
    expect(inputs).to_contain_text(f"1–{LAST_OF_UK}")
    expect(pages[LINES].locator("#dataset")).not_to_contain_text("The late one")
    before = pages[PROFIT].locator("#accounts").inner_text()

    take(ann, FILE)

    expect(inputs).to_contain_text(f"1–{LAST_OF_UK + 1}")
    behind = connection.get_by_text("Something came in or was changed since.")
    expect(behind).to_be_visible()

    ann.goto(CONNECTION)
    ann.get_by_role("button", name="Refresh", exact=True).click()

    expect(connection.locator("#history tbody tr").first).to_contain_text("Ready")
    expect(behind).to_have_count(0)
    for page in pages.values():
        expect(page.locator("#dataset-state")).to_contain_text("As of refresh 3")
    expect(pages[LINES].locator("#dataset")).to_contain_text("The late one")
    accounts = pages[PROFIT].locator("#accounts")
    expect(accounts).not_to_have_text(before)
    expect(accounts).to_contain_text("1,570.00")
    assert all(map(was_not_loaded_again, (connection, *pages.values())))


def test_an_earlier_state_stays_as_it_is(open_tab: Open) -> None:
    ann, tom = open_tab(ANN), open_tab(TOM)
    earlier = look_at(tom, f"{LINES}&refresh=2")
    newest = look_at(tom.context.new_page(), LINES)

    take(ann, FILE)
    ann.goto(CONNECTION)
    ann.get_by_role("button", name="Refresh", exact=True).click()

    expect(newest.locator("#dataset-state")).to_contain_text("As of refresh 3")
    expect(earlier.locator("#dataset-state")).to_contain_text("As of refresh 2")
    expect(earlier.locator("#dataset")).not_to_contain_text("The late one")


def test_others_see_how_far_a_sync_is(
    browser: Browser,
    new_sqlite: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("daybook.gl.xero.client.SPACING_SECONDS", 0.0)
    goes_on, is_held = threading.Event(), threading.Event()

    def hold(asked: Asked) -> None:
        """Let the second page of journals wait until the test has looked."""
        if asked["path"].endswith("/Journals") and asked["query"] != "offset=0":
            is_held.set()
            assert goes_on.wait(SECONDS_MAX), "the test looks at the first page"

    with xero_running(Xero()) as xero:
        xero.documents[Kind.JOURNALS] = [
            xero_journal(number, "5.00", "-5.00") for number in range(1, 251)
        ]
        given = xero.settings().model_dump(include=set(Settings.model_fields))
        of_xero = {name: its for name, its in given.items() if "xero_" in name}
        settings = settings_for(new_sqlite(), now=NOW, data=tmp_path, **of_xero)

        async def fill(database: Database) -> None:
            author = Author(ORGANISATION, ANN, NOW)
            its = ConnectionSettings("Kiwi Ltd")
            await add_connection(database, author, its, base_currency="NZD")
            address = await begin_connecting(database, settings, author, 1, BACK)
            back = await asyncio.to_thread(came_back, address)
            await finish_connecting(
                database, settings, author, back["state"], back["code"]
            )

        with browsers(browser, settings, fill) as make:
            ann, tom = make(ANN), make(TOM)
            page = look_at(tom, CONNECTION).locator("#xero")
            expect(page.get_by_role("progressbar")).to_have_count(0)
            xero.server.spoil = hold
            try:
                ann.goto(CONNECTION)
                ann.get_by_role("button", name="Sync now").click()

                words = "Journals: page 1, 100 documents so far."
                expect(page).to_contain_text(words)
                expect(page.get_by_role("progressbar")).to_have_count(1)
                expect(page.get_by_role("status")).to_have_text(
                    "What is new is being fetched from Xero"
                )
                assert is_held.is_set()
            finally:
                goes_on.set()
            expect(page).to_contain_text("Done")
            expect(page.get_by_role("progressbar")).to_have_count(0)
            expect(journals_of(tom)).to_contain_text("1–250")
            assert was_not_loaded_again(tom)
