"""A controller closes October in the browser: one story, with scripts and without.

She types one address, that of the sign-in page, and from then on clicks what she sees.
Each step is a function with its words; the figures are sums of `daybook_month_end`.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import anyio
import httpx2
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from daybook.db.engine import Database
from daybook_month_end import (
    ADA,
    GRACE,
    LATE_DOCUMENTS,
    OCTOBER_FILE,
    PASSWORD,
    MonthEnd,
    fill_month_end,
    month_end_settings,
)
from daybook_month_end_file import FILE_NAME, file_for_xero
from daybook_services.database import AT_ANY_TIME, copy_sqlite
from daybook_site import answering_at
from daybook_tabs import PATIENCE_MS

OCTOBER = "Close October 2026"
WRONG_FILE = OCTOBER_FILE.replace("Cask,2026-10-01", "Cask,2026-02-30")
DROP = """([text, name]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name, { type: "text/csv" }));
  const form = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"])
    form.dispatchEvent(
      new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }),
    );
}"""
"""What a browser does when somebody drops a file on the form."""
IMPORT = """mutation Import($documents: [JSON!]!) {
  importDocuments(input: { documents: $documents }) { userErrors { message } }
}"""
TRAIL = [
    ("Documents recorded", ADA),
    ("Change requested", ADA),
    ("Change approved", GRACE),
    ("Accounts mapped", GRACE),
    ("Manual journal approved", ADA),
    ("Manual journal posted", ADA),
    ("Lock changed", ADA),
    ("File exported", ADA),
    ("File marked as posted", ADA),
    ("Balances entered", ADA),
    ("Balances entered", ADA),
]
"""What the audit trail says of the close; the page has the last first."""
MINUS = "\N{MINUS SIGN}"
LOCKED = [
    *("12,000.00", "9,000.00", "21,000.00"),
    *("0.00", "0.00", "0.00"),
    *("3,000.00", "6,100.00", "9,100.00"),
    *("9,000.00", "2,900.00", "11,900.00"),
]
"""Billed, Unbilled, Deferred and Recognized: before, what October adds, and after."""


class Office(NamedTuple):
    """Where the company's people work."""

    browser: Browser
    address: str
    company: MonthEnd


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody's tab, with scripts or without."""

    tab: Page
    has_scripts: bool

    def click(self, name: str, *, within: str = "main") -> None:
        """Follow a link, or press a button, that is called so."""
        part = self.tab.locator(within)
        by_role = [
            part.get_by_role(role, name=name, exact=True) for role in ("link", "button")
        ]
        by_role[0].or_(by_role[1]).first.click()

    def go(self, name: str) -> None:
        """Go to a page of the navigation."""
        self.click(name, within="#site-nav")

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self.tab.get_by_label(label, exact=True).fill(text)

    def sees(self, text: str | re.Pattern[str], within: str = "main") -> None:
        """Wait until a part of the page says so."""
        expect(self.tab.locator(within).first).to_contain_text(text)

    def reads(self, heading: str) -> None:
        """Wait for a page by its heading."""
        expect(self.tab.get_by_role("heading", level=1)).to_have_text(heading)

    def step(self, title: str) -> Locator:
        """A step of the overview, once its title says so."""
        title_of_step = self.tab.locator("h3", has_text=title)
        found = self.tab.locator(".close-steps li", has=title_of_step)
        expect(found).to_be_visible()
        return found

    def row(self, text: str) -> Locator:
        """The row of a table that has a text."""
        return self.tab.get_by_role("row").filter(has_text=text)


