"""The page of one journal, and the way back to the report."""

import re

import pytest
from starlette.testclient import TestClient

from daybook_markup import Element, parse
from daybook_pages import HTMX, REPORT, get, numbers_in, parameters

pytestmark = pytest.mark.either_database


@pytest.fixture
def credit_journal(client: TestClient) -> str:
    """Address of a credit note's journal, as the report links it."""
    page = get(client, f"{REPORT}&month=2025-10&search=CN_1&source=CREDIT_NOTE")
    (number,) = numbers_in(page)
    return page.links()[str(number)]


def heading(page: Element) -> str:
    return page.one("h1").text


def facts(page: Element, **attributes: str) -> dict[str, str]:
    """Terms and what they say of the first list of facts."""
    found = page.all("dl", **attributes)[0]
    terms, values = found.all("dt"), found.all("dd")
    return {term.text: value.text for term, value in zip(terms, values, strict=True)}


def test_a_journal_shows_what_it_is(client: TestClient) -> None:
    page = get(client, "/journals/USD/1")

    assert heading(page) == "Journal 1"
    assert page.one("title").text == "Journal 1, USD – My company – Daybook"
    assert facts(page) == {
        "Total": "1,300.00 USD",
        "Posting month": "January 2025",
        "Customer": '<script>alert("x")</script> & Söhne',
        "Product": "Platform",
        "Source": "Invoice",
        "Method": "Straight line",
        "Fully recognized": "Not yet",
    }


def test_movements_show_their_accounts_amount_days_and_story(
    client: TestClient,
) -> None:
    page = get(client, "/journals/USD/1")

    table = page.one("div", aria_labelledby="movements-heading").one("tbody")
    rows = [[one.text for one in row.all("td")] for row in table.all("tr")]
    explanations = [text for row in rows[1::2] for text in row]
    assert explanations[1] == (
        "INV_40: 1,200.00 USD in all. Straight line over 1 Jan – 31 Dec 2025 (365"
        " days): part-months by the day, the full months share the rest equally."
        " January 2025 gets 100.00 for its 31 days: 30 × 3.23 and 3.10 on the last."  # noqa: RUF001
        " Earned on or after the accounting date 1 Jan 2025: out of Deferred."
    )
    assert [row[:5] for row in rows[::2]] == [
        [
            "Dr Billed Revenue",
            "Cr Deferred Revenue",
            "1,200.00",
            "1 Jan 2025",
            "1 Jan – 31 Dec 2025",
        ],
        [
            "Dr Deferred Revenue",
            "Cr Recognized Revenue",
            "100.00",
            "1–31 Jan 2025",
            "1 Jan – 31 Dec 2025",
        ],
    ]
    assert all(row[6] == "1 Jan 2025, 12:00 UTC" for row in rows[::2])


def test_a_credit_note_shows_the_invoice_that_it_credits(
    client: TestClient, credit_journal: str
) -> None:
    page = get(client, credit_journal)

    assert page.one(id="document-heading").text == "Credit note CN_1"
    assert facts(page, class_="facts-small")["Credits"] == "Invoice INV_2"
    assert "Taken from the invoice's line" in page.one("main").text


def test_the_way_back_is_the_report_as_it_was(
    client: TestClient, credit_journal: str
) -> None:
    back = get(client, credit_journal).one(class_="back").one("a")

    assert back.attributes["href"] == (
        "/journals?currency=USD&month=2025-10&search=CN_1&source=CREDIT_NOTE"
    )
    assert client.get(back.attributes["href"]).status_code == 200


def test_without_a_report_the_way_back_is_the_journals_month(
    client: TestClient,
) -> None:
    back = get(client, "/journals/USD/5").one(class_="back").one("a")

    assert back.text.endswith("Journal report, January 2025")
    assert parameters(back.attributes["href"]) == {
        "currency": ["USD"],
        "month": ["2025-01"],
    }


def test_the_way_back_never_leaves_the_site(client: TestClient) -> None:
    hostile = "?month=//evil.example&back=https://evil.example&search=%22%3E%3Cscript"
    page = get(client, f"/journals/USD/5{hostile}")

    urls = [one.attributes["href"] for one in page.all("a")]
    pages = (
        r"/(journals|manual-journals|reports|close|evidence|exports|audit|settings|access)"
        r"|#"
    )
    assert all(re.match(pages, url) for url in urls)


def test_entries_are_a_fragment_for_htmx(client: TestClient) -> None:
    page = client.get("/journals/USD/1")
    fragment = client.get("/journals/USD/1", headers=HTMX)

    assert fragment.text.lstrip().startswith('<section id="journal-entries"')
    entries = parse(fragment.text).one(id="journal-entries")
    assert entries == parse(page.text).one(id="journal-entries")
    assert page.headers["vary"] == fragment.headers["vary"] == "HX-Request"


def test_entries_say_whether_they_are_posted(client: TestClient) -> None:
    report = get(client, f"{REPORT}&month=2025-10&customer=cus_5")
    page = get(client, report.links()[str(numbers_in(report)[0])])

    table = page.one("div", aria_labelledby="entries-heading").one("tbody")
    statuses = [row.all("td")[0].text for row in table.all("tr")]
    assert statuses == ["Posted"] * 15 + ["Scheduled"] * 16
    amounts = [row.one("td", class_="amount").text for row in table.all("tr")]
    assert amounts == ["3.23"] * 30 + ["3.10"]


@pytest.mark.parametrize(
    "path",
    [
        "USD/999999",
        "EUR/1",
        "usd/1",
        "USD/0",
        "USD/01",
        "USD/x",
        "USD/%D9%A1",
        "USD/-1",
    ],
)
def test_a_journal_that_isnt_there_is_not_found(client: TestClient, path: str) -> None:
    page = get(client, f"/journals/{path}", status=404)

    assert heading(page) == "Journal not found"
    assert "Go to the journal report" in page.links()


def test_a_number_beyond_any_ledger_is_not_found(client: TestClient) -> None:
    get(client, f"/journals/USD/{'9' * 40}", status=404)


@pytest.mark.parametrize(
    "given",
    [
        "entries_after=x",
        "entries_before=WzFd",
        "entries_after=WzFd&entries_before=WzFd",
        # Of the time when the movement came before the day: journal, movement, day.
        "entries_after=WzEsMiwyMDA5MV0",
    ],
)
def test_a_cursor_that_nobody_gave_is_a_broken_address(
    client: TestClient, given: str
) -> None:
    page = get(client, f"/journals/USD/1?{given}", status=400)

    first = page.links()["Go to the journal's first page"]
    assert first == "/journals/USD/1"
