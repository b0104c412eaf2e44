"""The page of one journal in a browser: sum, versions, days, history, keys, places."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from daybook.db.engine import Database
from daybook_axe import Axe, axe
from daybook_factories import invoice, line, lock, record, terms
from daybook_layout import faults
from daybook_long_names import LONG_NAME, UNBROKEN
from daybook_long_names import fill as fill_long_names
from daybook_services.database import copy_sqlite
from daybook_site import Site, serving
from daybook_tabs import signed_in
from daybook_web.kit.formats import MINUS

__all__ = ["axe"]

WIDTHS = (1440, 1280, 1024, 390)
OCTOBER = ("2025-10-01", "2025-10-31")
MILL = "/journals?currency=USD&search=mill"
JANUARY, MARCH = (f"{MILL}&month=2025-{month}" for month in ("01", "03"))
LONG = "/journals?currency=USD&month=2025-10&search="
LINES = 1_000


@pytest.fixture(scope="module")
def site(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A server of long names, a revised invoice, and one of many lines."""
    path = tmp_path_factory.mktemp("journal") / "daybook.db"
    url = copy_sqlite(sqlite_template, path)

    async def fill() -> None:
        database = Database(url)
        await _revise(database)
        await fill_long_names(database)
        many = [
            line(str(number), its_terms=terms("31.00", OCTOBER))
            for number in range(1, LINES + 1)
        ]
        sold = invoice("many", *many, accounting_date="2025-10-01")
        await record(database, sold, on="2025-10-05")
        await database.close()

    with ThreadPoolExecutor(1) as thread:  # this one's loop is the browser's
        thread.submit(anyio.run, fill).result()
    with serving(url) as served:
        yield served


async def _revise(database: Database) -> None:
    """7,200.00 for 2025, then 6,600.00 after two months were locked, then 6,000.00."""
    first = line(its_terms=terms("7200.00"))
    sold = invoice("mill", first, customer="mill", customer_name="Old Mill")
    await record(database, sold)
    await lock(database, "2025-02-28", on="2025-03-01")
    for amount, day, name in (("6600", 2, "Anna Bell"), ("6000", 10, "Ben Oak")):
        changed = replace(sold, lines=(line(its_terms=terms(f"{amount}.00")),))
        await record(database, changed, on=f"2025-03-{day:02}", made_by=name)


@pytest.fixture(scope="module")
def shared(browser: Browser, site: Site) -> Iterator[Page]:
    with signed_in(browser, site) as tab:
        yield tab


@pytest.fixture
def tab(shared: Page) -> Page:
    """The tab, in a wide window."""
    shared.set_viewport_size({"width": 1440, "height": 900})
    return shared


def first_of(tab: Page, report: str) -> None:
    """Open the first journal of a report."""
    tab.goto(report)
    tab.locator("[data-row] a").first.click()
    expect(tab.locator("h1")).to_have_text(re.compile("^Journal [0-9]+$"))


def result(tab: Page) -> Locator:
    return tab.locator(".because-result")


def amounts(tab: Page, selector: str) -> list[int]:
    """Amounts in cents."""
    texts = tab.locator(selector).all_inner_texts()
    return [int(re.sub("[.,]", "", text).replace(MINUS, "-")) for text in texts]


