"""The page of a lock: what it closes, what waits before it, and setting it."""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from sqlalchemy import URL

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.money import grouped_text
from daybook_browsing import Site
from daybook_factories import invoice, line, milestone_line, record, terms
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_markup import Element, parse
from daybook_offices import NEW, TYPED, Office, Person, office_of
from daybook_posted import days, made, mark
from daybook_report_pages import plain, stats_of
from daybook_services.database import NewDatabase
from daybook_web.kit.running import Running

pytestmark = pytest.mark.either_database

PAGE = "/close/lock?currency=USD"
SEPTEMBER = f"{PAGE}&month=2025-09"
JUNE = f"{PAGE}&through=2025-06-30"
APPROVAL = "/settings/approval"
RECURRING = "/manual-journals/recurring/new"
MONTHLY = {
    "ledger": "USD",
    "kind": "MANUAL_RECOGNITION",
    "day_of_month": "31",
    "first_month": "2025-09",
    "until_month": "2025-12",
    "narrative": "Support that isn't invoiced",
    "line_1_account": "UNBILLED",
    "line_1_debit": "50",
    "line_2_account": "RECOGNIZED",
    "line_2_credit": "50",
}
NAMES = [f"{role} Revenue" for role in ("Billed", "Unbilled", "Deferred", "Recognized")]


@pytest.fixture
def url(new_database: NewDatabase) -> URL:
    """The database of a test."""
    return new_database()


@pytest.fixture
def office(url: URL) -> Iterator[Office]:
    """People over 1,200.00 for 2025, 100.00 a month, on 15 October 2025."""
    with office_of(url, invoice()) as people:
        yield people


def read(page: Element) -> dict[str, str]:
    """What the form that sets the lock sends of what was read."""
    hidden = page.one("main").one("form", method="post").all("input", type="hidden")
    return {
        field.attributes["name"]: field.attributes.get("value", "") for field in hidden
    }


def set_lock(person: Person, url: str, **typed: str) -> Element:
    """The close that setting the lock of a page leads to."""
    return person.post(PAGE, **read(person.get(url)), **typed)


def changes_of(page: Element) -> Element:
    """The part of the page that says what the lock does."""
    return page.one(id="lock-changes")


def balances_of(page: Element) -> dict[str, list[str]]:
    """The balances by account: before, what the days add, after."""
    frame = page.one(class_="table-frame", aria_labelledby="changes-heading")
    return {
        row.one("th", scope="row").text: [plain(cell.text) for cell in row.all("td")]
        for row in frame.one("tbody").all("tr")
    }


def minor(amount: str) -> int:
    return int(amount.replace(",", "").replace(".", ""))


def locked(office: Office) -> str:
    """How far the ledger is locked, as somebody who only reads sees it."""
    return office.vic.get(PAGE).one(class_="page-status").text


def test_balances_before_with_the_days_are_the_balances_after(office: Office) -> None:
    set_lock(office.bob, JUNE)
    page = office.vic.get(SEPTEMBER)

    assert page.one("h1").text == "Lock USD through 30 Sep 2025"
    assert page.one(class_="page-status").text == "Locked through 30 Jun 2025 today"
    heads = page.one(class_="table-frame", aria_labelledby="changes-heading")
    assert [head.text for head in heads.one("thead").all("th")] == [
        *("Account", "30 Jun 2025", "1 Jul – 30 Sep 2025", "30 Sep 2025")
    ]
    assert balances_of(page) == {
        "Billed Revenue": ["1,200.00", "0.00", "1,200.00"],
        "Unbilled Revenue": ["0.00", "0.00", "0.00"],
        "Deferred Revenue": ["600.00", "-300.00", "300.00"],
        "Recognized Revenue": ["600.00", "300.00", "900.00"],
    }
    said = changes_of(page).text
    assert "What it closes 1 Jul – 30 Sep 2025: 3 journals , all posted" in said
    assert "Dr = Cr 300.00" in said


