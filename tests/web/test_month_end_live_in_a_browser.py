"""The close of a month by people at browsers of their own: each sees what others do.

No page asks by itself here: its timers for that never fire, so that whatever changes on
it was told by its stream. How long that took is printed at the end of the run.
"""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import anyio
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    expect,
)

from daybook.access.rules import MemberRole
from daybook.db.engine import Database
from daybook_month_end import (
    ADA,
    NOW,
    OCTOBER_FILE,
    PASSWORD,
    TOM,
    fill_month_end,
    month_end_settings,
)
from daybook_people import member
from daybook_services.database import NewDatabase
from daybook_services.figures import Note, note
from daybook_site import answering_at
from daybook_tabs import LISTENS, NO_POLLS, PATIENCE_MS

EVE = "eve@example.com"
"""The admin."""
CLOSE = "/close?currency=USD&month=2026-10"
JOURNALS = "/journals?currency=USD&month=2026-10"
HEADS, *INVOICES = OCTOBER_FILE.splitlines(keepends=True)
POINT_IN_TIME = FilePayload(
    name="late.csv", mimeType="text/csv", buffer=(HEADS + INVOICES[-1]).encode()
)
"""INV-4: 600.00, which October earns."""
SECONDS_MAX = 30
"""How long a change may take on a machine that is busy with much else."""

__all__ = ["note"]

Open = Callable[[str], Page]


@pytest.fixture
def open_tab(browser: Browser, new_sqlite: NewDatabase) -> Iterator[Open]:
    """Opens a tab for somebody; each has a browser, in which they sign in."""
    url = new_sqlite()

    async def fill() -> None:
        database = Database(url)
        await fill_month_end(database)
        await member(database, email=EVE, role=MemberRole.ADMIN, now=NOW)
        await database.close()

    # In a thread of its own: the browser holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    contexts: dict[str, BrowserContext] = {}
    with answering_at(month_end_settings(url)) as address, ExitStack() as stack:

        def make(who: str) -> Page:
            if who in contexts:
                return contexts[who].new_page()
            context = browser.new_context(base_url=address, locale="en-GB")
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            context.add_init_script(NO_POLLS)
            contexts[who] = context
            tab = context.new_page()
            tab.goto("/sign-in")
            tab.get_by_label("E-mail address").fill(who)
            tab.get_by_label("Password").fill(PASSWORD)
            tab.get_by_role("button", name="Sign in").click()
            expect(tab.get_by_role("heading", level=1)).to_have_text(
                "Close October 2026"
            )
            return tab

        yield make


