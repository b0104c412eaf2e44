"""The overview in real browsers: it follows others, and works without scripts."""

import re
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

OCTOBER = "/close?currency=USD&month=2025-10"
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


def turn_on_four_eyes(tab: Page) -> None:
    tab.goto("/settings/approval")
    tab.get_by_role("button", name="Turn four eyes on").click()
    expect(tab.get_by_role("status").first).to_contain_text("Four eyes is on")


def submit_a_journal(tab: Page) -> None:
    tab.goto("/manual-journals/new")
    tab.get_by_label("Date").fill("2025-10-31")
    tab.get_by_label("Narrative").fill("Go-live was accepted")
    tab.get_by_label("Account, line 1").select_option("Deferred Revenue")
    tab.get_by_label("Debit, line 1").fill("250")
    tab.get_by_label("Account, line 2").select_option("Recognized Revenue")
    tab.get_by_label("Credit, line 2").fill("250")
    tab.get_by_role("button", name="Submit for approval").click()
    expect(tab.locator(".page-status")).to_contain_text("another person approves it")


def step(tab: Page, title: str) -> Any:
    """A step by the words of its title."""
    return expect(tab.locator(".check", has=tab.locator("h3", has_text=title)))


def test_another_person_s_journal_becomes_a_step_with_its_button(
    open_tab: Open,
) -> None:
    ann, bob = open_tab("ann"), open_tab("bob")
    turn_on_four_eyes(bob)
    bob.goto(OCTOBER)
    step(bob, "No manual journal waits").to_be_visible()
    bob.locator(".stepper-day > summary").click()
    bob.locator("#close-month").fill("2025-08")

    submit_a_journal(ann)

    step(bob, "1 manual journal waits for you").to_contain_text("Review 1")
    expect(bob.locator("#steps-heading [role=status]")).to_have_text("2 of 7")
    # What was open, and typed, is left as it was.
    expect(bob.locator("#close-month")).to_be_visible()
    expect(bob.locator("#close-month")).to_have_value("2025-08")
    bob.get_by_role("button", name="Show this month").click()
    expect(bob.get_by_role("heading", level=1)).to_have_text("Close August 2025")


def test_a_check_that_was_opened_or_closed_stays_so(open_tab: Open) -> None:
    ann, bob = open_tab("ann"), open_tab("bob")
    turn_on_four_eyes(bob)
    submit_a_journal(ann)
    bob.goto(OCTOBER)
    waiting = bob.locator("#check-waiting_drafts")
    expect(waiting).to_have_attribute("open", "")
    waiting.locator("summary").click()

    submit_a_journal(ann)

    expect(waiting.locator(".badge")).to_have_text("2")
    expect(waiting.locator("ul")).to_be_hidden()


def test_the_chart_comes_by_itself_and_leads_to_journals(
    open_tab: Open, axe: Axe
) -> None:
    tab = open_tab("vic")
    tab.goto(OCTOBER)

    expect(tab.locator("#close-chart figcaption")).to_have_text(
        "200.00 deferred on 31 Oct 2025"
    )
    assert axe.faults(tab) == []
    tab.locator("#close-chart .bars a").first.click()
    expect(tab).to_have_url(re.compile(r"/journals\?.*from=2025-11-01&to=2025-11-30"))


def test_the_overview_works_without_scripts(open_tab: Open) -> None:
    tab = open_tab("bob", java_script_enabled=False)
    tab.goto("/")

    expect(tab.get_by_role("heading", level=1)).to_have_text("Close September 2025")
    tab.locator(".close-later").get_by_role("link", name="Waterfall").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Waterfall")
    tab.get_by_role("link", name="Overview").click()
    tab.get_by_role("link", name="October 2025").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Close October 2025")
    tab.get_by_role("link", name="Enter balances").click()
    expect(tab.get_by_label("At the end of")).to_be_visible()