@pytest.mark.parametrize(
    "through", ["2025-01-10", "2025-05-31", "2025-09-30", "2025-10-20", "2026-02-28"]
)
def test_the_figures_are_those_of_the_api_and_of_the_report(
    office: Office, through: str
) -> None:
    set_lock(office.bob, JUNE)
    office.ann.post(NEW, do="submit", **TYPED)
    page = office.bob.get(f"{PAGE}&through={through}")

    rows = balances_of(page)
    for before, change, after in rows.values():
        assert minor(before) + minor(change) == minor(after)
    assert [row[1] for row in rows.values()] == gains_of_the_api(office, through)
    journals = changes_of(page).all("a")[0]
    figures = stats_of(office.bob.get(journals.attributes["href"]))
    for name, amount in figures.items():
        assert plain(amount) in {rows[name][1], ""}, name
    assert figures


def gains_of_the_api(office: Office, through: str) -> list[str]:
    """What each account gains on the days that open or close, by the API."""
    found = office.bob.mutate(
        f'{{ ledger(id: "{encode(LedgerId("USD"))}") {{ lockChange('
        f'method: CUSTOM_DATE, lockedThrough: "{through}") {{ totals {{'
        " account { name normalBalance } debit { amount } credit { amount } } } } }"
    )
    gains = dict.fromkeys(NAMES, 0)
    for total in found["ledger"]["lockChange"]["totals"]:
        gain = minor(total["debit"]["amount"]) - minor(total["credit"]["amount"])
        is_debit = total["account"]["normalBalance"] == "DEBIT"
        gains[total["account"]["name"]] += gain if is_debit else -gain
    return [grouped_text(gain, "USD") for gain in gains.values()]


def test_without_a_lock_all_days_close(office: Office) -> None:
    page = office.vic.get(SEPTEMBER)

    assert page.one(class_="page-status").text == "No day is locked today"
    assert balances_of(page) == {
        "Billed Revenue": ["1,200.00", "1,200.00"],
        "Unbilled Revenue": ["0.00", "0.00"],
        "Deferred Revenue": ["300.00", "300.00"],
        "Recognized Revenue": ["900.00", "900.00"],
    }
    months = page.one("details", open="").one("tbody").all("tr")
    assert [row.one("th").text for row in months][::8] == [
        "January 2025",
        "September 2025",
    ]


def test_what_was_read_is_locked(office: Office) -> None:
    page = office.bob.get(SEPTEMBER)
    button = page.one("main").one("form", method="post").one("button")
    assert button.text == "Lock through 30 Sep 2025"

    answer = office.bob.send(PAGE, **read(page), reason="September pack")

    assert answer.status_code == 303
    target, _, recording = answer.headers["location"].rpartition("=")
    assert target == "/close?currency=USD&month=2025-09&saved=lock&recording"
    assert int(recording) > 1
    again = office.bob.get(SEPTEMBER)
    assert again.one("h1").text == "Lock of USD"
    assert again.one(class_="page-status").text == "Locked through 30 Sep 2025 today"
    assert again.one("main").all("form", method="post") == []
    history = again.one("section", aria_labelledby="locks-heading").text
    assert "locked through 30 Sep 2025: September pack" in history
    assert "by bob@example.com" in history
    assert again.links()["Lock October 2025"] == f"{PAGE}&month=2025-10"


def test_the_overview_says_what_was_locked_and_leads_on(office: Office) -> None:
    step = office.bob.get("/close?currency=USD&month=2025-09").links()["Preview"]
    assert step == SEPTEMBER

    page = set_lock(office.bob, SEPTEMBER)

    said = page.one("p", class_="news", role="status")
    assert said.text == (
        "The lock is saved. Closed all days through 30 Sep 2025 in USD: 9 journals"
        " (Billed 1,200.00, Deferred 300.00, Recognized 900.00). Preflight the export"
    )
    assert said.links() == {
        "Preflight the export": "/exports/new?currency=USD&month=2025-09"
    }
    others = "/close?currency=USD&month=2025-09&saved=lock&recording=999"
    assert "The lock is saved. Preflight" in office.bob.get(others).text
    again = read(office.bob.get(f"{PAGE}&month=2025-10"))
    office.bob.post(PAGE, **again)
    same = office.bob.get("/close?currency=USD&month=2025-09&saved=same-lock").text
    assert "nothing was changed" in same


