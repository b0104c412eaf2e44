"""The pages of the audit trail and the activity log, and their files."""

import csv
import io
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice
from daybook_locking import lock
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_terminal import CREDIT_OF_NOTHING
from daybook_web.trail.named import told
from daybook_web.trail.view import SUBJECT_URLS

pytestmark = pytest.mark.either_database


@pytest.fixture
def client(client_with: Callable[..., TestClient]) -> TestClient:
    """The application over one invoice, with a lock that was set and moved back."""
    made = client_with(invoice())
    for through, reason in (("2025-09-30", ""), ("2025-08-31", "late invoices")):
        assert lock(made, through, reason=reason).status_code == 303
    return made


def rows_of(page: Element) -> list[Element]:
    return page.one("ol", class_="trail").all("li")


def test_the_trail_says_what_was_done(client: TestClient) -> None:
    page = get(client, "/audit")

    newest, before, *_ = rows_of(page)
    assert "Lock changed" in newest.text
    assert "After close, from 1 Sep 2025" in newest.text
    assert "Opened 1–30 Sep 2025 in USD: 1 journal" in newest.text
    assert "Why: late invoices" in newest.text
    assert [each.text for each in newest.all("del")] == ["Before: 30 Sep 2025"]
    assert [each.text for each in newest.all("ins")] == ["After: 31 Aug 2025"]
    assert "After close" not in before.text
    assert newest.links()["Ledger USD"] == "/journals?currency=USD"


@pytest.mark.parametrize(
    ("kind", "id_", "url"),
    [
        ("MANUAL_JOURNAL", "MJ-7", "/manual-journals/7"),
        ("MANUAL_JOURNAL", "MJ-7 to MJ-9", "/manual-journals"),
        ("RECURRENCE", "R-3", "/manual-journals/recurring/3"),
        ("CHANGE_REQUEST", "5", "/manual-journals#request-5"),
    ],
)
def test_records_lead_to_what_they_are_about(kind: str, id_: str, url: str) -> None:
    assert SUBJECT_URLS[kind](id_, "USD") == url


def test_filters_are_chips_that_go_away(client: TestClient) -> None:
    page = get(client, "/audit?action=SET_LOCK&after_close=yes&from=2025-10-01")

    (row,) = rows_of(page)
    assert "late invoices" in row.text
    chips = page.one("ul", class_="chips").all("a")
    words = [each.text.removeprefix("Remove the filter ")[:-2] for each in chips]
    assert words == ["What Lock changed", "From 1 Oct 2025", "Only after close"]
    assert chips[0].attributes["href"] == "/audit?from=2025-10-01&after_close=yes"
    assert page.one("select", name="action").text.startswith("Anything")


def test_what_is_wrong_is_said_at_its_field(client: TestClient) -> None:
    page = get(client, "/audit?action=LOK&from=soon&id=7", 422)

    assert not page.all("ol", class_="trail")
    assert page.one("input", name="from").attributes["aria-invalid"] == "true"
    assert "an id needs a kind" in page.text
    for address, words in (
        ("/audit?currency=GBP", "there is no ledger in 'GBP'"),
        ("/audit?after=x", "cursor"),
        ("/activity?kind=NOTHING", "is none of IMPORT"),
    ):
        assert words in get(client, address, 422).text


def test_nothing_found_offers_everything(client: TestClient) -> None:
    page = get(client, "/audit?who=nobody")

    assert "Nothing matches these filters." in page.text
    assert page.links()["Show everything"] == "/audit"
    assert page.one("input", name="who").attributes["value"] == "nobody"


@pytest.mark.parametrize("query", ["", "?action=SET_LOCK", "?after_close=yes"])
def test_the_file_holds_what_the_page_lists(client: TestClient, query: str) -> None:
    page = get(client, f"/audit{query}")
    url = page.links()["Download all as CSV"]
    answer = client.get(url)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert url == f"/audit.csv{query}"
    shown = rows_of(page)
    assert len(rows) == len(shown) > 0
    for row, listed in zip(rows, shown, strict=True):
        assert row["number"] in listed.text
        assert row["sentence"] in listed.text
        assert row["hash"] in listed.text
        assert row["previous_hash"] in listed.text
        assert bool(row["after_close"]) == ("After close" in listed.text)


def test_the_log_tells_what_ran(client: TestClient) -> None:
    page = get(client, "/activity?kind=LOCK&failed=no")
    rows = list(csv.DictReader(io.StringIO(client.get("/activity.csv?kind=LOCK").text)))

    assert len(rows_of(page)) == 2
    assert [row["kind"] for row in rows] == ["LOCK"] * len(rows)
    assert all("USD ledger locked through" in row.text for row in rows_of(page))


