"""Reports in a real browser: sums that follow, and all of it without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook_site import Site, serving

WATERFALL = "/reports/waterfall?currency=USD"
IN_VIEW = """
  [...document.querySelectorAll("td.amount, th.amount")]
    .filter((cell) => cell.offsetParent !== null)
    .filter((cell) => cell.scrollWidth > cell.clientWidth
      || cell.getClientRects().length > 1)
    .map((cell) => cell.textContent)
"""
"""The amounts that are cut or wrapped."""


@pytest.fixture(scope="module")
def site(filled_sqlite: URL) -> Iterator[Site]:
    """Address of the application over a ledger of forty customers."""
    with serving(filled_sqlite) as address:
        yield address


def tab_of(browser: Browser, site: Site, *, scripts: bool) -> Page:
    context = browser.new_context(
        base_url=site.address, locale="en-GB", java_script_enabled=scripts
    )
    context.add_cookies([site.cookie()])
    context.set_default_timeout(60_000)
    return context.new_page()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_sums_of_a_long_report_follow_its_rows(
    browser: Browser,
    site: Site,
    scripts: bool,  # noqa: FBT001  (pytest's)
) -> None:
    page = tab_of(browser, site, scripts=scripts)

    page.goto("/reports/deferred-revenue?currency=USD")

    sums = page.get_by_role("row", name="All rows")
    expect(sums).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Summing the whole report")).not_to_be_visible()
    expect(page.locator(".ties")).to_contain_text("= Deferred in the journal report")
    # The address stays the report's own where scripts put the sums in place.
    assert ("totals=yes" in page.url) != scripts
    page.context.close()


def test_a_report_is_filtered_and_followed_to_its_journals_without_scripts(
    browser: Browser, site: Site
) -> None:
    page = tab_of(browser, site, scripts=False)
    page.goto(WATERFALL)

    page.get_by_role("main").get_by_text("Filter", exact=True).click()
    page.get_by_label("Customer", exact=True).fill("cus_3")
    page.get_by_role("button", name="Show the report").click()
    expect(page.get_by_role("link", name="Remove the filter Customer")).to_be_visible()
    page.get_by_role("row", name="All 1 customer").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Journals", exact=True)).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_amount_is_cut_and_the_page_is_never_wider_than_its_window(
    browser: Browser, site: Site, width: int
) -> None:
    page = tab_of(browser, site, scripts=True)
    page.set_viewport_size({"width": width, "height": 900})

    for url in (f"{WATERFALL}&totals=yes", "/reports/roll-forward?currency=USD"):
        page.goto(url)
        assert page.evaluate(IN_VIEW) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