def test_it_begins_with_the_month_to_close_and_never_opens_one(office: Office) -> None:
    assert office.vic.get(PAGE).one("h1").text == "Lock USD through 30 Sep 2025"
    set_lock(office.bob, SEPTEMBER)

    assert office.vic.get(PAGE).one("h1").text == "Lock USD through 31 Oct 2025"
    earlier = office.vic.get(f"{PAGE}&month=2025-06")
    assert earlier.one("h1").text == "Lock of USD"


LATE = """
mutation { importDocuments(input: { documents: [{
  type: "invoice", id: "inv_9", status: "FINAL", currency: "USD",
  customer: { id: "cus_9", name: "Late" }, issued_on: "2025-09-01", lines: [{
    id: "1", product: { id: "prod_9", name: "Late" }, amount: "300.00",
    service_from: "2025-09-01", service_to: "2025-11-30" }] }] }
) { userErrors { code } } }
"""


def test_a_lock_closes_what_was_read_or_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes between the reading and the lock, however close they are."""
    change = Running.change

    async def change_late(
        running: Running, name: str, variables: Mapping[str, Any], kind: Any
    ) -> Any:
        monkeypatch.undo()
        await asyncio.to_thread(office.eve.mutate, LATE)
        return await change(running, name, variables, kind)

    seen = read(office.bob.get(SEPTEMBER))
    monkeypatch.setattr(Running, "change", change_late)

    again = office.bob.post(PAGE, 422, **seen)

    assert "The ledger changed since" in again.one("div", role="alert").text
    assert locked(office) == "No day is locked today"
    # 100.00 of each month, and 100.00 of the late invoice's September.
    assert balances_of(again)["Recognized Revenue"] == ["1,000.00", "1,000.00"]
    office.bob.post(PAGE, **read(again))
    assert locked(office) == "Locked through 30 Sep 2025 today"


def test_what_changed_meanwhile_is_read_again_first(office: Office) -> None:
    """Another person's lock is, and so is a journal on one of the days."""
    october = f"{PAGE}&month=2025-10"
    seen = read(office.bob.get(october))
    set_lock(office.eve, JUNE)

    again = office.bob.post(PAGE, 422, **seen, reason="October pack")
    assert "The ledger changed since" in again.one("div", role="alert").text
    assert locked(office) == "Locked through 30 Jun 2025 today"
    assert balances_of(again)["Recognized Revenue"] == ["600.00", "400.00", "1,000.00"]
    assert again.one(id="reason").attributes["value"] == "October pack"

    office.ann.post(NEW, do="submit", **TYPED)  # 250.00 are recognized on 31 October
    third = office.bob.post(PAGE, 422, **read(again))
    assert balances_of(third)["Recognized Revenue"] == ["600.00", "650.00", "1,250.00"]
    assert locked(office) == "Locked through 30 Jun 2025 today"

    # What changes none of the figures doesn't matter.
    balance = {"form": "enter", "on": "2025-09-30", "balance_billed": "1200.00"}
    office.bob.post("/close/balances?currency=USD", **balance)
    office.bob.post(PAGE, **read(third))
    assert locked(office) == "Locked through 31 Oct 2025 today"


def test_moving_it_back_says_what_opens_and_needs_a_reason(office: Office) -> None:
    set_lock(office.bob, SEPTEMBER)
    page = office.bob.get(JUNE)

    assert page.one("h1").text == "Move the lock of USD back to 30 Jun 2025"
    assert "What it opens 1 Jul – 30 Sep 2025: 3 journals" in changes_of(page).text
    assert balances_of(page)["Deferred Revenue"] == ["600.00", "-300.00", "300.00"]
    assert page.all(id="lock-waiting") == []
    refused = office.bob.post(PAGE, 422, **read(page), reason=" ")
    assert refused.one(id="problem-reason").text == "Opening days needs a reason."
    assert refused.one(id="reason").attributes["aria-invalid"] == "true"
    assert locked(office) == "Locked through 30 Sep 2025 today"

    office.bob.post(PAGE, **read(refused), reason="Late invoices")

    assert locked(office) == "Locked through 30 Jun 2025 today"


