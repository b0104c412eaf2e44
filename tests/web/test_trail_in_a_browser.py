"""The audit trail in a real browser: news, the anchor, and without scripts."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook_axe import WIDTHS, fits
from daybook_factories import invoice, lock, record
from daybook_services.database import AT_ANY_TIME, copy_sqlite
from daybook_site import Site, serving


@pytest.fixture(scope="module")
def url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> URL:
    """A ledger with an invoice and a lock."""
    folder = tmp_path_factory.mktemp("trail")
    made = copy_sqlite(sqlite_template, folder / "daybook.db")

    async def fill(database: Database) -> None:
        await record(database, invoice(), on="2025-01-02")
        await lock(database, "2025-01-31", on="2025-02-05")

    run(made, fill)
    return made


@pytest.fixture(scope="module")
def site(url: URL) -> Iterator[Site]:
    """Its application."""
    with serving(url) as address:
        yield address


def run(url: URL, work: Callable[[Database], object]) -> None:
    """Do something with a database, beside the browser's event loop."""

    async def open_and_work() -> None:
        database = Database(url, AT_ANY_TIME)
        await work(database)  # type: ignore[misc]  # a coroutine function
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, open_and_work).result()


def open_tab(browser: Browser, site: Site, *, has_scripts: bool = True) -> Page:
    context = browser.new_context(
        base_url=site.address, java_script_enabled=has_scripts
    )
    context.add_cookies([site.cookie()])
    context.set_default_timeout(60_000)
    return context.new_page()


def test_new_records_are_offered_and_rows_stay(
    browser: Browser, site: Site, url: URL
) -> None:
    tab = open_tab(browser, site)
    tab.goto("/audit?action=SET_LOCK&kind=LEDGER")
    rows = tab.locator(".trail-row")
    count = rows.count()

    run(url, lambda database: lock(database, "2025-02-28", on="2025-10-20"))
    offer = tab.get_by_role("link", name="Show 1 new record")
    expect(offer).to_be_visible(timeout=60_000)
    assert rows.count() == count
    offer.click()

    expect(rows).to_have_count(count + 1)
    expect(rows.first).to_contain_text("Closed 1–28 Feb 2025 in USD")
    tab.context.close()


def test_the_anchor_is_copied(browser: Browser, site: Site) -> None:
    tab = open_tab(browser, site)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto("/audit")
    anchor = tab.get_by_label("Hash of the last record").input_value()

    tab.get_by_role("button", name="Copy").click()

    expect(tab.get_by_text("Copied.")).to_be_visible()
    assert tab.evaluate("navigator.clipboard.readText()") == anchor
    assert re.fullmatch("[0-9a-f]{64}", anchor)
    tab.context.close()


def test_without_scripts_filters_and_proof_work(browser: Browser, site: Site) -> None:
    tab = open_tab(browser, site, has_scripts=False)
    tab.goto("/audit")
    expect(tab.get_by_role("button", name="Copy")).to_have_count(0)

    tab.get_by_label("What was done").select_option("Lock changed")
    tab.get_by_label("From").fill("2025-02-05")
    tab.get_by_role("button", name="Apply").click()
    expect(tab.get_by_role("link", name="Remove the filter What")).to_be_visible()
    proof = tab.locator(".trail-row").first.locator("summary")
    proof.focus()
    proof.press("Enter")
    expect(tab.get_by_text("Hash of the record before").first).to_be_visible()
    tab.get_by_role("link", name="Remove the filter What").click()

    expect(tab).to_have_url(re.compile(r"/audit\?from=2025-02-05$"))
    tab.context.close()


def test_nothing_is_wider_than_the_window(browser: Browser, site: Site) -> None:
    tab = open_tab(browser, site)
    for path in ("/audit", "/activity"):
        tab.goto(path)
        for details in tab.locator("details summary").all():
            details.click()
        for width in WIDTHS:
            assert fits(tab, width), (path, width)
    tab.context.close()
