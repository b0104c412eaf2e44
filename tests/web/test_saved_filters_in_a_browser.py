"""Saved filters in real browsers: by keyboard, seen by others at once, and by forms."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from daybook_axe import Axe, axe
from daybook_factories import invoice
from daybook_graphql.transport.callers import COOKIE
from daybook_offices import sessions_of
from daybook_services.database import copy_sqlite
from daybook_site import serving

MARCH = "/journals?currency=USD&month=2025-03"
FILTERED = f"{MARCH}&source=INVOICE"
PATIENCE_MS = 60_000

__all__ = ["axe"]

Open = Callable[..., Page]


@pytest.fixture
def open_tab(browser: Browser, sqlite_template: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens tabs of the office's people, by name."""
    url = copy_sqlite(sqlite_template, tmp_path / "daybook.db")
    names = ("ann", "bob", "eve", "vic")
    sessions = dict(zip(names, sessions_of(url, invoice()), strict=True))
    with serving(url) as site, ExitStack() as stack:

        def make(who: str, **options: Any) -> Page:
            context = browser.new_context(base_url=site.address, **options)
            stack.callback(context.close)
            cookie = {"name": COOKIE, "value": sessions[who], "url": site.address}
            context.add_cookies([cookie])  # type: ignore[list-item]  # it is a cookie
            context.set_default_timeout(PATIENCE_MS)
            return context.new_page()

        yield make


def chips(tab: Page) -> Locator:
    shown = tab.get_by_role("navigation", name="Saved filters")
    return shown.locator(".saved-chip")


def test_a_filter_is_saved_by_keyboard_and_used(open_tab: Open, axe: Axe) -> None:
    tab = open_tab("ann")
    tab.goto(FILTERED)
    tab.locator("#save-filter > summary").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    expect(tab.get_by_label("Name", exact=True)).to_be_focused()
    assert axe.faults(tab) == []
    tab.keyboard.type("Invoices alone")
    tab.keyboard.press("Enter")

    expect(chips(tab)).to_have_text(["Invoices alone"])
    expect(chips(tab)).to_have_attribute("aria-current", "true")
    expect(tab.locator("#save-filter")).to_have_count(0)
    assert axe.faults(tab) == []

    tab.goto(MARCH.replace("03", "04"))
    expect(chips(tab)).not_to_have_attribute("aria-current", "true")
    chips(tab).focus()
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"month=2025-04&source=INVOICE$"))
    expect(chips(tab)).to_have_attribute("aria-current", "true")


def test_a_shared_filter_is_seen_at_once_until_it_is_deleted(
    open_tab: Open, axe: Axe
) -> None:
    bob, vic = open_tab("bob"), open_tab("vic")
    vic.goto(FILTERED)
    vic.locator("#save-filter > summary").click()
    vic.get_by_label("Name", exact=True).fill("My own")
    expect(vic.get_by_label("For everybody")).to_have_count(0)
    bob.goto(FILTERED)
    bob.locator("#save-filter > summary").click()
    bob.get_by_label("Name", exact=True).fill("Ours")
    bob.get_by_label("For everybody").check()

    bob.get_by_role("button", name="Save", exact=True).click()

    expect(chips(bob)).to_have_text(["Ours (shared)"])
    expect(chips(vic)).to_have_text(["Ours (shared)"])
    expect(chips(vic)).to_have_attribute("aria-current", "true")

    bob.get_by_role("link", name="Change saved filters").click()
    assert axe.faults(bob) == []
    bob.get_by_role("link", name="Delete Ours").click()
    assert axe.faults(bob) == []
    bob.get_by_role("button", name="Delete “Ours”").click()
    expect(bob.get_by_role("status").first).to_have_text("The filter is deleted.")
    expect(chips(vic)).to_have_count(0)


def test_what_is_typed_stays_while_another_shares(open_tab: Open) -> None:
    bob, vic = open_tab("bob"), open_tab("vic")
    vic.goto(f"{MARCH}&source=CREDIT_NOTE")
    vic.locator("#save-filter > summary").click()
    vic.get_by_label("Name", exact=True).fill("My own")
    bob.goto(FILTERED)
    bob.locator("#save-filter > summary").click()
    bob.get_by_label("Name", exact=True).fill("Ours")
    bob.get_by_label("For everybody").check()

    bob.get_by_role("button", name="Save", exact=True).click()

    expect(chips(vic)).to_have_text(["Ours (shared)"])
    expect(vic.get_by_label("Name", exact=True)).to_have_value("My own")
    expect(vic.get_by_label("Name", exact=True)).to_be_visible()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "forms"])
def test_a_filter_is_replaced_renamed_and_deleted(
    open_tab: Open, *, has_scripts: bool
) -> None:
    tab = open_tab("bob", java_script_enabled=has_scripts)
    for address in (FILTERED, f"{MARCH}&source=CREDIT_NOTE"):
        tab.goto(address)
        tab.locator("#save-filter > summary").click()
        tab.get_by_label("Name", exact=True).fill("Late")
        tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator("#question-heading")).to_have_text("Replace the filter “Late”?")
    tab.get_by_role("button", name="Replace “Late”").click()
    expect(tab).to_have_url(re.compile(r"source=CREDIT_NOTE$"))
    expect(chips(tab)).to_have_text(["Late"])
    expect(chips(tab)).to_have_attribute("aria-current", "true")

    tab.get_by_role("link", name="Change saved filters").click()
    tab.get_by_role("link", name="Rename Late").click()
    tab.get_by_label("Name", exact=True).fill("Later")
    tab.get_by_role("button", name="Rename").click()
    tab.get_by_role("link", name="Delete Later").click()
    tab.get_by_role("button", name="Delete “Later”").click()
    expect(tab.get_by_text("Nothing is saved yet.")).to_be_visible()
    tab.get_by_role("link", name="Back to Journals").click()
    expect(tab).to_have_url(re.compile(r"source=CREDIT_NOTE$"))
    expect(chips(tab)).to_have_count(0)