def test_moving_it_back_names_the_files_that_have_the_days(
    new_database: NewDatabase,
) -> None:
    found = new_database()
    Site(found).run(record, invoice())
    Site(found).run(two_files)
    with office_of(found) as office:
        set_lock(office.bob, SEPTEMBER)

        august = office.bob.get(f"{PAGE}&through=2025-08-31")
        june = office.bob.get(JUNE)
        october = office.bob.get(f"{PAGE}&month=2025-10")

    assert "File 2 (SEPT): what changes on the days" in august.text
    assert "File 2 (SEPT), file 1 (JULY): what changes on the days" in june.text
    assert "Posted already" not in october.text


async def two_files(database: Database) -> None:
    """Files of July, and from September on."""
    for reference, last in (("JULY", "2025-07-31"), ("SEPT", "2025-09-30")):
        its = days(f"{last[:8]}01", last)
        number = await made(database, its, filters=f"from={last[:8]}01&to={last}")
        await mark(database, number, reference)


def test_past_the_present_month_a_box_is_ticked(office: Office) -> None:
    page = office.bob.get(f"{PAGE}&through=2025-11-30")
    assert "scheduled in part" in page.text

    refused = office.bob.post(PAGE, 422, **read(page))
    assert "tick the box" in refused.one(id="problem-confirm_future").text
    assert locked(office) == "No day is locked today"
    office.bob.post(PAGE, **read(refused), confirm_future="on")

    assert locked(office) == "Locked through 30 Nov 2025 today"


def test_unlocking_and_locking_by_accounting_date(office: Office) -> None:
    set_lock(office.bob, SEPTEMBER)

    unlocking = office.bob.get(f"{PAGE}&through=")
    assert unlocking.one("h1").text == "Unlock USD"
    assert balances_of(unlocking)["Recognized Revenue"] == ["900.00", "900.00"]
    set_lock(office.bob, f"{PAGE}&method=ACCOUNTING_DATE&through=x", reason="Arrears")
    assert locked(office) == "Locked by each document's accounting date today"
    assert office.bob.get(PAGE).one("main").all("form", method="post") == []
    by_date = office.bob.get(f"{PAGE}&method=CUSTOM_DATE&through=2025-09-30")
    assert "It opens the days after for documents that are dated later." in by_date.text
    set_lock(office.bob, f"{PAGE}&method=CUSTOM_DATE&through=2025-09-30", reason="x")
    assert locked(office) == "Locked through 30 Sep 2025 today"


def test_under_four_eyes_opening_days_is_requested(office: Office) -> None:
    set_lock(office.bob, SEPTEMBER)
    office.bob.post(APPROVAL, form="four-eyes", four_eyes="on")
    page = office.bob.get(JUNE)
    assert (
        "another person approves it" in page.one("main").one("form", method="post").text
    )

    answer = office.bob.send(PAGE, **read(page), reason="Late invoices")

    assert answer.status_code == 303
    requested = office.bob.get(answer.headers["location"])
    said = requested.one("p", class_="news", role="status")
    assert "nothing changes until another person approves it" in said.text
    assert said.links() == {"Request 1": "/manual-journals#request-1"}
    assert locked(office) == "Locked through 30 Sep 2025 today"
    assert "Late invoices" in office.eve.get("/manual-journals").text
    # Closing days needs nobody else.
    set_lock(office.bob, f"{PAGE}&month=2025-10")
    assert locked(office) == "Locked through 31 Oct 2025 today"


def test_who_may_not_lock_reads_what_it_does(office: Office) -> None:
    seen = read(office.bob.get(SEPTEMBER))

    for person in (office.ann, office.vic):
        page = person.get(SEPTEMBER)
        assert page.one("main").all("form", method="post") == []
        assert "a controller or an admin locks" in page.text
        assert balances_of(page)
        for reviewed in (seen["reviewed"], "not read"):
            answer = person.send(PAGE, **{**seen, "reviewed": reviewed})
            assert answer.status_code == 403
    assert locked(office) == "No day is locked today"


