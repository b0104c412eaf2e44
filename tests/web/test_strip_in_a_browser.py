"""The strip of the report in a browser: its months, its links, and what loads late."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL

from daybook.reports.journals import figures
from daybook_browsing import Site as Commands
from daybook_factories import credit_note, line, record
from daybook_layout import HEIGHT, faults
from daybook_long_names import MONTH
from daybook_services.database import copy_sqlite
from daybook_site import Site, serving
from daybook_tabs import signed_in

WIDTHS = (1440, 1280, 1024, 390)
SEARCH = f"{MONTH}&search=Usage"


@pytest.fixture(scope="module")
def ledger(long_names: URL, tmp_path_factory: pytest.TempPathFactory) -> URL:
    """The long names, and a year that was refunded."""
    path = tmp_path_factory.mktemp("strip") / "daybook.db"
    url = copy_sqlite(Path(str(long_names.database)), path)
    refund = credit_note("cn_year", line(), invoice_id=None, customer="refunded")
    Commands(url).run(record, refund, on="2025-10-15")
    return url


@pytest.fixture(scope="module")
def site(ledger: URL) -> Iterator[Site]:
    """Address of the application over it."""
    with serving(ledger) as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody who is signed in, for all tests of this file."""
    with signed_in(browser, site) as tab:
        yield tab


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_into_anything_in_the_strip(tab: Page, width: int) -> None:
    tab.goto(MONTH)

    assert faults(tab, width, ".journals-strip") == []
    expect(tab.locator(".bar:visible")).to_have_count(6 if width == 390 else 12)
    scheduled = tab.locator(".stat-scheduled:visible")
    expect(scheduled).to_have_count(1 if width == 390 else 4)


def test_the_running_month_is_split_and_a_month_below_zero_hangs(tab: Page) -> None:
    tab.set_viewport_size({"width": 1440, "height": HEIGHT})
    tab.goto(f"{MONTH}&customer=refunded")
    running = tab.locator(".bar[aria-current]")
    posted, scheduled = (
        running.locator(".bar-posted"),
        running.locator(".bar-scheduled"),
    )

    line = running.locator(".bar-zero").bounding_box()
    first, second = posted.bounding_box(), scheduled.bounding_box()

    # What was refunded is below zero: both parts hang, one below the other.
    assert line is not None and first is not None and second is not None
    assert first["y"] >= line["y"] - 2
    assert second["y"] >= first["y"] + first["height"] - 2
    style = "element => getComputedStyle(element).strokeDasharray"
    assert scheduled.evaluate(style) != "none" == posted.evaluate(style)


def test_months_and_numbers_are_links_and_each_group_is_one_stop(tab: Page) -> None:
    tab.set_viewport_size({"width": 1440, "height": HEIGHT})
    tab.goto(MONTH)
    stops = tab.locator(".journals-strip a[tabindex='0']")
    expect(stops).to_have_count(2)

    tab.locator(".bar[aria-current]").focus()
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("Enter")
    expect(tab.locator("#report-status")).to_contain_text("September 2025")
    tab.go_back()
    expect(tab.locator("#report-status")).to_contain_text("October 2025")
    tab.locator("#balance-recognized a").click()

    expect(tab.locator("#report-status")).to_contain_text("up to 15 Oct 2025")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_what_takes_long_comes_late_and_without_scripts_by_a_link(
    browser: Browser, ledger: URL, monkeypatch: pytest.MonkeyPatch, *, has_scripts: bool
) -> None:
    monkeypatch.setattr(figures, "QUICK_JOURNALS", 0)
    with serving(ledger) as site:  # one that knows nothing of the ledger yet
        context = browser.new_context(
            base_url=site.address, java_script_enabled=has_scripts
        )
        context.add_cookies([site.cookie()])
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(SEARCH)
        balance = page.locator("#balance-unbilled")
        if not has_scripts:
            expect(balance).to_have_text("Balance of these …")
            page.get_by_role("link", name="Sum the months and balances").click()

        expect(page.locator(".bar")).to_have_count(12)
        expect(balance).to_contain_text("677,419,354.80")
        if has_scripts:
            assert page.url.endswith(SEARCH)
        context.close()
