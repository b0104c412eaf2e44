"""The pages in a real browser: swaps, history, the keyboard, and without scripts."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from sqlalchemy import URL

from daybook_axe import WIDTHS, fits
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_site import Site, serving

OCTOBER = "/journals?currency=USD&month=2025-10"
WATCH_POLICY = """
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`));
"""
# The browser logs every answer of these kinds, and tests ask for some.
REFUSED = re.compile("the server responded with a status of (404|422)")


@pytest.fixture(scope="module")
def site(filled_sqlite: URL) -> Iterator[Site]:
    """Address of the application over the known ledger."""
    with serving(filled_sqlite) as address:
        yield address


class Watched(NamedTuple):
    """A tab, and what it logged."""

    page: Page
    errors: list[str]


@pytest.fixture(scope="module")
def watched(browser: Browser, site: Site) -> Iterator[Watched]:
    """A tab for all tests of this file: another takes a second of the processor."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        is_bad = message.type in {"error", "warning"}
        if is_bad and not REFUSED.search(message.text):
            errors.append(message.text)

    context = browser.new_context(base_url=site.address, locale="en-GB")
    context.add_cookies([site.cookie()])
    context.set_default_timeout(60_000)
    context.add_init_script(WATCH_POLICY)
    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Watched(page, errors)
    context.close()


@pytest.fixture
def tab(watched: Watched) -> Iterator[Page]:
    """A tab that may not log an error, but for what the server refused."""
    watched.errors.clear()
    yield watched.page
    watched.page.goto("about:blank")
    assert watched.errors == []


def mark(page: Page) -> None:
    """Leave a mark that a swap keeps and a new document has not."""
    page.evaluate("window.mark = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.mark === true"))


def rows(page: Page, count: int) -> None:
    """Wait until the report lists so many journals."""
    expect(page.locator("table.journals tbody tr")).to_have_count(count)


def address(page: Page, pattern: str) -> None:
    """Wait until the address contains the pattern; a swap sets it after its text."""
    expect(page).to_have_url(re.compile(pattern))


def open_filter(page: Page) -> None:
    page.locator("#filter-menu").click()


def open_field(page: Page, name: str) -> None:
    """Open the menu at a filter, whose field gets the focus where there are scripts."""
    if not page.locator("#filters").is_visible():
        open_filter(page)
    page.locator("#filters summary").get_by_text(name, exact=True).click()


def show(page: Page) -> None:
    page.get_by_role("button", name="Show the journals").click()


def status(page: Page, text: str) -> None:
    expect(page.locator("#report-status")).to_have_text(text)


def test_a_filter_swaps_the_report_and_back_brings_it_back(tab: Page) -> None:
    tab.goto(OCTOBER)
    mark(tab)

    open_field(tab, "Source")
    tab.get_by_role("checkbox", name="Credit note").check()
    show(tab)
    status(tab, "2 journals, October 2025")
    rows(tab, 2)
    address(tab, r"/journals\?currency=USD&month=2025-10&source=CREDIT_NOTE$")

    tab.get_by_label("Search").fill("CN_1")
    tab.get_by_label("Search").press("Enter")
    status(tab, "1 journal, October 2025")
    address(tab, "search=CN_1")

    tab.go_back()
    status(tab, "2 journals, October 2025")
    expect(tab.locator("#filter-search")).to_have_value("")
    expect(tab.locator("#source-credit-note")).to_be_checked()
    tab.go_back()
    status(tab, "120 journals, October 2025")
    expect(tab.locator("#source-credit-note")).not_to_be_checked()
    tab.go_forward()
    status(tab, "2 journals, October 2025")
    assert is_marked(tab)


def test_a_month_changes_the_title_and_the_address(tab: Page) -> None:
    tab.goto(OCTOBER)
    mark(tab)

    tab.locator("#month-after").click()
    expect(tab).to_have_title("Journals, November 2025, USD – My company – Daybook")
    address(tab, "month=2025-11$")
    tab.locator("#month-picker").click()
    tab.get_by_label("Month", exact=True).fill("2025-02")
    tab.get_by_role("button", name="Show", exact=True).click()
    expect(tab).to_have_title("Journals, February 2025, USD – My company – Daybook")
    tab.locator("#month-picker").click()
    tab.get_by_role("link", name="Q1", exact=True).click()

    status(tab, "354 journals, 1 Jan – 31 Mar 2025")
    # The menu is closed, and the focus where it was opened.
    expect(tab.locator("#month-picker")).to_be_focused()
    assert is_marked(tab)


def test_a_chip_takes_its_filter_away(tab: Page) -> None:
    tab.goto(f"{OCTOBER}&customer=cus_5&source=INVOICE")

    tab.get_by_role("link", name="Remove the filter Customer").click()

    status(tab, "118 journals, October 2025")
    expect(tab.locator("#filter-customer")).to_have_value("")
    expect(tab.locator("#source-invoice")).to_be_checked()


def test_pages_of_journals_swap_and_the_focus_goes_to_their_rows(tab: Page) -> None:
    tab.goto(OCTOBER)
    mark(tab)
    first = tab.locator("table.journals tbody th").first.inner_text()

    tab.get_by_role("link", name="Next journals").last.click()
    expect(tab.locator("table.journals tbody th").first).not_to_have_text(first)
    expect(tab.locator("#rows")).to_be_focused()
    address(tab, "after=")
    tab.get_by_role("link", name="Next journals").first.click()
    expect(tab.get_by_role("link", name="Next journals")).to_have_count(0)
    rows(tab, 20)
    expect(tab.locator(".place-words")).to_have_text("101–120 of 120")
    tab.go_back()
    tab.go_back()

    expect(tab.locator("table.journals tbody th").first).to_have_text(first)
    assert is_marked(tab)


def test_typing_fills_the_list_of_customers(tab: Page) -> None:
    tab.goto(OCTOBER)

    open_field(tab, "Customer")
    expect(tab.locator("#filter-customer")).to_be_focused()
    tab.keyboard.type("pany 33")

    option = tab.locator("#customer-options option")
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("value", "cus_33")
    expect(tab.locator("#filter-customer")).to_be_focused()
    assert tab.url.endswith(OCTOBER)


def test_what_is_wrong_is_said_once_and_the_last_report_stays(tab: Page) -> None:
    tab.goto(f"{OCTOBER}&source=INVOICE")
    mark(tab)
    status(tab, "118 journals, October 2025")

    open_field(tab, "Customer")
    expect(tab.locator("#filter-customer")).to_be_focused()
    tab.keyboard.type("ompany 12")
    tab.keyboard.press("Enter")
    alert = tab.get_by_role("alert")
    expect(alert).to_contain_text("no customer with the id or the name “ompany 12”")
    expect(alert).to_contain_text("This is the report that you had.")
    # Nothing else changed: the report, what is typed, the focus and the address.
    status(tab, "118 journals, October 2025")
    expect(tab.locator("#filter-customer")).to_be_focused()
    expect(tab.locator("#filter-customer")).to_have_value("ompany 12")
    assert tab.url.endswith(f"{OCTOBER}&source=INVOICE")
    assert tab.get_by_text("ompany 12”").count() == 1
    # An open menu hides nothing of it.
    box, menu = alert.bounding_box(), tab.locator("#filters").bounding_box()
    assert box is not None and menu is not None
    assert box["y"] + box["height"] <= menu["y"]
    alert.get_by_role("link", name="Company 12 (cus_12)").click()

    status(tab, "3 journals, October 2025")
    expect(alert).to_be_hidden()
    assert is_marked(tab)


def test_an_exact_name_is_found_and_its_id_is_in_the_address(tab: Page) -> None:
    tab.goto(OCTOBER)
    mark(tab)

    open_field(tab, "Customer")
    tab.keyboard.type("Company 12")
    tab.keyboard.press("Enter")

    status(tab, "3 journals, October 2025")
    address(tab, "customer=cus_12")
    expect(tab.get_by_role("link", name="Remove the filter Customer")).to_contain_text(
        "Company 12"
    )
    assert is_marked(tab)


def test_the_keyboard_alone_leads_to_a_journal_and_back(tab: Page) -> None:
    tab.goto(OCTOBER)

    def press_until(key: str, wanted: str) -> None:
        for _ in range(80):
            tab.keyboard.press(key)
            element = "document.activeElement"
            here = tab.evaluate(f"{element}.getAttribute('href') ?? {element}.id")
            if re.search(wanted, here):
                return
        raise AssertionError(f"{key} does not lead to {wanted}")

    press_until("Tab", "^#main$")
    tab.keyboard.press("Enter")
    press_until("Tab", "^filter-search$")
    tab.keyboard.type("CN_2")
    tab.keyboard.press("Enter")
    status(tab, "1 journal, October 2025")
    press_until("Tab", "^/journals/USD/")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Journal ")
    press_until("Tab", r"^/journals\?.*search=CN_2")
    tab.keyboard.press("Enter")

    status(tab, "1 journal, October 2025")
    expect(tab.locator("#filter-search")).to_have_value("CN_2")


def test_back_from_a_journal_shows_the_report_as_it_was(tab: Page) -> None:
    tab.goto(OCTOBER)
    open_field(tab, "Source")
    tab.get_by_role("checkbox", name="Credit note").check()
    show(tab)
    status(tab, "2 journals, October 2025")

    tab.locator("table.journals tbody th a").first.click()
    expect(tab).to_have_title(re.compile("^Journal [0-9]+, USD"))
    tab.go_back()

    status(tab, "2 journals, October 2025")
    expect(tab.locator("#source-credit-note")).to_be_checked()
    expect(tab.locator("main")).to_have_count(1)


def test_an_error_takes_the_whole_page(tab: Page) -> None:
    tab.goto(f"{OCTOBER}&customer=cus_5")
    hidden = tab.locator("#filters [name=currency]")
    hidden.evaluate("element => element.setAttribute('value', 'EUR')")
    open_filter(tab)

    show(tab)

    expect(tab.get_by_role("heading", level=1)).to_have_text("Ledger not found")
    expect(tab.locator("header.site-header")).to_have_count(1)


def test_no_page_is_wider_than_its_window(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address)
    context.add_cookies([site.cookie()])
    page = context.new_page()

    for path in (OCTOBER, "/journals/USD/1", "/nowhere"):
        page.goto(path)
        for width in (320, *WIDTHS):
            assert fits(page, width), (path, width)
    context.close()


def test_without_scripts_the_report_filters_and_pages(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    context.add_cookies([site.cookie()])
    page = context.new_page()
    page.goto(OCTOBER)

    open_field(page, "Product")
    page.locator("#filters").get_by_label("Product").fill("prod_1")
    open_field(page, "Source")
    page.get_by_role("checkbox", name="Credit note").check()
    page.get_by_role("checkbox", name="Invoice").check()
    show(page)
    status(page, "80 journals, October 2025")
    page.get_by_role("link", name="Next journals").last.click()
    rows(page, 30)
    page.get_by_role("link", name="Remove the filter Product").click()
    status(page, "120 journals, October 2025")
    open_field(page, "Posted between")
    page.get_by_label("From day").fill("2025-12-31")
    page.get_by_label("To day").fill("2025-01-01")
    show(page)
    expect(page.get_by_role("alert")).to_contain_text("ends before it starts")
    expect(page.locator("#filter-from")).to_have_value("2025-12-31")
    status(page, "118 journals, from 31 Dec 2025")

    context.close()


def test_the_explorer_asks_and_listens_as_who_is_signed_in(
    browser: Browser, filled_sqlite: URL
) -> None:
    with serving(filled_sqlite, graphiql=True) as site:
        context = browser.new_context(base_url=site.address)
        context.add_cookies([site.cookie()])
        page = context.new_page()
        outside: list[str] = []
        page.on(
            "request",
            lambda one: (
                None
                if one.url.startswith((site.address, "data:"))
                else outside.append(one.url)
            ),
        )
        page.goto("/graphiql")

        page.get_by_role("button", name="Execute").click()

        answer = page.locator(".result-window")
        expect(answer).to_contain_text("ada@example.com")
        ledger = encode(LedgerId("USD"))
        query = (
            f'subscription {{ ledgerChanged(ledgerId: "{ledger}") {{ recording }} }}'
        )
        page.evaluate(
            "text => document.querySelector('.graphiql-query-editor .CodeMirror')"
            ".CodeMirror.setValue(text)",
            query,
        )
        page.get_by_role("button", name="Execute").click()
        expect(answer).to_contain_text("ledgerChanged")
        context.close()
    assert outside == []


def test_there_is_no_explorer_unless_it_is_allowed(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(base_url=site.address)
    context.add_cookies([site.cookie()])
    answer = context.new_page().goto("/graphiql")
    assert answer is not None and answer.status == 404
    context.close()
