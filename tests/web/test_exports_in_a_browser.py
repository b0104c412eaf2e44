"""Exports in a browser: the list follows what happens, and a file is posted."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook_axe import Axe, axe
from daybook_browsing import Site
from daybook_factories import invoice, record
from daybook_jobs import ask, cancel
from daybook_services.database import NewDatabase
from daybook_site import serving
from daybook_tabs import PATIENCE_MS, signed_in

__all__ = ["axe"]

NEW = "/exports/new?currency=USD&month=2025-10"
TITLE = "USD 1–31 Oct 2025, Generic CSV, by day"
PAUSE_MS = 250


@pytest.fixture
def url(new_sqlite: NewDatabase) -> URL:
    """An invoice of a year."""
    found = new_sqlite()
    Site(found).run(record, invoice())
    return found


@pytest.fixture
def idle(url: URL, browser: Browser) -> Iterator[Page]:
    """A tab at a server that makes no exports, so that they wait."""
    with serving(url, exports_at_once=0) as site, signed_in(browser, site) as tab:
        yield tab


@pytest.fixture
def page(url: URL, browser: Browser) -> Iterator[Page]:
    """A tab at a server that makes exports."""
    with serving(url) as site, signed_in(browser, site) as tab:
        yield tab


def test_the_list_follows_without_being_loaded_again(
    idle: Page, url: URL, axe: Axe
) -> None:
    Site(url).run(ask)
    idle.goto("/exports")
    row = idle.locator("#export-1")
    expect(row).to_contain_text("Waiting")
    assert axe.faults(idle) == []
    idle.evaluate("window.kept = true")
    idle.focus("#cancel-1")

    Site(url).run(ask)
    expect(idle.locator("#export-2")).to_be_visible()
    assert idle.evaluate("document.activeElement.id") == "cancel-1"
    Site(url).run(cancel)

    expect(row).to_contain_text("Cancelled")
    expect(row.get_by_role("button", name="Make it again")).to_be_visible()
    assert idle.evaluate("window.kept")
    assert axe.faults(idle) == []


def test_without_scripts_a_link_shows_how_far_an_export_is(
    url: URL, browser: Browser
) -> None:
    with serving(url) as site, signed_in(browser, site, scripts=False) as page:
        page.goto(NEW)
        page.get_by_role("button", name="Export the file").click()

        last = page.locator("#export-1")
        for _ in range(PATIENCE_MS // PAUSE_MS):
            if last.get_by_role("link", name="Download").count():
                break
            page.get_by_role("link", name="Show how far it is").click()
            page.wait_for_timeout(PAUSE_MS)

        expect(last.get_by_role("link", name="Download")).to_be_visible()


def test_a_choice_is_checked_by_itself_and_keeps_the_focus(
    idle: Page, axe: Axe
) -> None:
    idle.goto(NEW)
    beancount = idle.get_by_role("radio", name="Beancount")

    beancount.check()

    expect(idle.locator("pre")).to_contain_text("operating_currency")
    expect(beancount).to_be_checked()
    expect(beancount).to_be_focused()
    expect(idle).to_have_url(re.compile("format=BEANCOUNT$"))
    assert axe.faults(idle) == []
    idle.get_by_role("button", name="Export the file").click()
    expect(idle.locator("#export-1")).to_contain_text("Beancount")


def test_without_scripts_what_was_not_checked_is_checked_first(
    url: URL, browser: Browser
) -> None:
    with (
        serving(url, exports_at_once=0) as site,
        signed_in(browser, site, scripts=False) as page,
    ):
        page.goto(NEW)
        page.get_by_role("radio", name="Beancount").check()

        page.get_by_role("button", name="Export the file").click()

        expect(page.get_by_role("alert")).to_contain_text("Not exported yet")
        expect(page.locator("pre")).to_contain_text("operating_currency")
        expect(page.get_by_text("No file was exported here yet.")).to_be_visible()
        page.get_by_role("button", name="Export the file").click()
        expect(page.locator("#export-1")).to_contain_text("Beancount")


def test_an_export_is_started_followed_and_marked_as_posted(
    page: Page, axe: Axe
) -> None:
    page.goto(NEW)
    page.get_by_role("button", name="Export the file").click()
    row = page.locator("#export-1")
    expect(row.get_by_role("link", name="Download")).to_be_visible()

    row.get_by_role("link", name=TITLE, exact=True).click()
    expect(page.get_by_label("Reference in the accounting system")).to_be_visible()
    assert axe.faults(page) == []
    page.get_by_label("Reference in the accounting system").fill("MJ-0935")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Posted 15 Oct 2025, MJ-0935").first).to_be_visible()
    assert axe.faults(page) == []
    page.get_by_role("link", name="Export the difference").click()
    expect(page.get_by_label("Only what changed since")).to_have_value("1")
    assert axe.faults(page) == []
