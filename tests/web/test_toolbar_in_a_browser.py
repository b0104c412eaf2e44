"""The report's toolbar in a browser: its two rows, one stop a group, and a phone's."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook_axe import Axe, axe
from daybook_layout import HEIGHT, faults, top_of
from daybook_long_names import MONTH, UNBROKEN
from daybook_site import Site, serving
from daybook_tabs import signed_in

WIDE = (1440, 1280, 1024)
LONG = f"{MONTH}&customer=cus_{UNBROKEN[:20]}"
STATES = {
    "plain": MONTH,
    "a chip": LONG,
    "chips": f"{LONG}&source=INVOICE&search=VOID&account=DEFERRED&type=SYSTEM",
    "days": f"{MONTH}&from=2025-09-15&to=2025-11-15",
    "quick": f"{MONTH}&voided=yes",
    "groups": f"{MONTH}&group_by=customer",
    "nothing": f"{MONTH}&search=zzz",
    "another page": f"{MONTH}&sort=-recognized",
}
UNFILTERED = {"plain", "quick", "another page"}
STOPS_MAX = 12

__all__ = ["axe"]


@pytest.fixture(scope="module")
def site(long_names: URL) -> Iterator[Site]:
    """A server over the long names."""
    with serving(long_names) as served:
        yield served


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    with signed_in(browser, site) as tab:
        yield tab


def wide(tab: Page, width: int = 1440) -> None:
    tab.set_viewport_size({"width": width, "height": HEIGHT})


@pytest.mark.parametrize("state", STATES)
def test_the_toolbar_has_two_rows_and_nothing_runs_into_anything(
    tab: Page, state: str
) -> None:
    """Filters that are set go on in further lines where they don't fit on one."""
    most = 80 if state in UNFILTERED else 152
    wide(tab)
    tab.goto(STATES[state])

    for width in WIDE:
        wide(tab, width)
        assert faults(tab, width, ".toolbar-row") == []
        toolbar = tab.locator("#journals-toolbar").bounding_box()
        assert toolbar is not None and toolbar["height"] <= most, width
        narrowing = tab.locator("#narrowing")
        assert narrowing.evaluate("its => its.scrollWidth <= its.clientWidth"), width
        for row in tab.locator(".toolbar-row").all():
            tops = row.evaluate(
                "row => [...row.children].map(e => e.getBoundingClientRect())"
                ".filter(box => box.height).map(box => box.top + box.height / 2)"
            )
            assert max(tops) - min(tops) <= 6, (width, tops)
    wide(tab)
    if state != "nothing":
        assert top_of(tab, ".journals tbody tr") < 400


def test_a_phone_has_ledger_and_month_then_filters_and_no_sideways_scroll(
    tab: Page,
) -> None:
    wide(tab, 390)
    tab.goto(STATES["chips"])

    ledger, month = tab.locator("#ledgers"), tab.locator("#month-picker")
    lock, filters = tab.locator("a.lock"), tab.locator("#filter-menu")
    places = [one.bounding_box() for one in (ledger, month, lock)]
    tops = [box["y"] + box["height"] / 2 for box in places if box]
    assert len(tops) == 3 and max(tops) - min(tops) <= 6
    below = filters.bounding_box()
    assert below is not None and below["y"] > max(tops)
    expect(lock).to_have_accessible_name(re.compile("Period lock: Open"))
    expect(filters).to_have_accessible_name("Filter , set: 5")
    assert faults(tab, 390, ".journals tr") == []

    # The sheet is at the foot of the window, with its button in sight.
    filters.click()
    sheet = tab.locator("#filters").bounding_box()
    assert sheet is not None
    assert sheet["x"] == 0 and sheet["width"] == 390
    assert sheet["y"] + sheet["height"] <= HEIGHT
    expect(tab.get_by_role("button", name="Show the journals")).to_be_in_viewport()
    assert faults(tab, 390, "#filters") == []
    tab.mouse.click(200, 20)  # beside it
    expect(tab.locator("#filters")).to_be_hidden()

    # The search opens to the window's width.
    tab.locator("#filter-search").focus()
    expect(tab.locator(".search")).to_have_css("flex-basis", "100%")


def test_an_invoice_is_suggested_by_a_part_of_its_number(tab: Page) -> None:
    wide(tab)
    tab.goto(STATES["plain"])
    tab.locator("#filter-menu").click()
    invoice = tab.locator(".filter-entry").filter(has=tab.locator("#filter-invoice"))
    invoice.locator("summary").click()

    tab.locator("#filter-invoice").press_sequentially("long-2025")

    options = tab.locator("#invoice-options option")
    expect(options).to_have_count(1)
    expect(options).to_have_text(re.compile("INV-LONG-2025"))
    tab.locator("#filter-invoice").fill(options.get_attribute("value") or "")
    tab.get_by_role("button", name="Show the journals").click()
    expect(tab).to_have_url(re.compile("invoice="))
    expect(tab.locator(".journals tbody tr")).to_contain_text("INV-LONG-2025")


