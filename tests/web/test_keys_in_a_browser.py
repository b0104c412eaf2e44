"""Keys, groups that are one tab stop, and menus, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook_axe import Axe, axe
from daybook_site import Site, serving
from daybook_tabs import signed_in
from daybook_web.kit.keys import KEYS

OCTOBER = "/journals?currency=USD&month=2025-10"
PAGES_BY_KEY = (
    *(("s", "/settings?"), ("o", "/close?"), ("j", "/journals?")),
    ("c", "/close?"),  # the overview's key of former versions
)

__all__ = ["axe"]


@pytest.fixture(scope="module")
def site(filled_sqlite: URL) -> Iterator[Site]:
    """A server over the known ledger."""
    with serving(filled_sqlite) as served:
        yield served


@pytest.fixture(scope="module")
def shared(browser: Browser, site: Site) -> Iterator[Page]:
    with signed_in(browser, site) as tab:
        yield tab


@pytest.fixture
def tab(shared: Page) -> Page:
    """The report, with all keys on."""
    shared.goto(OCTOBER)
    shared.evaluate("localStorage.clear()")
    return shared


def focused(tab: Page, of: str = "textContent.trim()") -> str:
    text: str = tab.evaluate(f"document.activeElement.{of}")
    return text


def row_at(tab: Page) -> str:
    """The number of the row that is gone to, which has the focus."""
    expect(tab.locator("[data-row].at")).to_have_count(1)
    number = tab.locator("[data-row].at th").inner_text().strip()
    assert focused(tab) == number
    return number


def test_j_and_k_go_through_the_rows_and_enter_opens_one(tab: Page) -> None:
    numbers = [text.strip() for text in tab.locator("[data-row] th").all_inner_texts()]

    tab.keyboard.press("j")
    assert row_at(tab) == numbers[0]
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    assert row_at(tab) == numbers[2]
    tab.keyboard.press("k")
    assert row_at(tab) == numbers[1]
    tab.keyboard.press("Enter")

    expect(tab.get_by_role("heading", level=1)).to_contain_text(numbers[1])
    tab.go_back()
    assert row_at(tab) == numbers[1]
    tab.keyboard.press("j")
    assert row_at(tab) == numbers[2]


def test_two_keys_lead_to_a_page_of_the_same_ledger(tab: Page) -> None:
    for key, path in PAGES_BY_KEY:
        tab.keyboard.press("g")
        tab.keyboard.press(key)
        tab.wait_for_url(f"**{path}currency=USD&month=2025-10")


def test_keys_are_letters_while_somebody_types(tab: Page) -> None:
    tab.goto("/manual-journals")
    tab.keyboard.press("/")
    search = tab.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()

    tab.keyboard.type("gsjk?/")

    expect(search).to_have_value("gsjk?/")
    expect(tab.locator("#keyboard")).not_to_be_visible()


def test_the_list_of_keys_has_those_of_the_page(tab: Page) -> None:
    tab.keyboard.press("?")

    keys = tab.get_by_role("dialog", name="Keys")
    expect(keys.get_by_text("The next row or journal")).to_be_visible()
    expect(keys.get_by_text("Adjust")).to_be_hidden()
    tab.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_each_key_of_the_list_is_one_of_the_report_or_of_a_journal(tab: Page) -> None:
    of_pages = "found => found.map(element => element.dataset.key)"
    found = set(tab.locator("[data-key]").evaluate_all(of_pages))
    tab.locator("[data-row] a").nth(1).click()
    expect(tab.locator("h1")).to_contain_text("Journal ")
    found |= set(tab.locator("[data-key]").evaluate_all(of_pages))

    assert {keys for keys, _ in KEYS} == found
    tab.keyboard.press("a")
    expect(tab).to_have_url(re.compile("/manual-journals/new.*"))


def test_keys_can_be_switched_off(tab: Page) -> None:
    tab.keyboard.press("?")
    tab.get_by_label("Use these keys in this browser").uncheck()
    tab.get_by_role("button", name="Close").click()

    tab.keyboard.press("j")
    tab.keyboard.press("?")
    expect(tab.locator("[data-row].at")).to_have_count(0)
    expect(tab.locator("#keyboard")).to_be_hidden()

    # The menu has the way back.
    tab.locator("details.user > summary").click()
    tab.get_by_role("button", name="Keys").click()
    tab.get_by_label("Use these keys in this browser").check()
    tab.keyboard.press("Escape")
    expect(tab.locator("#keyboard")).to_be_hidden()
    tab.keyboard.press("j")
    expect(tab.locator("[data-row].at")).to_have_count(1)


def test_the_navigation_is_one_stop_with_arrow_keys(tab: Page) -> None:
    links = tab.locator(".site-nav > a")
    expect(tab.locator(".site-nav > [tabindex='0']")).to_have_text("Journals")

    tab.locator(".site-nav > [tabindex='0']").focus()
    tab.keyboard.press("ArrowRight")
    expect(links.nth(2)).to_be_focused()
    tab.keyboard.press("End")
    expect(links.last).to_be_focused()
    tab.keyboard.press("ArrowRight")
    expect(links.first).to_be_focused()
    tab.keyboard.press("ArrowLeft")
    expect(links.last).to_be_focused()
    tab.keyboard.press("Tab")
    expect(tab.locator("details.user > summary")).to_be_focused()
    tab.keyboard.press("Shift+Tab")
    expect(links.last).to_be_focused()


def test_groups_and_links_are_right_after_a_swap(tab: Page) -> None:
    tab.locator("#month-before").click()

    expect(tab.locator("#site-nav a").first).to_have_attribute(
        "href", "/close?currency=USD&month=2025-09"
    )
    expect(tab.locator("#waiting-count")).to_have_count(1)
    expect(tab.locator("#site-nav > [tabindex='0']")).to_have_count(1)
    tab.keyboard.press("j")
    expect(tab.locator("[data-row].at")).to_have_count(1)


def test_the_user_menu_works_by_keys_and_closes(tab: Page) -> None:
    summary = tab.locator("details.user > summary")
    summary.focus()
    tab.keyboard.press("Enter")
    out = tab.get_by_role("button", name="Sign out")
    expect(out).to_be_visible()
    tab.keyboard.press("Tab")
    assert focused(tab) == "Account"
    tab.keyboard.press("Escape")
    expect(out).to_be_hidden()
    expect(summary).to_be_focused()

    summary.click()
    expect(out).to_be_visible()
    tab.get_by_role("heading", level=1).click()
    expect(out).to_be_hidden()


def test_an_error_that_takes_the_page_keeps_the_keys(tab: Page) -> None:
    tab.evaluate("htmx.ajax('GET', '/journals?currency=EUR', 'main')")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Ledger not found")

    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(tab.locator("#keyboard")).to_have_count(1)


def test_the_menu_and_the_list_of_keys_are_accessible(tab: Page, axe: Axe) -> None:
    tab.locator("details.user > summary").click()
    assert axe.faults(tab) == []
    tab.get_by_role("button", name="Keys").click()
    assert axe.faults(tab) == []


def test_without_scripts_the_menu_has_the_way_out(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    context.add_cookies([site.cookie()])
    page = context.new_page()
    page.goto(OCTOBER)

    page.locator("details.user > summary").click()
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    context.close()