def test_what_waits_is_listed_with_what_becomes_of_it(office: Office) -> None:
    set_lock(office.bob, JUNE)
    office.bob.post(APPROVAL, form="four-eyes", four_eyes="on")
    office.ann.post(NEW, do="submit", **{**TYPED, "date": "2025-09-30"})
    draft = {**TYPED, "date": "2025-09-15", "narrative": ""}
    office.ann.post(NEW, do="save", **draft)
    office.ann.post(NEW, do="save", **{**TYPED, "date": "2025-06-30"})
    office.ann.post(NEW, do="save", **{**TYPED, "date": "2025-10-01"})

    waiting = office.vic.get(SEPTEMBER).one(id="lock-waiting")

    assert "3 manual journals, together 750.00" in waiting.text
    rows = [row.text for row in waiting.one("tbody").all("tr")]
    refused_already, not_posted, not_approved = rows
    assert refused_already.startswith(
        "Go-live was accepted Draft, dated 30 Jun 2025, by ann@example.com 250.00"
    )
    assert "Refused already, its day is locked; 1 Oct 2025 is" in refused_already
    assert not_posted == (
        "No narrative yet Draft, dated 15 Sep 2025, by ann@example.com 250.00"
        " Refused while dated 15 Sep 2025; 1 Oct 2025 is offered MJ-2"
    )
    assert "Submitted, dated 30 Sep 2025" in not_approved
    assert "Its approval is refused; 1 Oct 2025 is offered MJ-1" in not_approved
    # And so it is.
    set_lock(office.bob, SEPTEMBER)
    refused = office.bob.post("/manual-journals/1", 422, do="approve", version="1")
    alert = refused.one("div", role="alert").text
    assert "the first open day of the USD ledger is 1 Oct 2025" in alert


def test_recurring_journals_wait_too(office: Office) -> None:
    """Those that begin by the month's end, as the overview counts them."""
    office.bob.post(APPROVAL, form="four-eyes", four_eyes="on")
    office.ann.post(RECURRING, do="submit", **MONTHLY)
    office.ann.post(RECURRING, do="save", **{**MONTHLY, "first_month": "2025-10"})

    waiting = office.vic.get(SEPTEMBER).one(id="lock-waiting")

    assert "No manual journals; 1 recurring journal, together 50.00." in waiting.text
    (row,) = waiting.one("tbody").all("tr")
    assert row.text == (
        "Support that isn't invoiced Submitted, monthly, from 30 Sep 2025, by"
        " ann@example.com 50.00 Approved later, its journal of 30 Sep 2025 waits as a"
        " draft R-1"
    )
    assert row.links() == {"R-1": "/manual-journals/recurring/1"}
    october = office.vic.get(f"{PAGE}&month=2025-10").one(id="lock-waiting")
    assert "2 recurring journals, together 100.00." in october.text


def test_an_open_milestone_waits_too(url: URL) -> None:
    """Only of invoices that are dated in days that close."""
    parts = (("design", "300.00", "2025-03-01"), ("live", "600.00", None))
    later = milestone_line(("later", "50.00", None))
    invoices = (
        invoice("inv_1", milestone_line(*parts), accounting_date="2025-03-01"),
        invoice("inv_2", later, accounting_date="2025-10-01"),
    )
    with office_of(url, *invoices) as office:
        waiting = office.vic.get(SEPTEMBER).one(id="lock-waiting")
        assert "No manual journals; 1 open milestone, together 600.00." in waiting.text
        (row,) = waiting.one("tbody").all("tr")
        assert row.text == (
            "Milestone Live Open, dated 1 Mar 2025, Acme 600.00"
            " Reached by 30 Sep 2025, it posts on 1 Oct 2025 Invoice INV_1"
        )
        page = office.vic.get(row.one("a").attributes["href"])
        assert page.one(id="milestones-heading").text == "Milestones"
        # And so it is.
        set_lock(office.bob, SEPTEMBER)
        assert office.vic.get(f"{PAGE}&month=2025-09").all(id="lock-waiting") == []