def test_a_run_leads_to_what_it_was_about(client: TestClient) -> None:
    page = get(client, "/activity?kind=LOCK&failed=no")

    newest = rows_of(page)[0]

    assert newest.links()["USD ledger"] == "/settings/locks?currency=USD"
    locks = get(client, newest.links()["USD ledger"])
    assert "31 Aug 2025" in locks.text


@pytest.mark.parametrize(
    ("message", "url", "after"),
    [
        ("MJ-10 saved as version 1", "/manual-journals/10", " saved as version 1"),
        ("R-2 saved", "/manual-journals/recurring/2", " saved"),
        ("file 4 posted as CLOSE", "/exports/files/4", " posted as CLOSE"),
        ("posting of file 4 as X undone", "/exports/files/4", " as X undone"),
    ],
)
def test_a_line_leads_to_what_it_names_first(
    message: str, url: str, after: str
) -> None:
    line = told(message)

    assert line.named is not None
    assert (line.named.url, line.after) == (url, after)
    assert f"{line.before}{line.named.text}{line.after}" == message


@pytest.mark.parametrize(
    "message",
    ["import of MJ-1.csv", "profile 4", "MJ-x", "file 4a", "ABC ledgers", "EUR ledger"],
)
def test_what_people_wrote_is_no_link(message: str) -> None:
    assert told(message) == ("", None, message)


@pytest.mark.parametrize("path", ["/audit", "/activity"])
def test_there_is_a_way_back_to_the_close(client: TestClient, path: str) -> None:
    words = "Back to the close of September 2025"
    client.headers["Accept"] = "text/html"  # as a browser, whose pages lead back

    there = get(client, f"{path}?at=USD.2025-09")

    assert there.links()[words] == "/close?currency=USD&month=2025-09"
    assert words not in get(client, path).links()
    name = "Activity log" if path == "/audit" else "Audit trail"
    (other,) = {
        link.attributes["href"]
        for link in there.one("p", class_="other-pages").all("a")
        if link.text == name
    }
    assert words in get(client, other).links()


def test_a_file_is_refused_for_a_wrong_filter(client: TestClient) -> None:
    answer = client.get("/audit.csv?action=LOK&colour=red")
    wrong = client.get("/activity.csv?from=soon")

    assert (answer.status_code, wrong.status_code) == (400, 400)
    assert "there is no such filter" in answer.text


def test_news_are_counted_and_linked(client: TestClient) -> None:
    news = get(client, "/audit?action=SET_LOCK").one("p", class_="news")
    address = news.attributes["hx-get"]
    assert news.text == ""
    assert get(client, address).text == ""

    for through in ("2025-09-30", "2025-10-14"):
        lock(client, through)
    fragment = get(client, address)

    assert fragment.text == "Show 2 new records"
    assert fragment.links() == {"Show 2 new records": "/audit?action=SET_LOCK"}
    assert fragment.one("p").attributes["hx-get"] == address


def test_the_anchor_is_that_of_the_last_record(client: TestClient) -> None:
    page = get(client, "/audit")
    newest = rows_of(page)[0]

    anchor = page.one("input", id="anchor").attributes["value"]
    assert anchor == newest.all("code")[0].text
    assert len(anchor) == 64


def test_whoever_may_not_read_gets_nothing(client: TestClient) -> None:
    for address in ("/audit", "/audit.csv", "/activity", "/audit/new"):
        answer = client.get(address, headers={"Authorization": "Bearer nothing"})

        assert answer.status_code == 401, address


def test_chips_of_the_activity_log_say_activity(client: TestClient) -> None:
    page = get(client, "/activity?kind=IMPORT")

    (chip,) = page.one("ul", class_="chips").all("a")
    assert chip.text.startswith("Remove the filter Activity Import")
    assert "Activity" in page.one("form", class_="trail-filters").text


HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to"
)
FAILED = "/activity?kind=IMPORT&failed=yes&at=USD.2025-10"
IMPORT = (
    "mutation Import($input: ImportDocumentsInput!) { importDocuments(input: $input)"
    " { userErrors { message } } }"
)


def fail(client: TestClient, name: str) -> None:
    """Import a file of a credit note without its invoice, which is refused."""
    given = {"documents": [CREDIT_OF_NOTHING], "fileName": name}
    asked = {"query": IMPORT, "variables": {"input": given}}
    answer = client.post("/graphql", json=asked).json()
    assert answer["data"]["importDocuments"]["userErrors"]


