"""Documents in a real browser: live, without scripts, by keyboard, in all widths."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook_axe import Axe, axe
from daybook_factories import credit_note, invoice, line, milestone_line, record
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_services.database import AT_ANY_TIME, copy_sqlite
from daybook_site import Site, serving

LIST = "/documents?currency=USD"
INVOICE = f"/documents/{encode(InvoiceId('inv_1'))}"

__all__ = ["axe"]


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> URL:
    """A ledger with an invoice of two milestones, and one that is credited."""
    made = copy_sqlite(sqlite_template, tmp_path / "daybook.db")
    milestones = milestone_line(("m1", "600.00", None), ("m2", "400.00", "2025-02-10"))
    run(
        made,
        lambda database: record(
            database,
            invoice("inv_1", milestones, line("2")),
            invoice("inv_2", customer="cus_2", customer_name="Brio"),
            credit_note("cn_1", invoice_id="inv_2", customer="cus_2"),
        ),
    )
    return made


@pytest.fixture
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


def test_what_others_record_is_shown_and_what_is_typed_stays(
    browser: Browser, site: Site, url: URL
) -> None:
    listed, shown = open_tab(browser, site), open_tab(browser, site)
    listed.goto(LIST)
    expect(listed.locator(".documents-table tbody tr")).to_have_count(3)
    shown.goto(INVOICE)
    day = shown.get_by_label("Day on which M1 was reached")
    day.fill("2025-03-07")

    run(url, lambda database: record(database, invoice("inv_9"), on="2025-10-15"))

    expect(listed.locator(".documents-table tbody tr")).to_have_count(4)
    expect(listed.get_by_role("link", name="INV_9")).to_be_visible()
    # The other page reads again, too, and keeps what is typed.
    revised = invoice(
        "inv_1",
        milestone_line(("m1", "700.00", None), ("m2", "400.00", "2025-02-10")),
        line("2"),
    )
    run(url, lambda database: record(database, revised, on="2025-10-15"))
    expect(shown.locator(".milestone").first).to_contain_text("700.00")
    expect(day).to_have_value("2025-03-07")
    shown.get_by_role("button", name="Complete M1").click()
    expect(shown.locator(".milestone").first).to_contain_text("Reached 7 Mar 2025")
    for tab in (listed, shown):
        tab.context.close()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_document_is_found_completed_and_voided(
    browser: Browser, site: Site, *, has_scripts: bool
) -> None:
    tab = open_tab(browser, site, has_scripts=has_scripts)
    tab.goto(LIST)
    tab.get_by_placeholder("Number, id, customer").fill("inv_1")
    tab.keyboard.press("Enter")
    tab.get_by_role("link", name="INV_1", exact=True).click()

    tab.get_by_label("Day on which M1 was reached").fill("2025-03-07")
    tab.get_by_role("button", name="Complete M1").click()
    expect(tab.locator(".page-header")).to_contain_text("The milestone is complete")
    tab.get_by_role("button", name="Open again M1").click()
    expect(tab.locator(".page-header")).to_contain_text("is open again")
    tab.get_by_role("link", name="Void it").click()
    tab.get_by_role("button", name="Void INV_1").click()
    expect(tab.locator(".page-header")).to_contain_text("The document is voided")
    tab.locator(".back").get_by_role("link").click()
    expect(tab.locator(".documents-table tbody tr")).to_contain_text("Voided")
    tab.context.close()


def test_back_after_a_void_shows_the_document_as_it_is_now(
    browser: Browser, site: Site
) -> None:
    tab = open_tab(browser, site)
    tab.goto(f"{INVOICE}?ask=void")
    tab.get_by_role("button", name="Void INV_1").click()
    expect(tab.locator(".page-header")).to_contain_text("The document is voided")

    tab.go_back()

    expect(tab.locator(".page-header")).to_contain_text("Voided")
    expect(tab.get_by_role("button", name="Void INV_1")).to_have_count(0)
    tab.context.close()


@pytest.mark.parametrize(
    "path", [LIST, f"{LIST}&month=soon", INVOICE, f"{INVOICE}?ask=void"]
)
def test_no_page_breaks_a_rule_or_is_wider_than_its_window(
    browser: Browser, site: Site, axe: Axe, path: str
) -> None:
    tab = open_tab(browser, site)

    tab.goto(path)

    assert axe.faults(tab) == []
    tab.context.close()
