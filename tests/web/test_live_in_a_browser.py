"""What an open page says while other things happen, in a real browser."""

import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook.documents.rules import CustomerDetails, Document
from daybook_adjusting import entered, four_eyes, submitted
from daybook_axe import Axe, axe
from daybook_factories import invoice, record
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_services.database import AT_ANY_TIME, copy_sqlite
from daybook_site import Site, serving

__all__ = ["axe"]

FIVE = CustomerDetails("cus_5", "Company 5", "Company 5")
JOURNALS = "/journals?currency=USD&month=2025-10&customer=cus_5"
LATER = "2025-10-16"
SECONDS = 30_000
"""Milliseconds for what a stream tells: without one, pages ask once a minute."""
SET_STATE = """(state) => {
  const hidden = state === "hidden";
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
BEGIN_HIDDEN = """
  Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
"""
ASK = """(query) => fetch("/graphql", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ query }),
}).then((answer) => answer.json())"""
EXPORT = f"""mutation {{
  createExport(input: {{ ledgerId: "{encode(LedgerId("USD"))}" }}) {{
    userErrors {{ message }}
  }}
}}"""


@pytest.fixture
def url(filled_sqlite: URL, tmp_path: Path) -> URL:
    """A database of this test alone."""
    return copy_sqlite(Path(str(filled_sqlite.database)), tmp_path / "live.db")


@pytest.fixture
def site(url: URL) -> Iterator[Site]:
    """A server that lets its reader have one stream."""
    with serving(url, subscriptions_per_caller=1) as served:
        yield served


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """The browser of somebody who is signed in."""
    made = browser.new_context(base_url=site.address)
    made.add_cookies([site.cookie()])
    made.set_default_timeout(120_000)
    yield made
    made.close()


def happens(url: URL, act: Callable[[Database], Awaitable[object]]) -> None:
    """Something that another process does."""

    async def run() -> None:
        database = Database(url, AT_ANY_TIME)
        await act(database)
        await database.close()

    # In a thread of its own: a browser's test holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, run).result()


async def record_of(document: Document, made_by: str, database: Database) -> None:
    """Record a document as somebody."""
    await record(database, document, made_by=made_by, on=LATER)


def opened(context: BrowserContext, path: str) -> Page:
    """A tab with a page, once its stream is open."""
    tab = context.new_page()
    tab.goto(path)
    listens(tab)
    return tab


def listens(tab: Page) -> None:
    """Wait until the page's stream is open, and is read."""
    tab.wait_for_function(
        "() => document.querySelector('#listener')._htmx?.sse?.reader"
    )


def test_an_own_export_is_told_on_any_page(context: BrowserContext, axe: Axe) -> None:
    tab = opened(context, "/settings?currency=USD")
    notices = tab.locator("[data-notice]")
    expect(notices).to_have_count(0)

    assert tab.evaluate(ASK, EXPORT)["data"]["createExport"]["userErrors"] == []

    expect(notices).to_have_count(1)
    expect(notices).to_contain_text(re.compile(r"^\s*journals-USD-.*\.csv is ready: "))
    expect(tab.get_by_role("log")).to_contain_text("is ready")
    expect(tab.locator("#ready")).to_have_text("1 ready to download")
    assert axe.faults(tab) == []
    with tab.expect_download() as download:
        notices.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.startswith("journals-USD-")
    expect(tab.locator("#ready")).to_be_empty()
    notices.get_by_role("button", name="Close the message").click()
    expect(notices).to_have_count(0)

    # The next page doesn't tell it again.
    tab.goto("/access")
    listens(tab)
    expect(notices).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_message_covers_nothing_and_a_key_closes_it(
    context: BrowserContext, width: int
) -> None:
    tab = opened(context, "/settings?currency=USD")
    tab.set_viewport_size({"width": width, "height": 400})
    field = tab.locator("main select, main button").last
    field.focus()
    before = tab.locator("main h1").bounding_box()

    tab.evaluate(ASK, EXPORT)
    notice = tab.locator("[data-notice]")
    expect(notice).to_have_count(1)

    # Nothing above it has moved, but for what has the focus, which isn't under it.
    after = tab.locator("main h1").bounding_box()
    assert before is not None and after is not None
    assert after["y"] <= before["y"]
    assert foot(field) <= top(notice) <= 400 - 32
    # Nor is the page's end, and it stands at the window's foot wherever one reads.
    for to in ("0", "document.body.scrollHeight"):
        tab.evaluate(f"scrollTo(0, {to})")
        assert foot(notice) == 400
    assert foot(tab.locator("main")) <= top(notice)

    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("Escape")
    expect(notice).to_have_count(0)
    assert tab.locator("#notices").evaluate("its => its.offsetHeight") == 0


def top(its: Locator) -> int:
    """Where something begins, in pixels from the window's top."""
    box = its.bounding_box()
    assert box is not None
    return round(box["y"])


def foot(its: Locator) -> int:
    """Where it ends."""
    box = its.bounding_box()
    assert box is not None
    return round(box["y"] + box["height"])


def test_a_report_says_at_once_that_its_ledger_changed(
    context: BrowserContext, url: URL
) -> None:
    tab = opened(context, "/reports/waterfall?currency=USD")
    status = tab.locator(".telling")
    expect(status).to_have_role("status")
    status.evaluate("element => (element.dataset.isTheSame = '')")

    happens(url, lambda database: record(database, invoice("inv_new"), on=LATER))

    link = tab.get_by_role("link", name="Show it as it is now")
    expect(link).to_be_visible(timeout=SECONDS)
    # A screen reader tells what comes into a status that it knows.
    expect(status.and_(tab.locator("[data-is-the-same]"))).to_contain_text("changed")


def test_what_waits_is_counted_while_a_page_is_open(
    context: BrowserContext, url: URL
) -> None:
    happens(url, lambda database: four_eyes(database, on=LATER))
    tab = opened(context, "/settings?currency=USD")
    waiting = tab.locator("#waiting-count")
    expect(waiting).to_be_empty()

    by = {"by": "eve@example.com", "on": LATER}
    happens(url, lambda database: submitted(database, entered(), **by))

    expect(waiting).to_have_text("1 wait for you", timeout=SECONDS)


def test_a_tab_that_nobody_sees_has_no_stream_and_misses_nothing(
    context: BrowserContext, url: URL
) -> None:
    first = opened(context, JOURNALS)
    status = first.locator("#report-status")
    expect(status).to_have_text("3 journals, October 2025")
    first.evaluate(SET_STATE, "hidden")
    # The one stream that the server lets the reader have is free for another tab.
    second = opened(context, "/settings?currency=USD")
    for name, made_by in (("inv_new", "Bob"), ("inv_newer", "Eve")):
        its = replace(invoice(name), customer=FIVE)
        happens(url, partial(record_of, its, made_by))
    expect(first.locator("#news")).to_be_empty()

    second.close()
    first.evaluate(SET_STATE, "visible")

    words = "Changed by Eve: test, and 1 other change"
    expect(first.locator("#news")).to_have_text(words)
    expect(status).to_have_text("5 journals, October 2025")


def test_a_page_that_is_opened_in_the_background_listens_once_it_is_seen(
    context: BrowserContext,
) -> None:
    tab = context.new_page()
    tab.add_init_script(BEGIN_HIDDEN)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto("/settings?currency=USD")
    tab.wait_for_timeout(500)
    assert not [address for address in asked if "/events" in address]

    tab.evaluate(SET_STATE, "visible")

    listens(tab)
    assert len([address for address in asked if "/events" in address]) == 1
