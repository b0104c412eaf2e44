"""Evidence in a real browser: attached, got and removed, with scripts and without."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from daybook.db.engine import Database
from daybook_adjusting import drafted, entered
from daybook_axe import Axe, axe
from daybook_evidence import pdf, png
from daybook_factories import invoice, lock, record
from daybook_services.database import NewDatabase
from daybook_site import Site, serving

SENT = FilePayload(name="contract.pdf", mimeType="application/pdf", buffer=pdf())
WRONG = FilePayload(name="scan.pdf", mimeType="application/pdf", buffer=png())

__all__ = ["axe"]


@pytest.fixture
def site(new_sqlite: NewDatabase) -> Iterator[Site]:
    """A server over an invoice, a lock and a draft of a manual journal."""
    url = new_sqlite()

    async def fill() -> None:
        database = Database(url)
        await record(database, invoice("inv_1"), on="2025-01-01")
        await lock(database, "2025-01-31", on="2025-02-03")
        await drafted(database, entered())
        await database.close()

    # In a thread of its own: the browser holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with serving(url) as address:
        yield address


def tab_of(browser: Browser, site: Site, **options: Any) -> Page:
    """A tab of somebody who is signed in."""
    context = browser.new_context(base_url=site.address, **options)
    context.add_cookies([site.cookie()])
    context.set_default_timeout(60_000)
    return context.new_page()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_file_is_attached_got_and_removed(
    browser: Browser, site: Site, *, has_scripts: bool
) -> None:
    tab = tab_of(browser, site, java_script_enabled=has_scripts)
    tab.goto("/journals/USD/1")
    tab.get_by_text("Attach a file").click()
    tab.get_by_label("File (PDF").set_input_files([WRONG])
    tab.get_by_label("What it shows").fill("Signed by both")
    tab.get_by_role("button", name="Attach the file").click()

    expect(tab.locator("#problem-file")).to_contain_text("its name must end in .png")
    expect(tab.get_by_label("What it shows")).to_have_value("Signed by both")
    tab.get_by_label("File (PDF").set_input_files([SENT])
    tab.get_by_role("button", name="Attach the file").click()
    expect(tab.get_by_role("status")).to_have_text("The file is attached.")

    with tab.expect_download() as download:
        tab.get_by_role("link", name="contract.pdf").click()
    assert Path(download.value.path()).read_bytes() == pdf()
    assert download.value.suggested_filename == "contract.pdf"

    tab.get_by_text("Remove contract.pdf").click()
    tab.get_by_label("Why").fill("of another customer")
    tab.get_by_role("button", name="Remove the file").click()
    expect(tab.get_by_text("of another customer")).to_be_visible()
    tab.get_by_role("link", name="Back").click()
    expect(tab.locator("#evidence")).to_contain_text("No file is attached.")
    tab.context.close()


def test_it_is_found_from_the_journal_and_the_settings_by_the_keyboard(
    browser: Browser, site: Site
) -> None:
    tab = tab_of(browser, site)
    tab.goto("/journals/USD/1")
    tab.get_by_text("Attach a file").focus()
    tab.keyboard.press("Enter")
    tab.get_by_label("File (PDF").set_input_files([SENT])
    tab.get_by_label("What it shows").press("Enter")

    expect(tab.locator("#evidence")).to_contain_text("contract.pdf")
    assert tab.url.endswith("/journals/USD/1#evidence")
    tab.goto("/settings/locks?currency=USD")
    tab.get_by_role("link", name="No file yet").press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        "Evidence of the lock of the USD ledger"
    )
    tab.context.close()


def test_what_is_typed_stays_while_another_person_attaches(
    browser: Browser, site: Site
) -> None:
    first, second = tab_of(browser, site), tab_of(browser, site)
    for tab, name in ((first, "mine.pdf"), (second, "theirs.pdf")):
        tab.goto("/manual-journals/1")
        tab.get_by_text("Attach a file").click()
        tab.get_by_label("What it shows").fill(name)
        file = FilePayload(name=name, mimeType="application/pdf", buffer=pdf(name))
        tab.get_by_label("File (PDF").set_input_files([file])

    second.get_by_role("button", name="Attach the file").click()

    expect(second).to_have_url(re.compile(r"/manual-journals/1#evidence$"))
    expect(first.get_by_role("link", name="theirs.pdf")).to_be_visible(timeout=60_000)
    expect(first.get_by_label("What it shows")).to_have_value("mine.pdf")
    first.get_by_role("button", name="Attach the file").click()
    expect(first.get_by_role("link", name="mine.pdf")).to_be_visible()
    expect(first.get_by_role("heading", name="Evidence 2")).to_be_visible()
    first.context.close()
    second.context.close()


def test_the_form_saves_before_a_file_is_attached(browser: Browser, site: Site) -> None:
    tab = tab_of(browser, site)
    tab.goto("/manual-journals/1/edit")
    tab.get_by_label("Narrative").fill("Typed before the file")

    tab.get_by_role("button", name="Save draft and attach a file").click()

    expect(tab).to_have_url(re.compile(r"/manual-journals/1#evidence$"))
    expect(tab.get_by_role("heading", name="Typed before the file")).to_be_visible()
    tab.context.close()


def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, site: Site, axe: Axe
) -> None:
    tab = tab_of(browser, site)
    tab.goto("/journals/USD/1")
    tab.get_by_text("Attach a file").click()
    tab.get_by_label("File (PDF").set_input_files(
        [FilePayload(**{**SENT, "name": f"{'a long name ' * 10}.pdf"})]
    )
    tab.get_by_role("button", name="Attach the file").click()
    expect(tab.locator("#evidence")).to_contain_text("a long name")
    journal = tab.url
    tab.get_by_role("link", name="All evidence").click()
    tab.get_by_text("Remove a long").click()
    evidence = tab.url

    tab.goto("/manual-journals/1")
    tab.get_by_text("Attach a file").click()
    tab.get_by_label("File (PDF").set_input_files([SENT])
    tab.get_by_role("button", name="Attach the file").click()
    expect(tab.locator("#evidence")).to_contain_text("contract.pdf")

    manual = ("/manual-journals/1", "/manual-journals/1/edit")
    for address in (journal, evidence, "/settings/locks?currency=USD", *manual):
        tab.goto(address)
        for summary in tab.locator("#main details:not([open]) > summary").all():
            summary.click()
        assert axe.faults(tab) == [], address
    tab.context.close()
