"""Settings in real browsers: others' changes are heard, and nothing typed is lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from daybook_axe import Axe, axe
from daybook_factories import invoice
from daybook_graphql.transport.callers import COOKIE
from daybook_offices import sessions_of
from daybook_services.database import copy_sqlite
from daybook_site import serving

PATIENCE_MS = 60_000
PHONE = {"width": 390, "height": 844}

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


def test_what_is_typed_stays_while_others_change_the_same(
    open_tab: Open, axe: Axe
) -> None:
    eve, bob = open_tab("eve"), open_tab("bob")
    eve.goto("/settings?currency=USD")
    eve.get_by_label("Product (its id)").fill("prod_half")
    eve.get_by_label("Straight-line amounts").select_option("Exact days")

    bob.goto("/settings?currency=USD")
    bob.get_by_label("Product (its id)").fill("prod_1")
    bob.locator("#sold_method").select_option("Milestone")
    bob.get_by_role("button", name="Save the method").click()
    expect(bob.get_by_role("status").first).to_contain_text("method is saved")

    news = eve.locator("#as-set .news")
    expect(news).to_contain_text("bob@example.com changed this while the page was open")
    expect(eve.locator("#changes tbody tr")).to_have_count(1)
    expect(eve.locator("#product-methods")).to_contain_text("prod_1")
    expect(eve.get_by_label("Product (its id)")).to_have_value("prod_half")
    expect(eve.get_by_label("Straight-line amounts")).to_have_value("EXACT_DAYS")
    assert axe.faults(eve) == []
    news.get_by_role("link", name="Load the form again").click()
    expect(eve.get_by_label("Product (its id)")).to_have_value("")
    expect(news).to_have_count(0)


def test_integrations_show_what_another_set_and_keep_what_is_typed(
    open_tab: Open, axe: Axe
) -> None:
    eve, bob = open_tab("eve"), open_tab("bob")
    eve.goto("/settings/integrations?currency=USD&system=XERO")
    eve.get_by_label("Or of a category").fill("Support")
    eve.get_by_label("Closed in Xero through (empty: no day)").fill("2025-01-31")

    bob.goto("/settings/integrations?currency=USD&system=XERO")
    bob.get_by_label("Base currency of the Xero organisation").select_option("USD")
    bob.get_by_role("button", name="Save the settings").click()

    expect(eve.locator("#as-set")).to_contain_text("USD")
    expect(eve.get_by_label("Or of a category")).to_have_value("Support")
    closed = eve.get_by_label("Closed in Xero through (empty: no day)")
    expect(closed).to_have_value("2025-01-31")
    assert axe.faults(eve) == []


def test_the_list_of_settings_opens_on_a_phone_without_scripts(
    open_tab: Open,
) -> None:
    tab = open_tab("vic", viewport=PHONE, java_script_enabled=False)
    tab.goto("/settings?currency=USD")
    side = tab.get_by_role("navigation", name="Settings")
    expect(side).to_be_hidden()

    tab.get_by_role("button", name="All settings").click()
    side.get_by_role("link", name="Period locks").click()

    expect(tab.get_by_role("heading", level=1)).to_have_text("Period locks, USD")
    expect(side).to_be_hidden()


def test_the_list_is_one_stop_of_the_keyboard(open_tab: Open, axe: Axe) -> None:
    tab = open_tab("bob")
    tab.goto("/settings/locks?currency=USD")
    side = tab.get_by_role("navigation", name="Settings")
    side.get_by_role("link", name="Period locks").focus()

    tab.keyboard.press("ArrowDown")
    expect(side.get_by_role("link", name="Names of accounts")).to_be_focused()
    tab.keyboard.press("Home")
    tab.keyboard.press("Tab")
    assert not side.evaluate("list => list.contains(document.activeElement)")

    tab.keyboard.press("g")
    tab.keyboard.press("t")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Audit trail")
    expect(side.get_by_role("link", name="Audit trail")).to_have_attribute(
        "aria-current", "page"
    )
    assert axe.faults(tab) == []