def test_what_manual_journals_recognized_of_a_milestone_is_not_open(url: URL) -> None:
    project = invoice("inv_1", milestone_line(("live", "600.00", None)))
    with office_of(url, project) as office:
        by_hand = {
            **TYPED,
            "customer": "cus_1",
            "product": "prod_1",
            "line_1_account": "DEFERRED",
            "line_1_debit": "85",
            "line_2_account": "RECOGNIZED",
            "line_2_credit": "85",
        }
        office.ann.post(NEW, do="submit", **by_hand)

        waiting = office.vic.get(SEPTEMBER).one(id="lock-waiting")

        assert "1 open milestone, together 515.00." in waiting.text
        (row,) = waiting.one("tbody").all("tr")
        assert "515.00 of 600.00 is open: 85.00 is recognized by MJ-1" in row.text
        assert (
            "it posts on 1 Oct 2025, all 600.00: 85.00 twice, unless that is reversed"
            " first"
        ) in row.text
        assert row.links()["MJ-1"] == "/manual-journals/1"


def test_the_steps_that_are_not_done_are_told(office: Office) -> None:
    page = office.bob.get(SEPTEMBER)

    notice = page.one(class_="lock-notice").text
    assert "last import on 1 jan 2025" in notice.lower()
    assert "of 4 before the lock" in page.one(class_="lock-facts").text


def test_the_example_is_what_happens(office: Office, url: URL) -> None:
    page = office.bob.get(SEPTEMBER)
    example = page.one("section", aria_labelledby="example-heading").text
    assert (
        "An invoice of 12,000.00 for 1 Sep 2025 – 31 Aug 2026, recorded after the lock:"
        " September's 1,000.00 posts as one entry on 1 Oct 2025 , the first open day,"
        " beside October's own 32.26 a day." in example
    )

    set_lock(office.bob, SEPTEMBER)
    its_line = line(its_terms=terms("12000.00", ("2025-09-01", "2026-08-31")))
    late = invoice("late", its_line, customer="cus_9", accounting_date="2025-09-01")
    record_in_a_thread(url, late)

    first_day = "/journals?currency=USD&customer=cus_9&from=2025-10-01&to=2025-10-01"
    figures = stats_of(office.bob.get(first_day))
    assert figures["Recognized Revenue"] == "1,032.26"


def record_in_a_thread(url: URL, document: Document) -> None:
    """Import a document on the day of the tests."""

    async def run() -> None:
        database = Database(url)
        await record(database, document, on="2025-10-15")
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, run).result()


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("currency=EUR", 404, "There is no ledger in “EUR”."),
        ("currency=USD&month=soon", 400, "“soon” is not a month"),
    ],
)
def test_a_wrong_address_is_explained(
    office: Office, query: str, status: int, message: str
) -> None:
    page = office.bob.get(f"/close/lock?{query}", status)

    assert message in page.text
    assert "Go to the close" in page.links()


@pytest.mark.parametrize(
    ("through", "message"),
    [
        ("soon", "a date is text"),
        ("2099-12-31", "the last day that can be locked is 30 Dec 2099"),
    ],
)
def test_a_wrong_day_is_said_at_its_field(
    office: Office, through: str, message: str
) -> None:
    page = office.bob.get(f"{PAGE}&through={through}", 422)
    said = page.one(id="problem-through").text
    assert message in said
    assert "$" not in said  # a variable is nothing to its reader
    assert page.one(id="through").attributes["value"] == through

    seen = {**read(page), "through": through}
    assert message in office.bob.post(PAGE, 422, **seen).text
    assert locked(office) == "No day is locked today"


def test_the_last_month_of_the_calendar_can_be_looked_at(office: Office) -> None:
    page = office.vic.get(f"{PAGE}&month=2099-12")

    assert page.one("h1").text == "Lock USD through 30 Dec 2099"


def test_without_a_ledger_there_is_nothing_to_lock(url: URL) -> None:
    with office_of(url) as people:
        page = people.bob.get("/close/lock", 404)

    assert "Import documents first" in page.text


def test_news_of_the_ledger_lead_to_the_same_lock(office: Office) -> None:
    october = f"{PAGE}&month=2025-10"
    asking = office.vic.get(october).one("p", class_="news").attributes["hx-get"]
    assert office.vic.ask(asking).status_code == 204

    set_lock(office.bob, JUNE)

    (link,) = parse(office.vic.ask(asking).text).all("a")
    title = office.vic.get(link.attributes["href"]).one("h1").text
    assert title == "Lock USD through 31 Oct 2025"
