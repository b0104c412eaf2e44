"""A lock in a real browser: looked at, set and moved back, with scripts and without."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from playwright.sync_api import Browser, expect

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_services.database import NewDatabase
from daybook_site import Site, serving


@pytest.fixture
def site(new_sqlite: NewDatabase) -> Iterator[Site]:
    """A server over an invoice of 1,200.00 for 2025, on 15 October 2025."""
    url = new_sqlite()

    async def fill() -> None:
        database = Database(url)
        await record(database, invoice())
        await database.close()

    # In a thread of its own: the browser holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with serving(url) as address:
        yield address


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_lock_is_looked_at_set_and_moved_back(
    browser: Browser, site: Site, *, has_scripts: bool
) -> None:
    context = browser.new_context(
        base_url=site.address, java_script_enabled=has_scripts, locale="en-GB"
    )
    context.add_cookies([site.cookie()])
    tab = context.new_page()
    tab.goto("/close/lock?currency=USD&month=2025-09")
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        "Lock USD through 30 Sep 2025"
    )

    tab.get_by_label("Locked through").fill("2025-06-30")
    tab.get_by_role("button", name="Show what it does").press("Enter")
    tab.get_by_role("button", name="Lock through 30 Jun 2025").press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Close June 2025")

    tab.goto("/close/lock?currency=USD&through=2025-03-31")
    expect(tab.get_by_text("1 Apr – 30 Jun 2025: 3 journals")).to_be_visible()
    tab.get_by_label("Reason").fill("Late invoices")
    tab.get_by_role("button", name="Move the lock back to 31 Mar 2025").click()

    expect(tab.get_by_role("heading", level=1)).to_have_text("Close March 2025")
    tab.goto("/close/lock?currency=USD")
    expect(tab.get_by_text("Locked through 31 Mar 2025 today")).to_be_visible()
    expect(tab.get_by_text("Late invoices")).to_be_visible()
    context.close()
