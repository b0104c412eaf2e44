"""The first close of a new organisation in a real browser: by mouse, and by keyboard.

Three invoices of 1,200.00 for a year from September 2025 are imported on 15 October:
September earns 300.00 of them, and 3,300.00 are deferred on its last day.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import anyio
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from daybook.db.engine import Database
from daybook_axe import Axe, Look, axe, show
from daybook_people import PASSWORD, member
from daybook_services.database import NewDatabase
from daybook_site import Site, serving
from daybook_tabs import PATIENCE_MS

NEWCOMER = "new@example.com"
HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to\n"
)
ROWS = "".join(
    f"invoice,inv_{number},FINAL,USD,cus_{number},Company {number},2025-09-01,1,p,"
    "Platform,1200.00,2025-09-01,2026-08-31\n"
    for number in range(1, 4)
)
FILE = FilePayload(
    name="september.csv", mimeType="text/csv", buffer=(HEADER + ROWS).encode()
)
STOPS_MAX = 80
"""How many stops of the Tab key a page has at the most."""
STOP = """() => {
  const stop = document.activeElement;
  const { outlineStyle } = getComputedStyle(stop);
  const box = stop.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  // A part of a date's field has the browser's own mark, which no script can see.
  const marked = outlineStyle !== "none" || stop.type === "date";
  return inside && marked ? "" : stop.outerHTML.slice(0, 200);
}"""
"""What has the focus, if nobody can see that it has; empty otherwise."""

__all__ = ["axe"]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody at their browser, and what it had to complain of."""

    tab: Page
    complaints: list[str] = field(default_factory=list)

    def watch(self, address: str) -> None:
        """Note each error, and each request to another server."""

        def asks(url: str) -> None:
            if not url.startswith((address, "data:", "blob:")):
                self.complaints.append(f"a request to {url}")

        self.tab.on("request", lambda request: asks(request.url))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on(
            "console",
            lambda told: (
                self.complaints.append(told.text)
                if told.type in {"error", "warning"}
                else None
            ),
        )

    def tab_to(self, stop: Locator) -> None:
        """Press Tab until something has the focus; each stop on the way is seen."""
        for _ in range(STOPS_MAX):
            self.tab.keyboard.press("Tab")
            assert self.tab.evaluate(STOP) == ""
            if stop.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"Tab never comes to {stop}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.tab.keyboard.press(key)

    def activate(self, stop: Locator) -> None:
        """Go to something by Tab, and press Enter there."""
        self.tab_to(stop)
        self.press("Enter")

    def link(self, name: str) -> Locator:
        """A link of the page's content."""
        return self.tab.get_by_role("main").get_by_role("link", name=name)

    def button(self, name: str) -> Locator:
        """A button of the page's content."""
        return self.tab.get_by_role("main").get_by_role("button", name=name)

    def is_at(self, heading: str) -> None:
        """Wait for the page of a heading."""
        expect(self.tab.get_by_role("heading", level=1)).to_have_text(heading)

    def is_told(self, words: str) -> None:
        """Wait for what the page says was done; it has the focus, to be read out."""
        said = self.tab.get_by_role("status").first
        expect(said).to_contain_text(words)
        expect(said).to_be_focused()

    def has_done(self, steps: int) -> None:
        """Wait until so many of the steps of a close are done."""
        shown = self.tab.locator(".close-steps [role=status]")
        expect(shown).to_have_text(f"{steps} of 7")


@pytest.fixture
def site(new_sqlite: NewDatabase) -> Iterator[Site]:
    """A server of an organisation that has an admin, and nothing else."""
    url = new_sqlite()

    async def fill() -> None:
        database = Database(url)
        await member(database, email=NEWCOMER)
        await database.close()

    # In a thread of its own: the browser holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with serving(url) as address:
        yield address


