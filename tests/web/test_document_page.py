"""The page of a document: what it shows, its milestones, its void, and who may."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.ledger.rules import Role
from daybook.recognition.rules import Method
from daybook_adjusting import credit, debit, entered, reversed_journal, submitted
from daybook_factories import (
    billing_schedule,
    credit_note,
    invoice,
    line,
    lock,
    milestone_line,
    record,
    revise,
    terms,
)
from daybook_graphql.documents.ids import BillingScheduleId, CreditNoteId, InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_graphql.parties.ids import CustomerId
from daybook_markup import Element, parse
from daybook_pages import HTMX, get
from daybook_people import client_of, key_of
from daybook_services.database import AT_ANY_TIME
from daybook_site import settings_for
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database

INVOICE = f"/documents/{encode(InvoiceId('inv_1'))}"
NOTE = f"/documents/{encode(CreditNoteId('cn_1'))}"
SCHEDULE = f"/documents/{encode(BillingScheduleId('bs_1'))}"
MILESTONES = invoice(
    "inv_1", milestone_line(("m1", "600.00", None), ("m2", "400.00", "2025-02-10"))
)
BY_HAND = entered(
    debit(Role.DEFERRED, "85.00"),
    credit(Role.RECOGNIZED, "85.00"),
    customer="cus_1",
    product="prod_1",
)
"""What recognizes a part of the first milestone of `MILESTONES`."""

Recorded = Callable[..., TestClient]


@pytest.fixture
def recorded(database_url: URL) -> Iterator[Recorded]:
    """Makes the application over some documents, for somebody who may do all."""
    made: list[TestClient] = []

    def make(*documents: Document, locked: str | None = None) -> TestClient:
        async def run() -> None:
            database = Database(database_url)
            await record(database, *documents)
            if locked is not None:
                await lock(database, locked, on="2025-03-01")
            await database.close()

        anyio.run(run)
        client = client_of(settings_for(database_url))
        client.__enter__()
        made.append(client)
        return client

    yield make
    for client in made:
        client.__exit__(None, None, None)


def in_the_database(url: URL, act: Callable[[Database], Any]) -> Any:
    """What an action on the database comes to."""

    async def run() -> Any:
        database = Database(url, AT_ANY_TIME)
        try:
            return await act(database)
        finally:
            await database.close()

    return anyio.run(run)


def send(
    client: TestClient, do: str, status: int = 200, url: str = INVOICE, **form: str
) -> Element:
    """The page after a form, whose redirection is followed."""
    answer = client.post(url, data={"do": do, **form})
    assert answer.status_code == status, answer.text
    assert bool(answer.history) == (status == 200)
    return parse(answer.text)


def complete(client: TestClient, day: str, status: int = 200, **form: str) -> Element:
    fields = {"line": "1", "milestone": "m1", "field": "completed-1"}
    return send(client, "complete", status, completed_on=day, **{**fields, **form})


def sums(page: Element) -> list[str]:
    """What Billed, Unbilled, Deferred and Recognized gain in all journals."""
    table = page.one("table", class_="document-journals")
    return [cell.text for cell in table.one("tfoot").all("td")]


def void_amounts(panel: Element) -> list[list[str]]:
    """The rows of what a void posts, and then of what it drops."""
    return [
        [cell.text for cell in (row.one("th"), *row.all("td"))]
        for table in panel.all(class_="void-amounts")
        for row in table.one("tbody").all("tr")
    ]


def facts(page: Element) -> dict[str, str]:
    listed = page.one("dl", class_="journal-facts")
    names = [term.text for term in listed.all("dt")]
    return dict(zip(names, [each.text for each in listed.all("dd")], strict=True))


def milestones(page: Element) -> list[str]:
    listed = page.one("ul", class_="milestones").all("li")
    return [each.one(class_="milestone-state").text for each in listed]


def said(page: Element) -> str:
    return page.one(class_="page-header").one("p", role="status").text


def back_of(page: Element) -> str:
    return page.one(class_="back").one("a").attributes["href"]


def problem(page: Element) -> str:
    return page.one(class_="problems").text


def test_it_shows_what_was_sent_and_posted(recorded: Recorded) -> None:
    its_lines = (line(), line("2", its_terms=terms("60.00")))
    client = recorded(invoice("inv_1", *its_lines, discount="10.00"))

    page = get(client, INVOICE)

    assert page.one("h1").text == "Invoice INV_1"
    assert facts(page) == {
        "Total": "1,250.00 USD",
        "Customer": "Acme",
        "Accounting date": "1 Jan 2025",
        "Document id": "inv_1",
        "Evidence": "No files",
    }
    rows = page.one("table", class_="lines-table").one("tbody").all("tr")
    assert [row.one("td", class_="amount").text for row in rows] == [
        "1,200.00",
        "60.00",
    ]
    assert "Less a discount of 10.00 USD" in page.text
    assert sums(page) == ["1,250.00", "–", "–", "1,250.00"]
    report = get(client, page.links()["12 journals in the report"])
    assert "Invoice INV_1" in report.one("ul", class_="chips").text
    assert page.links()["Acme"] == "/documents?currency=USD&customer=cus_1"
    first = page.one("table", class_="document-journals").one("tbody").all("tr")[0]
    assert [cell.text for cell in first.all("td")] == [
        *("January 2025", "Platform", "1,250.00", "–", "1,145.83", "104.17")
    ]
    assert get(client, page.links()["1"]).one("h1").text == "Journal 1"


def test_versions_are_listed_the_newest_first(
    recorded: Recorded, database_url: URL
) -> None:
    client = recorded(invoice("inv_1"))
    later = revise(
        invoice("inv_1", line(its_terms=terms("600.00"))), accounting_date="2025-01-01"
    )
    in_the_database(
        database_url, lambda database: record(database, later, on="2025-10-16")
    )

    page = get(client, INVOICE)

    rows = page.one("table", class_="versions").one("tbody").all("tr")
    assert [row.one("td", class_="amount").text for row in rows] == [
        "600.00",
        "1,200.00",
    ]
    assert [row.one("th").text for row in rows] == ["2", "1"]


def test_a_milestone_is_completed_and_opened_again(recorded: Recorded) -> None:
    client = recorded(MILESTONES)
    page = get(client, INVOICE)
    assert milestones(page) == ["Open", "Reached 10 Feb 2025"]
    assert sums(page) == ["1,000.00", "–", "600.00", "400.00"]
    assert page.one("input", id="completed-1").attributes["value"] == "2025-10-15"

    done = complete(client, "2025-03-10")

    assert said(done) == "The milestone is complete: 1 new journal, 1 movement added."
    assert milestones(done) == ["Reached 10 Mar 2025", "Reached 10 Feb 2025"]
    assert sums(done) == ["1,000.00", "–", "–", "1,000.00"]
    assert said(complete(client, "2025-03-10")) == (
        "It was so already: nothing was changed."
    )

    again = send(client, "reopen", line="1", milestone="m1")

    assert said(again).startswith("The milestone is open again:")
    assert milestones(again) == ["Open", "Reached 10 Feb 2025"]
    assert sums(again) == ["1,000.00", "–", "600.00", "400.00"]


def test_what_a_manual_journal_recognized_is_said_before_it_counts_twice(
    recorded: Recorded, database_url: URL
) -> None:
    client = recorded(MILESTONES)
    in_the_database(database_url, lambda its: submitted(its, BY_HAND, on="2025-10-15"))

    page = get(client, INVOICE)

    (warning,) = page.all("p", class_="milestone-twice")
    assert warning.text == (
        "515.00 of it is open: 85.00 is recognized by MJ-1 . Complete recognizes all"
        " 600.00, 85.00 of it twice: reverse the manual journal first."
    )
    assert warning.links() == {"MJ-1": "/manual-journals/1"}

    void = get(client, f"{INVOICE}?ask=void").one(class_="void-panel")
    assert (
        "85.00 that MJ-1 recognized of it by hand stays recognized: reverse MJ-1, too."
    ) in void.text

    done = complete(client, "2025-03-20")

    assert said(done) == (
        "The milestone is complete: 1 new journal, 1 movement added. MJ-1 recognized a"
        " part of it too: see M1 below."
    )
    (warning,) = done.all("p", class_="milestone-twice")
    assert warning.text == (
        "85.00 of it is recognized twice: MJ-1 recognized it too. Reverse what is one"
        " too many."
    )
    assert sums(done) == ["1,000.00", "–", "–", "1,000.00"]

    in_the_database(database_url, lambda its: reversed_journal(its, 1, on="2025-10-15"))

    assert get(client, INVOICE).all("p", class_="milestone-twice") == []


def test_of_several_manual_journals_each_amount_is_said(
    recorded: Recorded, database_url: URL
) -> None:
    client = recorded(MILESTONES)
    for _ in range(2):
        in_the_database(
            database_url, lambda its: submitted(its, BY_HAND, on="2025-10-15")
        )

    (warning,) = get(client, INVOICE).all("p", class_="milestone-twice")

    assert warning.text.startswith(
        "430.00 of it is open: 170.00 is recognized by MJ-1 (85.00), MJ-2 (85.00)."
    )
    assert list(warning.links()) == ["MJ-1", "MJ-2"]


def test_a_locked_day_posts_on_the_first_open_one(recorded: Recorded) -> None:
    client = recorded(MILESTONES, locked="2025-02-28")
    page = get(client, INVOICE)
    assert (
        "Locked through 28 Feb 2025: what falls on a locked day posts on 1 Mar 2025."
        in page.text
    )

    done = complete(client, "2025-02-20")

    months = [
        row.all("td")[0].text
        for row in done.one("table", class_="document-journals").one("tbody").all("tr")
    ]
    assert months == ["January 2025", "February 2025", "March 2025"]


@pytest.mark.parametrize(
    ("day", "form", "message"),
    [
        ("", {}, "Give the day on which it was reached."),
        ("soon", {}, "soon"),
        ("2025-03-10", {"milestone": "m9"}, "has no milestone 'm9': it has m1, m2"),
        ("2025-03-10", {"line": "9"}, "has no line '9'"),
    ],
)
def test_a_refusal_stands_beside_its_field(
    recorded: Recorded, day: str, form: dict[str, str], message: str
) -> None:
    client = recorded(MILESTONES)

    page = complete(client, day, 422, **form)

    assert message in problem(page)
    assert message in page.one(id="problem-completed-1").text
    field = page.one("input", id="completed-1")
    assert (field.attributes["value"], field.attributes["aria-invalid"]) == (
        day,
        "true",
    )
    assert milestones(get(client, INVOICE)) == ["Open", "Reached 10 Feb 2025"]


def test_a_void_during_a_close_leads_back_to_it(recorded: Recorded) -> None:
    client = recorded(invoice("inv_1"))
    page = get(client, f"{INVOICE}?at=USD.2025-10")
    asked = get(client, page.links()["Void it"])
    form = asked.one(class_="void-panel").one("form")

    answer = client.post(
        form.attributes["action"], data={"do": "void"}, headers={"Accept": "text/html"}
    )

    done = parse(answer.text)
    links = done.one(class_="page-status").links()
    address = "/close?currency=USD&month=2025-10"
    assert links == {"Back to the close of October 2025": address}


def test_a_void_is_asked_for_first(recorded: Recorded) -> None:
    client = recorded(invoice("inv_1"), locked="2025-02-28")
    page = get(client, INVOICE)
    assert page.all(class_="void-panel") == []

    asked = get(client, page.links()["Void it"])

    panel = asked.one(class_="void-panel")
    assert (
        "through 28 Feb 2025 is locked: it is taken back on 1 Mar 2025." in panel.text
    )
    assert void_amounts(panel) == [
        ["1 Mar 2025", "Deferred Revenue", "Billed Revenue", "1,200.00"],
        ["1–31 Mar 2025", "Recognized Revenue", "Deferred Revenue", "300.00"],
        *(
            [f"1–{last} 2025", "Recognized Revenue", "Deferred Revenue", "100.00"]
            for last in ("30 Apr", "31 May", "30 Jun", "31 Jul", "31 Aug", "30 Sep")
        ),
        ["1–15 Oct 2025", "Recognized Revenue", "Deferred Revenue", "48.45"],
        ["16–31 Oct 2025", "Deferred Revenue", "Recognized Revenue", "51.55"],
        *(
            [f"1–{last} 2025", "Deferred Revenue", "Recognized Revenue", "100.00"]
            for last in ("30 Nov", "31 Dec")
        ),
    ]
    changes = (
        f"Billed Revenue {MINUS}1,200.00, Deferred Revenue {MINUS}251.55,"
        f" Recognized Revenue {MINUS}948.45."
    )
    assert f"Change of the accounts: {changes}" in panel.text
    links = panel.links()
    of_invoice = "invoice=inv_1&currency=USD"
    assert links["Leave it"] == INVOICE
    # What is taken back on the first open day was posted until then.
    assert set(links["1 Mar 2025"].partition("?")[2].split("&")) == {
        "from=2000-01-01",
        "to=2025-03-01",
        *of_invoice.split("&"),
    }
    assert set(links["1–30 Nov 2025"].partition("?")[2].split("&")) == {
        "from=2025-11-01",
        "to=2025-11-30",
        *of_invoice.split("&"),
    }
    assert panel.one("button").text == "Void INV_1"
    assert sums(asked) == ["1,200.00", "–", "–", "1,200.00"]

    long = send(client, "void", 422, reason="x" * 501)
    assert "a reason has at most 500 characters" in problem(long).lower()
    typed = long.one("input", id="void-reason").attributes["value"]
    assert typed == "x" * 501

    done = send(client, "void", reason=" Sent twice ")

    assert said(done).startswith("The document is voided: ")
    reasons = [cell.text for cell in done.all("span", class_="version-reason")]
    assert reasons == ["invoice inv_1 voided: Sent twice", "test"]
    trail = get(client, "/audit?action=VOID_DOCUMENT").one("main").text
    assert "Sent twice" in trail
    assert done.one("header", class_="page-header").one(class_="badge").text == "Voided"
    assert sums(done) == ["–", "–", "–", "–"]
    assert "Void it" not in done.links()
    # Asking again leads to nothing that could be voided.
    assert get(client, f"{INVOICE}?ask=void").all(class_="void-panel") == []
    again = send(client, "void", reason="Another one")
    assert said(again) == (
        "It was void already (invoice inv_1 voided: Sent twice): nothing was changed,"
        " and no other reason is kept."
    )
    assert "Another one" not in again.text


def test_a_void_tells_what_was_recognized_from_what_is_dropped(
    recorded: Recorded,
) -> None:
    """Of 1,200.00, 200.00 was recognized and 1,000.00 will be in 2099."""
    point = partial(terms, period=None, method=Method.POINT_IN_TIME)
    early = line("1", its_terms=point("200.00", recognized_on="2025-02-01"))
    late = line("2", its_terms=point("1000.00", recognized_on="2099-01-01"))
    client = recorded(invoice("inv_1", early, late))

    panel = get(client, f"{INVOICE}?ask=void").one(class_="void-panel")

    assert void_amounts(panel) == [
        ["1 Jan 2025", "Deferred Revenue", "Billed Revenue", "1,200.00"],
        ["1 Feb 2025", "Recognized Revenue", "Deferred Revenue", "200.00"],
        ["1 Jan 2099", "Deferred Revenue", "Recognized Revenue", "1,000.00"],
    ]
    changes = (
        f"Billed Revenue {MINUS}1,200.00, Deferred Revenue {MINUS}1,000.00,"
        f" Recognized Revenue {MINUS}200.00."
    )
    assert f"Change of the accounts: {changes}" in panel.text


def test_a_void_of_what_posted_nothing_takes_nothing_back(recorded: Recorded) -> None:
    """An invoice of 2099: all that it posts is scheduled."""
    later = line("1", its_terms=terms(period=("2099-01-01", "2099-12-31")))
    client = recorded(invoice("inv_1", later, accounting_date="2099-01-01"))

    panel = get(client, f"{INVOICE}?ask=void").one(class_="void-panel")

    assert "taken back" not in panel.text


def test_what_credits_an_invoice_is_voided_before_it(recorded: Recorded) -> None:
    client = recorded(invoice("inv_1"), credit_note("cn_1"))
    asked = get(client, f"{INVOICE}?ask=void")
    panel = asked.one(class_="void-panel")
    assert panel.all("button") == []
    assert panel.links()["CN_1"] == NOTE

    refused = send(client, "void", 422)

    assert "cn_1" in problem(refused)
    note = get(client, f"{NOTE}?ask=void")
    assert (
        "Invoice INV_1 goes on as if uncredited." in note.one(class_="void-panel").text
    )
    assert note.links()["Invoice INV_1"] == INVOICE
    assert facts(note)["Total"] == "100.00 USD"
    panel = note.one(class_="void-panel")
    assert ["1 Oct 2025", "Billed Revenue", "Deferred Revenue", "100.00"] in (
        void_amounts(panel)
    )
    assert sums(send(client, "void", url=NOTE)) == ["–", "–", "–", "–"]
    free = get(client, f"{INVOICE}?ask=void")
    assert free.one(class_="credit-notes").one(class_="badge").text == "Voided"
    assert free.one(class_="void-panel").one("button").text == "Void INV_1"
    assert sums(send(client, "void")) == ["–", "–", "–", "–"]


def test_a_billing_schedule_says_how_it_ends(recorded: Recorded) -> None:
    billed = invoice("inv_1", billing_schedule_id="bs_1")
    client = recorded(billing_schedule("bs_1"), billed)

    page = get(client, SCHEDULE)

    assert "sent again with the status CANCELLED" in page.text
    assert "Void it" not in page.links()
    assert get(client, INVOICE).links()["Billing schedule BS_1"] == SCHEDULE
    assert "CANCELLED" in problem(send(client, "void", 422, SCHEDULE))


@pytest.mark.parametrize("do", ["complete", "reopen", "void"])
def test_who_only_reads_changes_nothing(
    recorded: Recorded, database_url: URL, do: str
) -> None:
    client = recorded(MILESTONES)
    key = in_the_database(
        database_url, lambda database: key_of(database, Permission.READ)
    )
    client.headers["Authorization"] = f"Bearer {key}"

    page = get(client, f"{INVOICE}?ask=void")
    form = {"line": "1", "milestone": "m2", "completed_on": "2025-03-10"}
    refused = send(client, do, 403, **form)

    assert page.one(id="document").all("form") == page.all(class_="void-panel") == []
    assert "Void it" not in page.links()
    assert "is for accountants, controllers and admins" in refused.one("main").text
    assert refused.links()["Go back to the document"] == INVOICE
    after = get(client, INVOICE)
    assert milestones(after) == ["Open", "Reached 10 Feb 2025"]
    assert sums(after) == ["1,000.00", "–", "600.00", "400.00"]


@pytest.mark.parametrize(
    "its_id",
    ["nothing", "a=b", encode(InvoiceId("none")), encode(CustomerId("cus_1"))],
)
def test_what_is_no_document_is_not_found(recorded: Recorded, its_id: str) -> None:
    client = recorded(invoice("inv_1"))

    page = get(client, f"/documents/{its_id}", 404)

    assert page.links()["Go to the documents"].startswith("/documents")
    send(client, "void", 404, f"/documents/{its_id}")


def test_a_form_without_a_button_changes_nothing(recorded: Recorded) -> None:
    client = recorded(MILESTONES)

    assert "The form was incomplete." in send(client, "shred", 400).one("main").text


def test_the_way_back_never_leaves_the_site(recorded: Recorded) -> None:
    client = recorded(invoice("inv_1"))

    assert back_of(get(client, INVOICE)) == "/documents?currency=USD"
    journal = get(client, f"{INVOICE}?back=/journals/USD/1")
    assert back_of(journal) == "/journals/USD/1"
    assert "evil" not in client.get(f"{INVOICE}?back=//evil.example").text


def test_long_lists_are_shown_in_parts(recorded: Recorded) -> None:
    lines = [line(str(number), its_terms=terms("1.00")) for number in range(1, 121)]
    client = recorded(invoice("inv_1", *lines))

    page = get(client, INVOICE)
    (after,) = page.one(id="document").all("a", rel="next")
    following = get(client, after.attributes["href"])

    def shown(found: Element) -> list[str]:
        rows = found.one("table", class_="lines-table").one("tbody").all("tr")
        return [row.one("th").text for row in rows]

    assert shown(page) == [str(number) for number in range(1, 51)]
    assert shown(following) == [str(number) for number in range(51, 101)]
    assert "Lines 51–100 of 120" in following.text


def test_the_first_journals_of_many_are_said_to_be_so(recorded: Recorded) -> None:
    two_years = terms("24.00", ("2025-01-01", "2026-12-31"))
    client = recorded(invoice("inv_1", line(its_terms=two_years)))

    page = get(client, INVOICE)

    assert len(page.one("table", class_="document-journals").all("tr")) == 22
    assert "20 of 24 shown." in page.text
    report = get(client, page.links()["All 24 in the report"])
    assert "Invoice INV_1" in report.one("ul", class_="chips").text


def test_it_shows_what_others_did(recorded: Recorded) -> None:
    client = recorded(MILESTONES)
    asked = get(client, INVOICE).one(id="document").attributes["hx-get"]
    assert client.get(asked, headers=HTMX).status_code == 204

    complete(client, "2025-03-10")
    answer = client.get(asked, headers=HTMX)

    assert answer.status_code == 200
    assert milestones(parse(answer.text)) == [
        *("Reached 10 Mar 2025", "Reached 10 Feb 2025")
    ]