def test_the_sum_comes_first_and_is_the_largest(tab: Page) -> None:
    first_of(tab, MARCH)

    first = tab.locator("main section").first
    expect(first).to_have_class(re.compile("because"))
    expect(result(tab)).to_contain_text("recognized in March 2025 for Old Mill")
    *lines, total = amounts(tab, ".because .amount:not(dd)")
    signs = tab.locator(".because-lines .sign").all_inner_texts()
    signed = zip(lines, signs, strict=True)
    assert sum(-at if MINUS in sign else at for at, sign in signed) == total
    sizes = tab.evaluate(
        "[...document.querySelectorAll('main *')].map("
        "(one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    largest = max(sizes)
    assert round(largest) >= 26
    assert (
        tab.evaluate(
            "parseFloat(getComputedStyle(document.querySelector("
            "'.because-result > .amount')).fontSize)"
        )
        == largest
    )


def test_a_movement_of_a_version_stands_beside_the_documents_versions(
    tab: Page,
) -> None:
    first_of(tab, JANUARY)

    billed = tab.locator(".movement", has_text="Billed Revenue")
    expect(billed.locator(".movement-amount")).to_have_text("7,200.00")
    expect(billed.locator(".badge")).to_have_text("Version 1")
    versions = tab.locator(".versions tbody tr")
    expect(versions.locator("th")).to_have_text(["3", "2", "1"])
    expect(versions.locator(".amount")).to_have_text(
        ["6,000.00", "6,600.00", "7,200.00"]
    )
    expect(tab.locator(".page-header .badge").first).to_have_text("Revised 10 Mar 2025")


def test_days_come_to_the_result_and_have_bars(tab: Page) -> None:
    first_of(tab, f"{LONG}inv_c1&customer=cus_Company 1")

    (total,) = amounts(tab, ".because-result > .amount")
    recognized = "td[data-label='Recognized']"
    assert sum(amounts(tab, f".days-table {recognized}")) == total
    bars = tab.locator(".days-bars rect")
    expect(bars).to_have_count(31)
    expect(tab.locator(".days-bars .bar-scheduled")).to_have_count(16)
    # No column says the same in all rows.
    for column in tab.locator(".days-table thead th.amount").all_inner_texts():
        cells = tab.locator(f".days-table td[data-label='{column}']").all_inner_texts()
        assert set(cells) != {"–"}


def test_the_slider_goes_back_and_forward_by_keys(tab: Page) -> None:
    first_of(tab, MARCH)
    tab.evaluate("window.mark = true")
    slider = tab.get_by_role("slider", name="After a recording")
    now = result(tab).locator(".amount").inner_text()
    expect(slider).to_have_value("3")

    slider.focus()
    tab.keyboard.press("ArrowLeft")
    expect(tab).to_have_url(re.compile("recording=3$"))
    expect(tab.locator(".as-of")).to_contain_text("As known after recording 3")
    expect(tab.locator(".versions tbody tr")).to_have_count(2)
    tab.keyboard.press("Home")
    expect(tab).to_have_url(re.compile("recording=1$"))
    expect(result(tab)).to_contain_text("600.00 = 7,200.00 ÷ 12")
    expect(slider).to_be_focused()
    expect(slider).to_have_value("1")
    expect(slider).to_have_attribute(
        "aria-valuetext", "600.00, recorded 1 Jan 2025, 12:00 UTC"
    )
    expect(tab.locator("[role=status]").first).to_have_text(
        "As known after recording 1: 600.00, recorded 1 Jan 2025, 12:00 UTC"
    )
    # The way back to the list, and its neighbours, are those of before.
    expect(tab.locator(".back a")).to_have_attribute("href", re.compile("search=mill"))
    expect(tab.locator(".journal-place")).to_contain_text("1 of 1")

    tab.keyboard.press("End")
    expect(result(tab).locator(".amount")).to_have_text(now)
    expect(tab.locator(".as-of")).to_have_count(0)
    assert tab.evaluate("window.mark"), "the page was loaded again"
    tab.go_back()
    expect(result(tab)).to_contain_text("600.00 = 7,200.00 ÷ 12")


def test_each_recording_has_its_amount_and_its_link_without_scripts(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    context.add_cookies([site.cookie()])
    page = context.new_page()
    first_of(page, MARCH)

    expect(page.locator("#history-slider")).to_be_hidden()
    steps = page.locator("#history > li")
    expect(steps.locator(".amount")).to_have_text(["300.00", "450.00", "600.00"])
    for step, name in ((0, "Ben Oak"), (1, "Anna Bell")):
        expect(steps.nth(step).locator(".history-why")).to_contain_text(name)
    steps.nth(1).get_by_role("link").click()
    expect(result(page)).to_contain_text("450.00")
    expect(page.locator("#history [aria-current]")).to_have_text(
        "2 Mar 2025, 12:00 UTC"
    )
    page.get_by_role("link", name="The journal as it is now").click()
    expect(result(page)).to_contain_text("300.00")
    context.close()


def test_j_and_k_go_through_the_filtered_list(tab: Page) -> None:
    report = f"{MILL}&from=2025-01-01&to=2025-03-31"
    first_of(tab, report)
    numbers = [int(re.sub("[^0-9]", "", tab.locator("h1").inner_text()))]
    place = tab.locator(".journal-place")
    expect(place).to_contain_text("1 of 3")

    for row in (2, 3):
        tab.keyboard.press("j")
        expect(place).to_contain_text(f"{row} of 3")
        numbers.append(int(re.sub("[^0-9]", "", tab.locator("h1").inner_text())))
    assert all(before < after for before, after in pairwise(numbers))
    expect(tab.get_by_role("link", name="Next: Journal")).to_have_count(0)
    tab.keyboard.press("k")
    expect(place).to_contain_text("2 of 3")
    expect(tab.locator("h1")).to_have_text(f"Journal {numbers[1]}")
    tab.locator(".back a").click()
    expect(tab.locator("[data-row]")).to_have_count(3)


def test_next_and_previous_keep_the_lists_order(tab: Page) -> None:
    report = f"{MILL}&from=2025-01-01&to=2025-03-31&sort=deferred"
    tab.goto(report)
    rows = tab.locator("[data-row] th").all_inner_texts()
    numbers = [f"Journal {row.split()[0]}" for row in rows]
    assert numbers != sorted(numbers)
    first_of(tab, report)

    for number in numbers[1:]:
        expect(tab.locator("h1")).not_to_have_text(number)
        tab.keyboard.press("j")
        expect(tab.locator("h1")).to_have_text(number)


def test_audit_records_lead_to_their_place_in_the_trail(tab: Page) -> None:
    first_of(tab, MARCH)

    records = tab.locator(".audit-records > li")
    expect(records).to_have_count(3)
    expect(records.first).to_contain_text("Ben Oak")
    link = records.first.get_by_role("link")
    number = link.inner_text().removeprefix("Record ")
    link.click()
    expect(tab).to_have_url(
        re.compile(rf"/audit\?kind=INVOICE&id=mill#record-{number}$")
    )
    expect(tab.locator(".trail-row:target .trail-number")).to_have_text(number)
    expect(tab.locator(".trail-row:target")).to_contain_text("Ben Oak")


PLACES = {
    "nine figures": f"{LONG}LARGEST",
    "long names": f"{LONG}Extraordinarily",
    "a long word": f"{LONG}INV-VOID",
    "unbilled": f"{LONG}Usage",
    "a credit note": f"{LONG}CN_1",
    "several movements": MARCH,
    "many movements": f"{LONG}MANY",
}
BOXES = ".journal-columns section, .journal-columns header, tr, .movement, .history li"


@pytest.mark.parametrize("name", PLACES)
def test_nothing_runs_into_anything(tab: Page, name: str) -> None:
    first_of(tab, PLACES[name])

    found = [(width, fault) for width in WIDTHS for fault in faults(tab, width, BOXES)]
    assert found == []


def test_hard_names_are_whole_on_the_page(tab: Page) -> None:
    for name, search in ((LONG_NAME, "Extraordinarily"), (UNBROKEN, "INV-VOID")):
        first_of(tab, f"{LONG}{search}")

        expect(tab.locator(".journal-facts").get_by_text(name)).to_be_visible()
    first_of(tab, f"{LONG}LARGEST")
    expect(result(tab)).to_contain_text("999,999,999.99")
    expect(tab.locator(".movement")).not_to_have_count(0)


def test_two_thousand_movements_are_told_in_parts(tab: Page) -> None:
    first_of(tab, f"{LONG}MANY")

    (total,) = amounts(tab, ".because-result > .amount")
    assert total == LINES * 3_100
    expect(tab.locator(".movement")).to_have_count(50)
    expect(tab.get_by_text("1–50 of 2,000, the last recorded")).to_be_visible()
    expect(tab.locator("#lines-heading")).to_have_text(re.compile("1–50 of 1,000"))
    # Days on which the same happens stay few rows, however many movements there are.
    assert tab.locator(".days-table tbody tr").count() < 10
    assert len(tab.content()) < 200_000

    tab.get_by_role("link", name="Earlier movements").click()
    expect(tab.get_by_text("51–100 of 2,000")).to_be_visible()
    expect(tab).to_have_url(re.compile("movements=51#movements-heading$"))
    tab.get_by_role("link", name="Lines after").click()
    expect(tab.locator("#lines-heading")).to_have_text(re.compile("51–100 of 1,000"))
    expect(tab.get_by_text("51–100 of 2,000")).to_be_visible()
    tab.get_by_role("link", name="Newer movements").click()
    expect(tab.get_by_text("1–50 of 2,000")).to_be_visible()


@pytest.mark.parametrize("report", [MARCH, f"{LONG}MANY", f"{LONG}INV-VOID"])
def test_axe_finds_nothing(tab: Page, axe: Axe, report: str) -> None:
    first_of(tab, report)
    assert axe.faults(tab) == []

    tab.set_viewport_size({"width": 1440, "height": 900})
    if report == MARCH:
        tab.locator("#history > li").last.get_by_role("link").click()
        expect(tab.locator(".as-of")).to_be_visible()
        assert axe.faults(tab) == []