@pytest.fixture
def newcomer(browser: Browser, site: Site) -> Iterator[Newcomer]:
    """The admin at the page that signs in."""
    context = browser.new_context(base_url=site.address, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    made = Newcomer(context.new_page())
    made.watch(site.address)
    # The browser hands over its dialogs from now on: at a key, it is too late to ask.
    made.tab.on("filechooser", lambda _: None)
    made.tab.goto("/")
    yield made
    context.close()


@pytest.fixture
def passes(newcomer: Newcomer, axe: Axe) -> Callable[[], None]:
    """Checks that axe finds nothing on the page as it is."""

    def check() -> None:
        assert axe.faults(newcomer.tab) == []
        show(newcomer.tab, Look("light", 1400))

    return check


def test_a_new_organisation_closes_its_first_month(
    newcomer: Newcomer, passes: Callable[[], None]
) -> None:
    tab = newcomer.tab
    passes()
    tab.get_by_label("E-mail address").fill(NEWCOMER)
    tab.get_by_label("Password").fill(PASSWORD)
    newcomer.button("Sign in").click()

    newcomer.is_at("Close October 2025")
    expect(tab.get_by_role("heading", level=2)).to_have_text(
        "There is nothing to close yet"
    )
    passes()
    newcomer.link("Choose a file").click()

    newcomer.is_at("Import documents")
    passes()
    tab.get_by_label("Drop a file here").set_input_files([FILE])
    newcomer.button("Read the file").click()

    newcomer.is_at("september.csv")
    expect(tab.locator("#ledger-USD")).to_contain_text("3,600.00")
    passes()
    newcomer.button("Import 3 documents").click()

    newcomer.is_told("september.csv is imported: 3 documents, 36 journals.")
    passes()
    newcomer.link("Overview").click()

    newcomer.is_at("Close September 2025")
    newcomer.has_done(4)
    figures = tab.locator(".close-figure a")
    expect(figures).to_have_text(["300.00", "3,300.00"])
    # October to August: more than a phone shows at once.
    expect(tab.locator(".close-chart .named-bar")).to_have_count(11)
    expect(
        tab.get_by_role("navigation", name="Ledger").get_by_role("link")
    ).to_have_count(1)
    passes()
    newcomer.link("Preview").click()

    newcomer.is_at("Lock USD through 30 Sep 2025")
    passes()
    newcomer.button("Lock through 30 Sep 2025").click()

    newcomer.is_told("Closed all days through 30 Sep 2025 in USD: 3 journals")
    newcomer.has_done(5)
    passes()
    newcomer.link("Preflight the export").click()

    newcomer.is_at("Export")
    passes()
    newcomer.button("Export the file").click()
    expect(newcomer.link("Download").first).to_be_visible()
    passes()
    assert newcomer.complaints == []


def test_the_first_month_is_closed_by_keyboard(newcomer: Newcomer) -> None:
    tab = newcomer.tab
    expect(tab.get_by_label("E-mail address")).to_be_focused()
    tab.keyboard.type(NEWCOMER)
    newcomer.tab_to(tab.get_by_label("Password"))
    tab.keyboard.type(PASSWORD)
    newcomer.press("Enter")

    newcomer.is_at("Close October 2025")
    newcomer.activate(tab.get_by_role("link", name="Skip to the content"))
    newcomer.press("Tab")
    expect(newcomer.link("Choose a file")).to_be_focused()
    newcomer.press("Enter")

    newcomer.is_at("Import documents")
    newcomer.tab_to(tab.get_by_label("Drop a file here"))
    with tab.expect_file_chooser() as chooser:
        newcomer.press("Enter")
    chooser.value.set_files([FILE])
    newcomer.activate(newcomer.button("Read the file"))

    newcomer.is_at("september.csv")
    newcomer.activate(newcomer.button("Import 3 documents"))
    newcomer.is_told("september.csv is imported: 3 documents, 36 journals.")
    newcomer.press("g", "o")

    newcomer.is_at("Close September 2025")
    newcomer.press("?")
    expect(tab.get_by_role("dialog", name="Keys")).to_be_visible()
    newcomer.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    newcomer.activate(newcomer.link("Preview"))

    newcomer.is_at("Lock USD through 30 Sep 2025")
    newcomer.activate(newcomer.button("Lock through 30 Sep 2025"))
    newcomer.is_told("Closed all days through 30 Sep 2025 in USD: 3 journals")
    newcomer.activate(newcomer.link("Preflight the export"))

    newcomer.is_at("Export")
    newcomer.activate(newcomer.button("Export the file"))
    expect(newcomer.link("Download").first).to_be_visible()
    assert newcomer.complaints == []
