"""The list of the report in a browser: nothing runs into anything."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook_layout import HEIGHT, faults, top_of, unread
from daybook_long_names import LONG_NAME, LONG_REFERENCE, MONTH, UNBROKEN
from daybook_site import Site, serving

WIDTHS = (1440, 1280, 1024, 390)
LISTS = {
    "nine figures": f"{MONTH}&search=LARGEST",
    "long names": f"{MONTH}&search=Extraordinarily",
    "a long word": f"{MONTH}&search=INV-VOID",
    "unbilled": f"{MONTH}&search=Usage",
    "the first page": MONTH,
    "groups": f"{MONTH}&group_by=customer,product,document",
    "groups of parties": f"{MONTH}&group_by=customer,product",
    "groups of days": f"{MONTH}&group_by=customer,product&granularity=daily",
    "a group": f"{MONTH}&group_by=none",
}


@pytest.fixture(scope="module")
def site(long_names: URL) -> Iterator[Site]:
    """Address of the application over the long names."""
    with serving(long_names) as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody who is signed in, for all tests of this file."""
    context = browser.new_context(base_url=site.address)
    context.add_cookies([site.cookie()])
    page = context.new_page()
    yield page
    context.close()


@pytest.mark.parametrize("name", LISTS)
def test_nothing_runs_into_anything(tab: Page, name: str) -> None:
    tab.goto(LISTS[name])

    assert [
        (w, fault) for w in WIDTHS for fault in faults(tab, w, ".journals tr")
    ] == []
    expect(tab.locator(".journals tbody tr").first).to_be_visible()


def test_what_is_wrong_with_places_is_found(tab: Page) -> None:
    tab.goto(LISTS["nine figures"])
    tab.evaluate("document.querySelector('.journals').classList.remove('journals')")
    narrow = """
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        "td { max-inline-size: 3rem } .table-frame, .rows { overflow: visible }"
        + " tr { display: flex } td, th { flex: 0 0 3rem }");
      document.adoptedStyleSheets = [sheet];
    """
    tab.evaluate(narrow)

    assert any("meets" in fault for fault in faults(tab, 1440))
    assert any("outside of its cell" in fault for fault in faults(tab, 1440))
    assert unread(tab) == []
    tab.evaluate(
        """
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(".rows { inline-size: 9rem; font-size: 10px }");
        document.adoptedStyleSheets = [sheet];
        """
    )
    assert any("pixels high" in fault for fault in unread(tab))
    assert any("in a frame" in fault for fault in unread(tab))


def test_the_first_row_is_in_sight_below_what_accounts_gained(tab: Page) -> None:
    tab.set_viewport_size({"width": 1440, "height": HEIGHT})
    tab.goto(MONTH)

    assert top_of(tab, ".journals tbody tr") < 400
    strip = tab.locator(".journals-strip").bounding_box()
    assert strip is not None and strip["height"] <= 100
    assert faults(tab, 1440, ".journals-strip") == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_filter_s_menu_is_whole_in_its_window(tab: Page, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": HEIGHT})
    tab.goto(MONTH)
    form = tab.locator("#filters")
    expect(form).to_be_hidden()

    tab.locator("#filter-menu").click()

    box = form.bounding_box()
    assert box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert faults(tab, width, "#filters") == []


def test_names_are_cut_after_two_lines_and_whole_in_their_title(tab: Page) -> None:
    tab.set_viewport_size({"width": 1280, "height": HEIGHT})
    tab.goto(LISTS["long names"])
    name = tab.locator("tbody .customer .clamp")

    expect(name).to_have_attribute("title", LONG_NAME)
    expect(tab.locator("tbody .document .clamp")).to_have_attribute(
        "title", LONG_REFERENCE
    )
    lines = (
        "e => Math.round(e.clientHeight / parseFloat(getComputedStyle(e).lineHeight))"
    )
    assert name.evaluate(lines) == 2
    tab.goto(LISTS["a long word"])
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth")
    expect(name).to_have_text(UNBROKEN)


def test_the_heads_and_the_sums_stay_while_the_rows_scroll(tab: Page) -> None:
    tab.set_viewport_size({"width": 1440, "height": HEIGHT})
    tab.goto(MONTH)

    tab.locator("tbody tr").last.scroll_into_view_if_needed()

    heads = tab.locator(".journals .heads").bounding_box()
    sums = tab.locator(".journals .sums").bounding_box()
    assert heads is not None and sums is not None
    assert abs(heads["y"]) <= 1
    assert abs(sums["y"] - heads["height"]) <= 2
    assert tab.evaluate("scrollY") > 0


@pytest.mark.parametrize("width", WIDTHS)
def test_a_click_anywhere_in_a_row_opens_its_journal(tab: Page, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": HEIGHT})
    for at in (0.02, 0.5, 0.98):
        tab.goto(LISTS["unbilled"])
        row = tab.locator("tbody tr").first
        box = row.bounding_box()
        assert box is not None
        row.click(position={"x": box["width"] * at, "y": box["height"] / 2})

        expect(tab.get_by_role("heading", level=1)).to_contain_text("Journal ")


def test_a_phone_shows_a_card_for_each_journal(tab: Page) -> None:
    tab.set_viewport_size({"width": 390, "height": HEIGHT})
    tab.goto(LISTS["nine figures"])
    row = tab.locator("tbody tr").first

    expect(row.locator(".customer")).to_have_text("Largest Platform")
    expect(row.get_by_role("link")).to_have_accessible_name(
        re.compile("^Journal [0-9]+$")
    )
    amount = row.locator("td.recognized").bounding_box()
    assert amount is not None
    assert amount["x"] > 0 and amount["x"] + amount["width"] <= 390
    expect(row.locator("td.amount").first).to_be_hidden()
    expect(tab.get_by_role("cell", name="999,999,999.99").first).to_be_visible()


def test_a_phone_tells_groups_of_one_customer_apart(tab: Page) -> None:
    tab.set_viewport_size({"width": 390, "height": HEIGHT})
    tab.goto(LISTS["groups of days"])
    customer = tab.locator("tbody tr .customer").first

    for line in customer.locator(".second").all():
        expect(line).to_be_visible()
    expect(customer.locator(".when")).to_have_text(re.compile("^[0-9]+ [A-Z][a-z]+ 20"))
    tab.goto(LISTS["groups of parties"])
    expect(customer.locator(".second")).to_be_visible()
    expect(customer.locator(".when")).to_have_count(0)  # all of one month

    tab.set_viewport_size({"width": 1280, "height": HEIGHT})
    tab.goto(LISTS["groups of days"])
    expect(customer.locator(".when")).to_be_hidden()  # its key says it