@pytest.fixture
def timed(note: Note) -> Callable[[str], Any]:
    """Notes how long somebody waits for what another did a moment ago."""

    @contextmanager
    def measure(what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        note(f"{what} after {seconds:.2f} s")
        assert seconds < SECONDS_MAX

    return measure


def look_at(tab: Page, path: str) -> None:
    """Open a page, and wait until its stream tells something."""
    tab.goto(path)
    tab.wait_for_function(LISTENS)


def figures(tab: Page) -> Locator:
    """What a month has recognized, and what is deferred at its end."""
    return tab.locator(".close-figure a")


def take(tab: Page, file: FilePayload) -> None:
    """Import a file."""
    tab.goto("/documents/import")
    tab.get_by_label("Drop a file here").set_input_files([file])
    tab.get_by_role("button", name="Read the file").click()
    tab.get_by_role("button", name=re.compile("^Import")).click()
    expect(tab.get_by_role("status").first).to_contain_text("is imported: ")


def submit_a_journal(tab: Page) -> None:
    """Write a manual journal of 2 November, which a controller has to approve."""
    tab.goto("/manual-journals/new?currency=USD")
    tab.get_by_label("Date").fill("2026-11-02")
    tab.get_by_label("Narrative").fill("Training was held")
    tab.get_by_label("Account, line 1").select_option("Deferred Revenue")
    tab.get_by_label("Debit, line 1").fill("50")
    tab.get_by_label("Account, line 2").select_option("Recognized Revenue")
    tab.get_by_label("Credit, line 2").fill("50")
    tab.get_by_role("button", name="Submit for approval").click()
    expect(tab.locator(".page-status")).to_contain_text("another person approves it")


def test_an_import_and_a_lock_are_seen_by_the_other_at_once(
    open_tab: Open, timed: Callable[[str], Any]
) -> None:
    ada, tom, at_work = open_tab(ADA), open_tab(TOM), open_tab(TOM)
    look_at(ada, CLOSE)
    assert ada.evaluate("polls") > 0, "no timer was stopped"
    expect(figures(ada)).to_have_text(["1,000.00", "2,000.00"])

    take(at_work, POINT_IN_TIME)
    with timed("the overview has another's import"):
        expect(figures(ada)).to_have_text(["1,600.00", "2,000.00"])

    look_at(tom, JOURNALS)
    search = tom.get_by_role("searchbox", name="Search")
    search.press_sequentially("Bol")
    ada_at_work = open_tab(ADA)
    ada_at_work.goto("/close/lock?currency=USD&month=2026-10")
    ada_at_work.get_by_role("button", name="Lock through 31 Oct 2026").click()
    expect(ada_at_work.get_by_role("status").first).to_contain_text("The lock is saved")
    with timed("the report has another's lock"):
        expect(tom.locator("#period-lock")).to_have_text(re.compile("Locked"))
        expect(tom.locator("#news")).to_have_text(
            f"Changed by {ADA}: locked through 31 Oct 2026"
        )
    expect(search).to_be_focused()
    expect(search).to_have_value("Bol")
    expect(ada_at_work.locator("#news")).to_be_empty()
    with timed("the overview has one's own lock of another tab"):
        expect(ada.locator(".ledger-card .badge-locked")).to_have_text("Locked")


def test_a_manual_journal_goes_to_its_approver_and_back_at_once(
    open_tab: Open, timed: Callable[[str], Any]
) -> None:
    ada, tom = open_tab(ADA), open_tab(TOM)
    look_at(ada, CLOSE)
    waiting = ada.locator("#waiting-count")
    expect(waiting).to_have_text("1 wait for you")

    submit_a_journal(tom)
    with timed("the approver's count has another's journal"):
        expect(waiting).to_have_text("2 wait for you")

    look_at(tom, "/manual-journals")
    row = tom.get_by_role("row").filter(has_text="Training was held").last
    expect(row).to_contain_text("Submitted")
    ada.goto("/manual-journals")
    ada.get_by_role("row").filter(has_text="Training was held").first.get_by_role(
        "link"
    ).first.click()
    ada.get_by_role("button", name="Approve and post").click()
    expect(ada.locator(".page-status")).to_contain_text("posted")
    with timed("the author's list has the approval"):
        expect(row).to_contain_text("Posted")


def test_an_export_is_seen_by_all_and_told_to_whom_it_is_for(
    open_tab: Open, timed: Callable[[str], Any]
) -> None:
    ada, tom = open_tab(ADA), open_tab(TOM)
    look_at(ada, "/exports")
    tom.goto("/exports/new?currency=USD&month=2026-10&format=SEQUENCE")

    tom.get_by_role("button", name="Export the file").click()
    ready = ada.get_by_role("row").filter(has_text="Ready")
    with timed("the list of exports has another's file"):
        expect(ready).to_have_count(1)
    expect(tom.locator("[data-notice]")).to_have_count(1)
    expect(ada.locator("[data-notice]")).to_have_count(0)

    # Who is at a row stays there while others come.
    title = ready.get_by_role("rowheader").get_by_role("link")
    title.focus()
    tom.goto("/exports/new?currency=USD&month=2026-09&format=SEQUENCE")
    tom.get_by_role("button", name="Export the file").click()
    expect(ready).to_have_count(2)
    expect(title.last).to_be_focused()


def test_a_role_that_is_lowered_ends_the_stream_and_what_it_allowed(
    open_tab: Open,
) -> None:
    tom, eve = open_tab(TOM), open_tab(EVE)
    look_at(tom, "/manual-journals/new?currency=USD")
    eve.goto("/access")
    role = eve.get_by_role("row").filter(has_text=TOM)
    role.get_by_role("combobox").select_option("Viewer")

    def is_stream(request: Any) -> bool:
        return "/events" in request.url

    # The page listens again, as whoever Tom is from now on.
    with tom.expect_request(is_stream):
        role.get_by_role("button", name="Save").click()

    with tom.expect_response(lambda answer: answer.request.method == "POST") as answer:
        tom.get_by_role("button", name="Save draft", exact=True).click()
    assert answer.value.status == 403
    main = tom.get_by_role("main")
    expect(main).to_contain_text("Writing manual journals is")
    expect(main).to_contain_text("is viewer.")