@pytest.fixture
def office(browser: Browser, sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """A server of the company, on the morning of its close."""
    url = copy_sqlite(sqlite_template, tmp_path / "daybook.db")

    async def fill() -> MonthEnd:
        database = Database(url, AT_ANY_TIME)
        company = await fill_month_end(database)
        await database.close()
        return company

    # In a thread of its own: the browser holds this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        company = thread.submit(anyio.run, fill).result()
    with answering_at(month_end_settings(url)) as address:
        yield Office(browser, address, company)


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
def test_october_is_closed(office: Office, *, has_scripts: bool) -> None:
    with ExitStack() as stack:

        def desk_of(email: str) -> Desk:
            context = office.browser.new_context(
                base_url=office.address, java_script_enabled=has_scripts
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            return signed_in(Desk(context.new_page(), has_scripts), email)

        ada = desk_of(ADA)
        see_what_october_is(ada)
        take_the_file_that_came_late(ada)
        ask_to_map_the_account(ada)
        approve_the_mapping(desk_of(GRACE), ada)
        approve_toms_journal(ada)
        lock_october(ada)
        find_what_came_behind_the_lock(ada, office)
        file = make_the_file(ada)
        mark_it_as_posted(ada, file)
        enter_the_balances(ada)
        read_the_trail(ada)


def signed_in(desk: Desk, email: str) -> Desk:
    """Sign in by a password; the overview of the month to be closed comes first."""
    desk.tab.goto("/sign-in")
    desk.fill("E-mail address", email)
    desk.fill("Password", PASSWORD)
    desk.click("Sign in")
    desk.reads(OCTOBER)
    return desk


def see_what_october_is(ada: Desk) -> None:
    """One step of seven has nothing to do, and each figure leads to what it sums."""
    overview_says(ada, "1 of 7", "1,000.00", "2,000.00")

    ada.click("1,000.00", within=".close-figures")
    ada.sees(re.compile(r"Recognized Revenue:?\s+1,000\.00"), within=".stats")
    ada.go("Overview")
    ada.click("2,000.00", within=".close-figures")
    ada.reads("Waterfall")
    ada.sees(re.compile(r"Remaining\s+2,000\.00"))
    ada.go("Overview")
    ada.reads(OCTOBER)


def take_the_file_that_came_late(ada: Desk) -> None:
    """A file with a wrong day isn't imported; the right one brings October 1,800.00."""
    ada.click("Choose a file")
    give_a_file(ada, WRONG_FILE)
    expect(ada.row("2026-02-30").get_by_role("rowheader")).to_have_text("3")
    taking = ada.tab.get_by_role("button", name="Import the documents")
    expect(taking).to_be_disabled()
    ada.go("Documents")
    ada.sees("No documents")
    ada.go("Overview")

    ada.click("Choose a file")
    give_a_file(ada, OCTOBER_FILE)
    ada.fill("Control total, USD", "9,000.00")
    ada.click("Compare")
    ada.sees("Agrees with the file")
    # October's 1,800.00, and three days of November at 33.33 and 6.67.
    gains = ada.tab.locator("#ledger-USD .amount")
    expect(gains).to_have_text(["3", "9,000.00", "–", "1,920.00", "7,080.00", "–"])
    ada.click("Import 3 documents")
    ada.sees("october.csv is imported: 3 documents, 19 journals.")

    ada.click("Overview")
    ada.step("Documents are in")
    overview_says(ada, "2 of 7", "2,800.00", "9,200.00")


def ask_to_map_the_account(ada: Desk) -> None:
    """Recognized gets its code in Xero, which another person has to approve."""
    ada.click("Map 1 account")
    ada.click("Change Recognized")
    ada.fill("Account code", "4000")
    ada.tab.get_by_label("Account type").select_option("Revenue")
    ada.tab.get_by_label("Tax rate").fill("Tax Exempt (0%)")
    ada.click("Save the mapping")
    ada.sees("Requested: nothing changes until another person approves it.")

    ada.go("Overview")
    ada.step("1 account is not mapped")


def approve_the_mapping(grace: Desk, ada: Desk) -> None:
    """Grace approves it, and Ada's open page says so."""
    grace.go("Manual journals 2 wait for you")
    grace.sees("Xero, USD: Recognized Revenue mapped to 4000")
    grace.click("Approve the change")
    grace.sees("The change is approved and made.")

    look_again(ada)
    ada.step("Every account is mapped")
    overview_says(ada, "3 of 7", "2,800.00", "9,200.00")


def approve_toms_journal(ada: Desk) -> None:
    """The journal shows what it does before it is approved; then nothing waits."""
    expect(ada.tab.locator("#waiting-count")).to_contain_text("1")
    ada.click("Review 1")
    ada.sees("Go-live was accepted early")
    name = ada.tab.locator(".balance-name").filter(has_text="Deferred Revenue")
    expect(name.locator("xpath=following-sibling::tr[1]")).to_contain_text("9,100.00")
    ada.click("Approve and post")
    ada.sees("Approved and posted.")
    expect(ada.tab.locator("#waiting-count")).to_be_empty()

    ada.go("Overview")
    ada.step("No manual journal waits")
    overview_says(ada, "4 of 7", "2,900.00", "9,100.00")


def lock_october(ada: Desk) -> None:
    """The preview adds October to what was before; the lock says what it closed."""
    expect(ada.step("Lock October 2026")).to_contain_text("Closes 5 journals.")
    ada.click("Preview")
    ada.reads("Lock USD through 31 Oct 2026")
    expect(ada.tab.locator("#lock-changes tbody .amount")).to_have_text(LOCKED)
    ada.sees("No manual journals.", within="#lock-waiting")
    ada.click("Lock through 31 Oct 2026")

    ada.sees(
        "Closed 1–31 Oct 2026 in USD: 5 journals"
        " (Billed 9,000.00, Deferred 6,100.00, Recognized 2,900.00)"
    )
    ada.step("October 2026 is locked")
    overview_says(ada, "5 of 7", "2,900.00", "9,100.00")


def find_what_came_behind_the_lock(ada: Desk, office: Office) -> None:
    """A program sends documents of October: they post on 1 November, and say so."""
    answer = httpx2.post(
        f"{office.address}/graphql",
        json={"query": IMPORT, "variables": {"documents": LATE_DOCUMENTS}},
        headers={"Authorization": f"Bearer {office.company.key}"},
        timeout=PATIENCE_MS / 1000,
    )
    assert answer.json() == {"data": {"importDocuments": {"userErrors": []}}}

    ada.go("Journals")
    ada.sees("Locked through 31 Oct")
    ada.sees(re.compile(r"Recognized Revenue:?\s+2,900\.00"), within=".stats")
    ada.click("November 2026")
    credit = ada.row("CN-1")
    expect(credit).to_contain_text(f"{MINUS}120.00")
    ada.click("Moved by lock 1")
    expect(ada.row("INV-5")).to_contain_text("310.00")
    expect(credit).to_have_count(0)
    ada.go("Overview")
    ada.click("October 2026")
    overview_says(ada, "5 of 7", "2,900.00", "9,100.00")


def make_the_file(ada: Desk) -> bytes:
    """The file for Xero has what its preflight says, and its digits are October's."""
    ada.click("Preflight")
    # September's file was for Xero, and so is this one.
    expect(ada.tab.get_by_role("radio", name="Xero")).to_be_checked()
    ada.sees("Nothing blocks the file", within=".preflight")
    facts = ada.tab.locator(".preflight .facts dd")
    expect(facts).to_have_text(["14", "1", "11,300.00 USD", "11,300.00 USD"])
    ada.click("Export the file")
    content = when_it_is_ready(ada)

    assert content == file_for_xero()
    return content


def when_it_is_ready(ada: Desk) -> bytes:
    """The file, of which a notice tells on any page, or a link without scripts."""
    ready = ada.tab.locator("#export-1")
    expect(ready).to_be_visible()
    if ada.has_scripts:
        ada.go("Settings")
        ready = ada.tab.locator("[data-notice]")
        expect(ready).to_contain_text(f"{FILE_NAME} is ready: 14 lines.")
    while not ready.get_by_text("Download").is_visible():
        ada.click("Show how far it is")
    with ada.tab.expect_download() as download:
        ready.get_by_text("Download").click()
    assert download.value.suggested_filename == FILE_NAME
    return download.value.path().read_bytes()


def mark_it_as_posted(ada: Desk, file: bytes) -> None:
    """The export's page has the file's checksum, and takes the reference in Xero."""
    digits = sha256(file).hexdigest()
    ada.go("Exports")
    ada.sees(f"{digits[:8]}…{digits[-4:]}", within="#export-1")
    ada.tab.get_by_role("link", name="Mark as posted").click()
    ada.sees(digits)
    ada.fill("Reference in the accounting system", "MJ-0935")
    ada.fill("Posted on", "2026-11-03")
    ada.click("Mark as posted")
    ada.sees("Posted 3 Nov 2026, MJ-0935")

    ada.go("Overview")
    ada.step("Exported and posted")
    overview_says(ada, "6 of 7", "2,900.00", "9,100.00")


def enter_the_balances(ada: Desk) -> None:
    """A balance that is wrong by 1.00 is named; the right ones agree with the file."""
    ada.click("Enter balances")
    type_balances(ada, deferred="9,101.00")
    ada.go("Overview")
    ada.step("1 difference to explain")
    ada.click("See 1 difference")
    wrong = ada.row("Balance differs")
    expect(wrong).to_contain_text("Deferred Revenue")
    expect(wrong.locator(".amount")).to_have_text("1.00")

    ada.click("Enter or import balances")
    type_balances(ada, deferred="9,100.00")
    ada.go("Overview")
    expect(ada.step("Everything ties")).to_contain_text("Everything agrees")
    overview_says(ada, "7 of 7", "2,900.00", "9,100.00")


def type_balances(ada: Desk, *, deferred: str) -> None:
    """Enter what Xero's trial balance of 31 October says."""
    expect(ada.tab.get_by_label("At the end of")).to_have_value("2026-10-31")
    ada.fill("Billed Revenue", "21,000.00")
    ada.fill("Unbilled Revenue", "0.00")
    ada.fill("Deferred Revenue", deferred)
    ada.fill("Recognized Revenue", "11,900.00")
    ada.click("Enter the balances")
    ada.sees("entered", within=".page-status")


def read_the_trail(ada: Desk) -> None:
    """The audit trail has what Ada did, and Grace, with their names."""
    ada.go("Settings")
    ada.click("Audit trail", within="#side-list")
    ada.reads("Audit trail")
    rows = ada.tab.locator(".trail-row")
    actions = rows.locator(".trail-what > p:first-child strong").all_inner_texts()
    people = rows.locator(".trail-who > p:first-child").all_inner_texts()
    its = zip(actions, people, strict=True)
    done = [(action, who) for action, who in its if who in {ADA, GRACE}]
    assert done[: len(TRAIL)] == [*reversed(TRAIL)]


def overview_says(desk: Desk, done: str, recognized: str, deferred: str) -> None:
    """Wait until the overview of October has so many steps done, and these figures."""
    desk.reads(OCTOBER)
    expect(desk.tab.locator("#steps-heading [role=status]")).to_have_text(done)
    figures = desk.tab.locator(".close-figures .close-figure")
    expect(figures).to_have_text([recognized, deferred])


def look_again(desk: Desk) -> None:
    """Without scripts, a page that is open is loaded again to say what is new."""
    if not desk.has_scripts:
        desk.go("Overview")


def give_a_file(desk: Desk, text: str) -> None:
    """Drop a file, or choose it without scripts."""
    desk.reads("Import documents")
    desk.tab.wait_for_load_state()  # the page's script takes what is dropped
    if desk.has_scripts:
        desk.tab.evaluate(DROP, [text, "october.csv"])
    else:
        content = FilePayload(
            name="october.csv", mimeType="text/csv", buffer=text.encode()
        )
        desk.tab.get_by_label("Drop a file here").set_input_files([content])
        desk.click("Read the file")
    desk.reads("october.csv")