def stops_between(tab: Page, start: str, end: str) -> list[str]:
    """What Tab leads to after an element, up to another."""
    tab.locator(start).first.focus()
    stops: list[str] = []
    wanted = tab.locator(end).first.evaluate("e => e.getAttribute('href')")
    here = "document.activeElement"
    while len(stops) < 40:
        tab.keyboard.press("Tab")
        stops.append(tab.evaluate(f"{here}.id || {here}.textContent.trim()"))
        if tab.evaluate(f"{here}.getAttribute('href')") == wanted:
            return stops
    raise AssertionError(f"Tab does not lead to {end}: {stops}")


def test_the_first_row_is_at_most_twelve_stops_from_the_skip_link(tab: Page) -> None:
    wide(tab)
    tab.goto(STATES["chips"].replace("&search=VOID", ""))

    stops = stops_between(tab, "a.skip-link", "table.journals tbody a")

    assert len(stops) <= STOPS_MAX, stops


def test_without_scripts_a_second_link_skips_to_the_journals(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    context.add_cookies([site.cookie()])
    page = context.new_page()
    page.goto(MONTH)

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the journals")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#sort-number")).to_be_focused()

    # All menus and links work.
    page.locator("#month-picker").click()
    page.get_by_role("link", name="Sep", exact=True).click()
    expect(page.locator("#report-status")).to_contain_text("September 2025")
    page.locator("#columns").click()
    page.get_by_label("Status").uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("th.c-status")).to_have_count(0)
    page.get_by_role("link", name="Recognized", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Recognized")
    page.get_by_label("Search").fill("LARGEST")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#report-status")).to_have_text("No journals, September 2025")
    context.close()


def test_keys_lead_to_the_search_the_filters_and_the_months(tab: Page) -> None:
    wide(tab)
    tab.goto(MONTH)

    tab.keyboard.press("/")
    expect(tab.locator("#filter-search")).to_be_focused()
    tab.keyboard.type("Largest")
    tab.keyboard.press("Enter")
    expect(tab.locator("#report-status")).to_have_text("1 journal, October 2025")
    # What is typed on stays, and so does the focus.
    expect(tab.locator("#filter-search")).to_be_focused()
    tab.locator("#journals-toolbar h1").click()
    tab.keyboard.press("[")
    expect(tab.locator("#report-status")).to_contain_text("September 2025")
    tab.keyboard.press("f")
    expect(tab.locator("#filters")).to_be_visible()
    expect(tab.locator("#filters summary").first).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#filter-customer")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(tab.locator("#filter-menu")).to_be_focused()


def test_the_way_out_of_what_is_wrong_opens_its_field(tab: Page) -> None:
    wide(tab)
    tab.goto(f"{MONTH}&invoice=nothing")
    alert = tab.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(tab.locator("table.journals tbody tr").first).to_be_visible()

    alert.get_by_role("link", name="Change it").click()

    expect(tab.locator("#filter-invoice")).to_be_visible()
    expect(tab.locator("#filter-invoice")).to_have_value("nothing")


def test_the_focus_stays_in_its_group_when_the_report_is_swapped(tab: Page) -> None:
    wide(tab)
    tab.goto(MONTH)

    tab.locator("#month-after").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#report-status")).to_contain_text("November 2025")
    expect(tab.locator("#month-after")).to_be_focused()
    tab.locator("#sort-customer").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("th[aria-sort=ascending]")).to_contain_text("Customer")
    expect(tab.locator("#sort-customer")).to_be_focused()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#sort-document")).to_be_focused()
    tab.goto(f"{MONTH}&voided=yes&source=INVOICE")
    tab.get_by_role("link", name="Remove the filter Source").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("link", name="Remove the filter Source")).to_have_count(0)
    assert tab.evaluate("document.activeElement.closest('#narrowing') !== null")


def test_filters_open_one_at_a_time_and_set_a_chip(tab: Page) -> None:
    wide(tab)
    tab.goto(MONTH)
    tab.locator("#filter-menu").click()
    entries = tab.locator("#filters summary")

    entries.get_by_text("Customer", exact=True).click()
    expect(tab.locator("#filter-customer")).to_be_focused()
    entries.get_by_text("Account", exact=True).click()
    expect(tab.locator("#filter-customer")).to_be_hidden()
    expect(tab.locator("#filter-account")).to_be_focused()
    tab.locator("#filter-account").select_option("DEFERRED")
    tab.get_by_role("button", name="Show the journals").click()

    expect(tab.get_by_role("link", name="Remove the filter Account")).to_be_visible()
    expect(tab.locator("#filters")).to_be_hidden()
    expect(tab.locator("#filter-menu")).to_be_focused()
    tab.locator("#filter-menu").click()
    expect(tab.locator(".filter-value")).to_have_text("Deferred Revenue")
    tab.get_by_role("link", name="Clear all filters").click()
    expect(tab.locator(".filter-count")).to_have_count(0)


@pytest.mark.parametrize(
    "menu", ["#filter-menu", "#month-picker", "#columns", "#downloads"]
)
def test_menus_are_accessible(tab: Page, axe: Axe, menu: str) -> None:
    wide(tab, 1280)
    tab.goto(STATES["chips"].replace("&search=VOID", ""))

    tab.locator(menu).click()

    assert axe.faults(tab) == []
    wide(tab, 1280)
    panel = tab.locator(f"details:has(> {menu}) > .menu-panel")
    box = panel.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 1280