def test_a_failed_import_is_dismissed_beside_its_reason(client: TestClient) -> None:
    fail(client, "october.csv")
    client.headers["Accept"] = "text/html"  # as a browser, whose pages lead back
    close = get(client, "/close?currency=USD&month=2025-10")
    assert "october.csv failed on 15 Oct 2025" in close.text

    (row,) = rows_of(get(client, FAILED))
    form = row.one("form", method="post")
    number = form.one("input", name="number").attributes["value"]
    assert "import of october.csv: " in row.text
    url = form.attributes["action"]
    sent = {"number": number, "reason": "a <trial>"}
    answer = client.post(url, data=sent, follow_redirects=False)
    again = client.post(url, data={**sent, "reason": "b"}, follow_redirects=False)

    assert (answer.status_code, again.status_code) == (303, 303)
    page = get(client, answer.headers["location"])
    (row,) = rows_of(page)
    assert (
        f"Import {number} is dismissed: nothing of its file was imported, and the close"
        " asks for it no more." in page.text
    )
    assert "failed, dismissed" in row.text and not row.all(class_="failed")
    assert "Nothing of it was imported. Dismissed by " in row.text
    corrected = row.links()["Import the corrected file"]
    assert corrected == "/documents/import?at=USD.2025-10"
    assert page.links()["Back to the close of October 2025"] == (
        "/close?currency=USD&month=2025-10"
    )
    assert "Dismissed by " in row.text and "2025, " in row.text
    assert row.one("span", class_="trail-reason").text == "a <trial>"
    assert not row.all("form")
    close = get(client, "/close?currency=USD&month=2025-10")
    assert "october.csv failed" not in close.text
    newest, *_ = rows_of(get(client, "/audit"))
    assert f"Dismissed the failed import {number} of october.csv" in newest.text
    assert "Why: a <trial>" in newest.text
    assert newest.links()[f"Import {number}"] == "/activity?kind=IMPORT&failed=yes"


def import_text(client: TestClient, amount: str, *, dry_run: bool = False) -> int:
    """Send a file with an amount; how many problems it has."""
    row = f"invoice,inv_7,FINAL,USD,cus_7,Lake,2025-10-01,1,p,Platform,{amount}"
    row = f"{row},2025-10-01,2025-10-31"
    given = {"text": f"{HEADER}\n{row}\n", "fileName": "r7.csv", "dryRun": dry_run}
    asked = {"query": IMPORT, "variables": {"input": given}}
    answer = client.post("/graphql", json=asked).json()
    return len(answer["data"]["importDocuments"]["userErrors"])


def test_a_file_that_can_t_be_read_failed_until_it_is_imported(
    client: TestClient,
) -> None:
    dry = import_text(client, "abc", dry_run=True), len(runs_of(client))
    refused = import_text(client, "abc")
    (row,) = runs_of(client)
    close = get(client, "/close?currency=USD&month=2025-10").text
    imported = import_text(client, "12.00")
    (later,) = runs_of(client)
    newest, *_ = rows_of(get(client, "/activity?kind=IMPORT"))
    number = newest.one("span", class_="trail-number").text

    assert (dry, refused, imported) == ((1, 0), 1, 0)
    assert "import of r7.csv: " in row.text and row.all("form")
    assert "Imported since" not in row.text and row.all(class_="failed")
    assert "r7.csv failed on 15 Oct 2025" in close
    assert f"Imported since, by import {number}." in later.text
    assert not later.all(class_="failed")
    assert "Import the corrected file" not in later.text
    assert not later.all("form")
    close = get(client, "/close?currency=USD&month=2025-10").text
    assert "r7.csv failed" not in close


def runs_of(client: TestClient) -> list[Element]:
    """The failed imports."""
    page = get(client, FAILED)
    return [row for found in page.all("ol", class_="trail") for row in found.all("li")]


def test_what_is_wrong_with_a_dismissal_is_said_in_its_row(client: TestClient) -> None:
    fail(client, "october.csv")
    fail(client, "october.csv")
    newer, older = rows_of(get(client, FAILED))
    number = newer.one("input", name="number").attributes["value"]
    # Only the last failure of a file waits.
    assert not older.all("form")

    answer = client.post(FAILED, data={"number": number, "reason": " "})

    assert answer.status_code == 422
    newer, _ = rows_of(parse(answer.text))
    assert "open" in newer.one("details").attributes
    reason = newer.one("input", name="reason").attributes
    assert reason["aria-invalid"] == "true"
    assert "give a reason" in newer.text
    for sent in ({"number": "1", "reason": "x"}, {"number": "x", "reason": "x"}):
        refused = client.post(FAILED, data=sent)
        assert refused.status_code == 422
        assert "is no failed import" in refused.text
