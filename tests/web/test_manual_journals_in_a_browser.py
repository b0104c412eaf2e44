"""Manual journals in real browsers: two people, live, by keyboard, without scripts."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from daybook_axe import Axe, axe
from daybook_factories import invoice
from daybook_graphql.transport.callers import COOKIE
from daybook_offices import NEW, sessions_of
from daybook_services.database import copy_sqlite
from daybook_site import serving

LIST = "/manual-journals"
ONE = "/manual-journals/1"
RECURRING = "/manual-journals/recurring/new"
WATCH_POLICY = """
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`));
"""
# The browser logs every answer of these kinds, and tests ask for some.
REFUSED = re.compile("the server responded with a status of (404|422)")

__all__ = ["axe"]

Open = Callable[..., Page]


@pytest.fixture
def open_tab(browser: Browser, sqlite_template: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens tabs of the office's people, by name; none may log an error."""
    url = copy_sqlite(sqlite_template, tmp_path / "daybook.db")
    people = dict(
        zip(("ann", "bob", "eve", "vic"), sessions_of(url, invoice()), strict=True)
    )
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        is_bad = message.type in {"error", "warning"}
        if is_bad and not REFUSED.search(message.text):
            errors.append(message.text)

    with serving(url) as site, ExitStack() as stack:

        def make(who: str, **options: Any) -> Page:
            context = browser.new_context(
                base_url=site.address, locale="en-GB", **options
            )
            stack.callback(context.close)
            cookie = {"name": COOKIE, "value": people[who], "url": site.address}
            context.add_cookies([cookie])  # type: ignore[list-item]  # it is a cookie
            context.set_default_timeout(60_000)
            context.add_init_script(WATCH_POLICY)
            page = context.new_page()
            page.on("console", note)
            page.on("pageerror", lambda error: errors.append(str(error)))
            return page

        yield make
    assert errors == []


def turn_on_four_eyes(tab: Page) -> None:
    tab.goto("/settings/approval")
    tab.get_by_role("button", name="Turn four eyes on").click()
    expect(tab.get_by_role("status").first).to_contain_text("Four eyes is on")


def fill_in(tab: Page, narrative: str = "Go-live was accepted") -> None:
    """Type a journal that balances."""
    tab.get_by_label("Narrative").fill(narrative)
    tab.get_by_label("Account, line 1").select_option("Deferred Revenue")
    tab.get_by_label("Debit, line 1").fill("500 * 0.5")
    tab.get_by_label("Account, line 2").select_option("Recognized Revenue")
    tab.get_by_label("Credit, line 2").fill("250")


def told(tab: Page) -> Any:
    """What the page says of the last step."""
    return expect(tab.locator(".page-status"))


def status(tab: Page) -> Any:
    return expect(tab.locator("#manual-journal .badge[role=status]").first)


def test_two_people_write_reject_mend_and_approve(open_tab: Open) -> None:
    ann, bob = open_tab("ann"), open_tab("bob")
    turn_on_four_eyes(bob)
    bob.goto(LIST)
    expect(bob.locator("body")).to_contain_text("Nothing waits for you.")

    ann.goto(NEW)
    fill_in(ann)
    ann.get_by_role("button", name="Submit for approval").click()
    told(ann).to_have_text("Submitted: another person approves it.")

    # It arrives in the list that is open.
    mine = bob.locator("section", has=bob.locator("#mine-heading"))
    mine.get_by_role("link", name="MJ-1").click()
    bob.get_by_label("Why you reject it").fill("Which go-live?")
    bob.get_by_role("button", name="Reject it").click()
    told(bob).to_have_text("Rejected: its author sees your reason.")

    # So does the rejection on the page that its author left open.
    expect(ann.locator(".steps")).to_contain_text("Which go-live?")
    status(ann).to_have_text("Rejected")
    ann.get_by_role("link", name="Edit", exact=True).click()
    ann.get_by_label("Narrative").fill("The first go-live was accepted")
    ann.get_by_role("button", name="Submit for approval").click()
    told(ann).to_have_text("Submitted: another person approves it.")

    expect(bob.locator("#narrative-heading")).to_have_text(
        "The first go-live was accepted"
    )
    bob.get_by_role("button", name="Approve and post").click()
    told(bob).to_have_text("Approved and posted.")
    status(ann).to_have_text("Posted")
    expect(ann.get_by_role("link", name=re.compile("^Journal [0-9]+"))).to_be_visible()


def test_the_same_without_scripts(open_tab: Open) -> None:
    ann = open_tab("ann", java_script_enabled=False)
    bob = open_tab("bob", java_script_enabled=False)
    turn_on_four_eyes(bob)

    ann.goto(NEW)
    ann.get_by_role("button", name="Add a line").click()
    expect(ann.get_by_label("Account, line 3")).to_be_focused()
    ann.get_by_role("button", name="Remove line 3").click()
    fill_in(ann)
    ann.get_by_label("Credit, line 2").fill("200")
    ann.get_by_role("button", name="Work out what it does").click()
    expect(ann.locator("#lines-verdict")).to_contain_text("Debits are 50.00 more")
    expect(ann.get_by_label("Debit, line 1")).to_have_value("250.00")
    ann.get_by_role("button", name="Put it in a new line").click()
    expect(ann.get_by_label("Credit, line 3")).to_have_value("50.00")
    ann.get_by_label("Account, line 3").select_option("Recognized Revenue")
    ann.get_by_label("Narrative").fill("")
    ann.get_by_role("button", name="Submit for approval").click()
    expect(ann.get_by_role("alert")).to_be_visible()
    expect(ann.get_by_label("Credit, line 3")).to_have_value("50.00")
    ann.get_by_label("Narrative").fill("Go-live was accepted")
    ann.get_by_role("button", name="Submit for approval").click()
    told(ann).to_have_text("Submitted: another person approves it.")

    bob.goto(LIST)
    bob.get_by_role("link", name="MJ-1").first.click()
    bob.get_by_role("button", name="Reject it").click()
    expect(bob.get_by_role("alert")).to_be_visible()
    bob.get_by_label("Why you reject it").fill("Which go-live?")
    bob.get_by_role("button", name="Reject it").click()
    told(bob).to_have_text("Rejected: its author sees your reason.")
    ann.goto(ONE)
    ann.get_by_role("link", name="Edit", exact=True).click()
    ann.get_by_label("Narrative").fill("The first go-live was accepted")
    ann.get_by_role("button", name="Submit for approval").click()
    bob.goto(ONE)
    bob.get_by_role("button", name="Approve and post").click()
    told(bob).to_have_text("Approved and posted.")


def test_the_keyboard_writes_lines_and_the_figures_follow(open_tab: Open) -> None:
    tab = open_tab("ann")
    tab.goto(NEW)
    tab.evaluate("window.mark = true")
    fill_in(tab)

    tab.get_by_label("Credit, line 2").press("Enter")
    expect(tab.get_by_label("Account, line 3")).to_be_focused()
    expect(tab.get_by_label("Debit, line 1")).to_have_value("250.00")
    expect(tab.locator("#lines-verdict")).to_have_text("Balanced")
    effect = tab.locator("#manual-journal-effect")
    expect(effect).to_contain_text("Recognized before")

    tab.get_by_label("Credit, line 3").fill("100/4")
    tab.get_by_label("Description, line 3").fill("a part")
    expect(tab.locator("#line-3-credit-is")).to_have_text("= 25.00")
    expect(tab.locator("#lines-verdict")).to_contain_text("Credits are 25.00 more")
    expect(tab.get_by_label("Credit, line 3")).to_have_value("100/4")
    tab.get_by_role("button", name="Put it in a new line").press("Enter")
    expect(tab.get_by_label("Debit, line 4")).to_be_focused()
    expect(tab.get_by_label("Debit, line 4")).to_have_value("25.00")
    tab.get_by_role("button", name="Remove line 3").press("Enter")
    expect(tab.get_by_label("Account, line 3")).to_be_focused()
    expect(tab.get_by_label("Debit, line 3")).to_have_value("25.00")
    expect(tab.get_by_label("Narrative")).to_have_value("Go-live was accepted")
    assert tab.evaluate("window.mark === true")


def test_a_journal_that_is_adjusted_changes_the_form_and_keeps_it(
    open_tab: Open,
) -> None:
    tab = open_tab("ann")
    tab.goto(NEW)
    fill_in(tab)

    tab.get_by_label("Adjusts journal").fill("1")
    tab.get_by_label("Narrative").focus()
    tab.get_by_label("Reverse and replace it").check()
    expect(tab.get_by_role("region", name="Posted by reversing")).to_be_visible()
    expect(tab.get_by_label("Debit, line 1")).to_have_value("250.00")
    tab.get_by_label("Reverse it").check()
    expect(tab.get_by_label("Debit, line 1")).to_have_count(0)
    tab.get_by_label("Add a difference").check()

    expect(tab.get_by_label("Debit, line 1")).to_have_value("250.00")
    expect(tab.get_by_label("Narrative")).to_have_value("Go-live was accepted")
    tab.get_by_label("Customer (optional)").press_sequentially("cus")
    expect(tab.locator("#customer-options option")).to_have_count(1)


def test_what_is_typed_outlives_what_others_do(open_tab: Open) -> None:
    ann, bob, eve = open_tab("ann"), open_tab("bob"), open_tab("eve")
    turn_on_four_eyes(bob)
    bob.get_by_role("button", name="Request to turn it off").click()
    told(bob).to_contain_text("Requested")
    eve.goto(LIST)
    eve.get_by_label("Reason (needed to reject)").fill("We are many")
    eve.locator("main").get_by_text("Filter", exact=True).click()
    eve.get_by_label("Search").fill("go-live")

    ann.goto(NEW)
    fill_in(ann)
    ann.get_by_role("button", name="Save draft", exact=True).click()
    told(ann).to_contain_text("version 1")
    other = ann.context.new_page()
    other.goto(f"{ONE}/edit")
    other.get_by_role("button", name="Submit for approval").click()

    mine = eve.locator("section", has=eve.locator("#mine-heading"))
    expect(mine.get_by_role("link", name="MJ-1")).to_be_visible()
    expect(eve.get_by_label("Reason (needed to reject)")).to_have_value("We are many")
    expect(eve.get_by_label("Search")).to_be_visible()
    expect(eve.get_by_label("Search")).to_have_value("go-live")
    # The form that is open says what happened, and keeps its fields.
    expect(ann.locator(".news")).to_contain_text("changed MJ-1")
    expect(ann.get_by_label("Narrative")).to_have_value("Go-live was accepted")


def test_no_page_breaks_a_rule_or_is_wider_than_its_window(
    open_tab: Open, axe: Axe
) -> None:
    ann, bob = open_tab("ann"), open_tab("bob")
    turn_on_four_eyes(bob)
    bob.get_by_role("button", name="Request to turn it off").click()
    ann.goto(NEW)
    fill_in(ann)
    ann.get_by_role("button", name="Submit for approval").click()
    told(ann).to_contain_text("Submitted")

    faults = {}
    for name, path in {
        "list": LIST,
        "nothing found": f"{LIST}?search=zzz&kind=ONE_OFF",
        "wrong filters": f"{LIST}?from=2025-02-01&to=2025-01-01",
        "journal": ONE,
        "journal of the report": "/journals/USD/1",
        "approval": "/settings/approval?saved=requested&request=1",
        "new": NEW,
        "replacing": f"{NEW}?ledger=USD&adjusts=1&mode=REPLACE",
        "reversing": f"{NEW}?ledger=USD&adjusts=1&mode=REVERSE",
    }.items():
        bob.goto(path)
        faults[name] = axe.faults(bob)
    bob.goto(NEW)
    bob.get_by_label("Account, line 1").select_option("Deferred Revenue")
    bob.get_by_label("Debit, line 1").fill("a lot of money that is no amount")
    bob.get_by_label("Lines have customers").check()
    bob.get_by_role("button", name="Submit for approval").click()
    expect(bob.get_by_role("alert")).to_be_focused()
    faults["problems"] = axe.faults(bob)
    assert {name: found for name, found in faults.items() if found} == {}


def write_recurring(page: Page) -> None:
    """Fill the form in and send it."""
    page.goto(RECURRING)
    page.get_by_label("Day of the month").fill("31")
    page.get_by_label("First month").fill("2026-01")
    page.get_by_label("Narrative").fill("Support that isn't invoiced yet")
    page.get_by_label("Account, line 1").select_option("UNBILLED")
    page.get_by_label("Debit, line 1").fill("25+25")
    page.get_by_label("Account, line 2").select_option("RECOGNIZED")
    page.get_by_label("Credit, line 2").fill("50")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_recurring_one_is_written_and_approved(
    open_tab: Open, *, has_scripts: bool
) -> None:
    ann = open_tab("ann", java_script_enabled=has_scripts)
    bob = open_tab("bob", java_script_enabled=has_scripts)
    turn_on_four_eyes(bob)
    write_recurring(ann)
    if has_scripts:
        expect(ann.locator("#recurrence-dates")).to_contain_text("28 Feb 2026")
        expect(ann.locator("#lines-debits")).to_have_text("50.00")
    ann.get_by_role("button", name="Submit for approval").click()
    expect(ann.get_by_text("Submitted: another person approves it.")).to_be_visible()

    bob.goto("/manual-journals")
    bob.get_by_role("link", name="R-1").click()
    bob.get_by_role("button", name="Approve it and its journals").click()

    expect(
        bob.get_by_text("Approved: its journals post on their dates.")
    ).to_be_visible()


def test_axe_finds_nothing_in_recurring_ones_and_nothing_overflows(
    open_tab: Open, axe: Axe
) -> None:
    ann = open_tab("ann")
    write_recurring(ann)
    ann.get_by_role("button", name="Save draft", exact=True).click()
    expect(ann.get_by_text("Saved as a draft.")).to_be_visible()
    for address in ("", "/1", "/1/edit"):
        ann.goto(f"/manual-journals/recurring{address}")
        assert axe.faults(ann) == []
