"""The report while other people change its ledger, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import URL

from daybook_people import NOON
from daybook_services.database import copy_sqlite
from daybook_site import Site, serving
from daybook_terminal import INVOICE, Terminal

FIVE = "/journals?currency=USD&month=2025-10&customer=cus_5"
PATIENCE_MS = 120_000
WATCH_ROWS = """
  window.changed = [];
  new MutationObserver((records) => {
    for (const { target } of records)
      if (target.classList.contains("changed")) window.changed.push(target.id);
  }).observe(document, { attributes: true, attributeFilter: ["class"], subtree: true });
"""


class Colleague:
    """Somebody who works on the same database from a terminal, in other processes."""

    def __init__(self, url: URL, folder: Path) -> None:
        self.url = url
        self._terminal = Terminal(folder)

    def runs(self, *command: str) -> None:
        """Run a command that works."""
        database = self.url.set(drivername="sqlite")
        ended = self._terminal.run(
            *command,
            DAYBOOK_NOW=NOON.isoformat(),
            DAYBOOK_DATABASE_URL=database.render_as_string(hide_password=False),
        )
        assert ended.returncode == 0, ended.stderr

    def imports(self, name: str) -> None:
        """Record another year's invoice of customer 5."""
        document: dict[str, Any] = {
            **INVOICE,
            "id": name,
            "number": name.upper(),
            "customer": {"id": "cus_5", "name": "Company 5"},
        }
        self.runs("import", self._terminal.write(f"{name}.jsonl", document))


@pytest.fixture
def colleague(filled_sqlite: URL, tmp_path: Path) -> Colleague:
    """A colleague, and a database of this test alone."""
    url = copy_sqlite(Path(str(filled_sqlite.database)), tmp_path / "live.db")
    return Colleague(url, tmp_path)


@pytest.fixture
def site(colleague: Colleague) -> Iterator[Site]:
    """A server over the colleague's database."""
    with serving(colleague.url) as served:
        yield served


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody else."""
    context = browser.new_context(base_url=site.address)
    context.add_cookies([site.cookie()])
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(WATCH_ROWS)
    yield context.new_page()
    context.close()


def listens(page: Page) -> None:
    """Wait until the page's stream is open."""
    page.wait_for_function("() => document.querySelector('#listener')._htmx?.sse")


def shows(page: Page, status: str) -> None:
    expect(page.locator("#report-status")).to_have_text(status, timeout=PATIENCE_MS)


def test_a_colleague_s_import_appears_while_somebody_types(
    tab: Page, colleague: Colleague
) -> None:
    tab.goto(FIVE)
    listens(tab)
    shows(tab, "3 journals, October 2025")
    tab.locator("#filter-menu").click()
    search = tab.locator("#filter-search")
    search.press_sequentially("half a wo")

    colleague.imports("inv_late")

    shows(tab, "4 journals, October 2025")
    news = tab.locator("#news")
    expect(news).to_have_text("Changed by command line: import of inv_late.jsonl")
    expect(tab.get_by_role("log")).to_contain_text("Changed by command line")
    expect(search).to_have_value("half a wo")
    expect(search).to_be_focused()
    expect(tab.locator("#filters")).to_be_visible()
    tab.keyboard.type("rd")
    expect(search).to_have_value("half a word")
    expect(tab.locator(".place-words")).to_have_text("1–4 of 4")
    # The strip is of four journals, too, and only the new one stands out.
    expect(tab.locator(".stat-figure").last).to_contain_text("400.00")
    expect(tab.locator(".bar[aria-current] .bar-value")).to_have_text("400")
    number = tab.locator("tbody tr").last.locator("th").inner_text().strip()
    assert tab.evaluate("window.changed[0]") == f"journal-{number}"
    assert set(tab.evaluate("window.changed")) == {f"journal-{number}"}
    assert tab.url.endswith(FIVE)
    tab.locator("#filter-search").press("Escape")
    tab.get_by_role("button", name="Close the message").click()
    expect(news).to_be_empty()


def test_a_page_listens_once(tab: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/events?**", hold)
    tab.goto(FIVE)
    expect(tab.locator("#listener[data-listens]")).to_have_count(1)

    # htmx looks through the page again while the first stream isn't there yet.
    tab.evaluate("htmx.process(document.getElementById('listener'))")
    held[0].continue_()

    listens(tab)
    assert len(held) == 1


def test_a_lock_is_said_and_the_focus_stays_in_its_row(
    tab: Page, colleague: Colleague
) -> None:
    tab.goto(FIVE)
    listens(tab)
    link = tab.locator("tbody tr").nth(1).locator("a")
    link.focus()
    href = link.get_attribute("href")

    colleague.runs("lock", "2025-09-30", "--currency", "USD")

    news = tab.locator("#news")
    words = "Changed by command line: locked through 30 Sep 2025"
    expect(news).to_have_text(words, timeout=PATIENCE_MS)
    focused = "document.activeElement.getAttribute('href')"
    assert tab.evaluate(focused) == href
    assert tab.evaluate("window.changed") == []


def test_a_page_that_moved_on_shows_its_own_month(
    tab: Page, colleague: Colleague
) -> None:
    tab.goto(FIVE)
    tab.get_by_role("link", name="November 2025").first.click()
    shows(tab, "3 journals, November 2025")
    listens(tab)

    colleague.imports("inv_late")

    shows(tab, "4 journals, November 2025")
    assert "month=2025-11" in tab.url
    tab.go_back()
    shows(tab, "4 journals, October 2025")


def test_a_past_day_does_not_change(tab: Page) -> None:
    tab.goto(f"{FIVE}&as_of=2025-09-30")
    shows(tab, "3 journals, October 2025, as of 30 Sep 2025")
    listens(tab)
    expect(tab.locator("#listener")).to_have_attribute("hx-sse:connect", "/events")
    expect(tab.locator("#journals-body[hx-get]")).to_have_count(0)

    tab.goto(f"{FIVE}&as_of=2025-10-15")
    expect(tab.locator("#journals-body[hx-get]")).to_have_count(1)


def test_who_wants_less_motion_sees_none(tab: Page) -> None:
    tab.goto(FIVE)
    tab.locator("tbody tr").first.evaluate("row => row.classList.add('changed')")
    name = "() => getComputedStyle(document.querySelector('.changed td')).animationName"

    assert tab.evaluate(name) == "changed"
    tab.emulate_media(reduced_motion="reduce")
    assert tab.evaluate(name) == "none"
