"""Prints of the report and of a journal: what they say, and what they hold."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook_long_names import LONG_NAME, MONTH
from daybook_site import Site, serving

LONG_LIST = "/journals?currency=USD&month=2025-10"
PAPER = {"width": 1032, "height": 720}
"""What an A4 page in landscape has room for."""


@pytest.fixture(scope="module")
def site(long_names: URL) -> Iterator[Site]:
    """Address of the application over the long names."""
    with serving(long_names) as address:
        yield address


@pytest.fixture(scope="module")
def long_list(filled_sqlite: URL) -> Iterator[Site]:
    """Address of the application over 120 journals a month."""
    with serving(filled_sqlite) as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody who is signed in at both, on paper."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([site.cookie()])
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def on_paper(tab: Page) -> None:
    """Each test begins with a print."""
    tab.emulate_media(media="print")


def sign_in(tab: Page, site: Site) -> None:
    """Both sites are one host to a browser, so one cookie follows the other."""
    tab.context.add_cookies([site.cookie()])


def paper(pdf: bytes) -> tuple[int, set[tuple[int, int]]]:
    """How many pages a PDF has, and how large they are in points."""
    (count,) = re.findall(rb"/Count (\d+)", pdf)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return int(count), {(round(float(w)), round(float(h))) for w, h in sizes}


def said_by(tab: Page) -> list[str]:
    """What a print says first."""
    line = tab.locator(".print-line")
    expect(line).to_be_visible()
    return [" ".join(fact.split()) for fact in line.locator("> *").all_inner_texts()]


def test_a_print_says_what_it_is_of_and_how_much_is_missing(
    tab: Page, long_list: Site
) -> None:
    sign_in(tab, long_list)
    tab.goto(f"{long_list.address}{LONG_LIST}&source=INVOICE")

    said = said_by(tab)

    assert said == [
        *("My company", "USD ledger", "October 2025"),
        *("With scheduled", "Source Invoice"),
        "Journals 1–50 of 118: 68 are not on this print",
        "Loaded 15 Oct 2025, 12:00 UTC by ada@example.com",
    ]
    expect(tab.get_by_role("heading", name="Journals")).to_be_visible()
    for clicked in (".site-header", "#actions", "#narrowing", "#place", ".pager"):
        for each in tab.locator(clicked).all():
            expect(each).to_be_hidden()
    expect(tab.locator(".journals tbody tr")).to_have_count(50)


def test_all_rows_are_loaded_to_be_printed(tab: Page, long_list: Site) -> None:
    sign_in(tab, long_list)
    tab.goto(f"{long_list.address}{LONG_LIST}")
    tab.emulate_media(media="screen")
    tab.locator("#downloads").click()

    more = tab.get_by_role("link", name="All 120 journals")
    tab.goto(f"{long_list.address}{more.get_attribute('href')}")

    expect(tab.locator(".journals tbody tr")).to_have_count(120)
    note = tab.locator(".print-note")
    expect(note).to_contain_text("To be printed: All 120 journals.")
    tab.emulate_media(media="print")
    pdf = tab.pdf(prefer_css_page_size=True)
    assert "All 120 journals" in said_by(tab)
    expect(note).to_be_hidden()
    pages, sizes = paper(pdf)
    assert pages > 2
    ((width, height),) = sizes
    assert width > height, "in landscape"
    heads = tab.locator(".journals thead")
    shown = "e => getComputedStyle(e).display"
    assert heads.evaluate(shown) == "table-header-group", "on each page"
    assert tab.get_by_role("link", name="In pages of 50").count() == 0  # it is hidden
    numbers = tab.evaluate(
        """() => [...document.styleSheets].some(sheet => [...sheet.cssRules].some(
          rule => rule instanceof CSSPageRule && rule.cssText.includes("pages")))"""
    )
    assert numbers


def test_a_print_has_all_columns_and_nothing_runs_into_anything(
    tab: Page, site: Site
) -> None:
    sign_in(tab, site)
    tab.set_viewport_size({"width": PAPER["width"], "height": PAPER["height"]})
    tab.goto(f"{site.address}{MONTH}")

    heads = tab.locator(".journals .heads th")
    names = [" ".join(text.split()) for text in heads.all_inner_texts()]
    assert [name.removesuffix(" ↑") for name in names] == [
        *("No.", "Customer, product", "Document, source"),
        *("Billed", "Unbilled", "Deferred", "Recognized", "Status"),
    ]
    clipped = tab.evaluate(
        """() => [...document.querySelectorAll(".journals :is(td, th, .amount *)")]
          .filter(e => !e.matches(".visually-hidden"))
          .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"""
    )
    assert clipped == []
    tab.goto(f"{site.address}{MONTH}&search=Extraordinarily")
    name = tab.locator("tbody .customer .clamp")
    expect(name).to_have_attribute("title", LONG_NAME)
    assert name.evaluate("e => e.scrollHeight <= e.clientHeight + 1"), "the whole name"


def test_a_print_of_a_journal_says_what_it_is_of(tab: Page, site: Site) -> None:
    sign_in(tab, site)
    tab.goto(f"{site.address}/journals/USD/1?as_of=2025-10-15")

    said = said_by(tab)

    assert said == [
        *("My company", "USD ledger", "Journal 1"),
        "As known at the end of 15 Oct 2025",
        "Loaded 15 Oct 2025, 12:00 UTC by ada@example.com",
    ]
    expect(tab.locator(".site-header")).to_be_hidden()
    _, ((width, height),) = paper(tab.pdf(prefer_css_page_size=True))
    assert width < height, "upright"


def test_a_screen_has_no_line_for_prints(tab: Page, site: Site) -> None:
    sign_in(tab, site)
    tab.emulate_media(media="screen")
    tab.goto(f"{site.address}{MONTH}")

    expect(tab.locator(".print-line")).to_be_hidden()
