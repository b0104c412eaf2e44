"""The page of one journal, and the way back to the report."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import anyio
import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import invoice, line, lock, record, terms
from daybook_markup import Element
from daybook_pages import REPORT, get, numbers_in, parameters
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database


@pytest.fixture
def credit_journal(client: TestClient) -> str:
    """Address of a credit note's journal, as the report links it."""
    page = get(client, f"{REPORT}&month=2025-10&search=CN_1&source=CREDIT_NOTE")
    (number,) = numbers_in(page)
    return page.links()[str(number)]


def heading(page: Element) -> str:
    return page.one("h1").text


def facts(page: Element) -> dict[str, str]:
    """Terms and what they say of the journal's facts."""
    found = page.one("dl", class_="journal-facts")
    terms, values = found.all("dt"), found.all("dd")
    return {term.text: value.text for term, value in zip(terms, values, strict=True)}


def badges(page: Element) -> list[str]:
    """The journal's own badges."""
    found = page.one("header", class_="page-header").all(class_="journal-badges")
    return [badge.text for badges in found for badge in badges.all("li")]


def cards(page: Element) -> list[list[str]]:
    """The accounts, the amount, badges and explanation of each movement."""
    return [
        [
            card.one(class_="movement-accounts").text,
            card.one(class_="movement-amount").text,
            *(badge.text for badge in card.all(class_="badge")),
            card.one(class_="explanation").text,
        ]
        for card in page.one(id="movements").all("li", class_="movement")
    ]


def rows_of(page: Element, table: str) -> list[list[str]]:
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in page.one("table", class_=table).one("tbody").all("tr")
    ]


def heads_of(page: Element, table: str) -> list[str]:
    return [
        cell.text for cell in page.one("table", class_=table).one("thead").all("th")
    ]


def test_a_journal_shows_what_it_is(client: TestClient) -> None:
    page = get(client, "/journals/USD/1")

    assert heading(page) == "Journal 1"
    assert page.one("title").text == "Journal 1, USD – My company – Daybook"
    assert facts(page) == {
        "Customer": '<script>alert("x")</script> & Söhne',
        "Product": "Platform",
        "Posting month": "January 2025",
        "Accounting date": "1 Jan 2025",
        "Document id": "inv_40",
        "Journals": "All of this invoice",
        "Method": "Straight line",
        "Fully recognized": "Not yet",
    }
    assert badges(page) == []


def test_the_sum_comes_first_and_foots(client: TestClient) -> None:
    page = get(client, "/journals/USD/1")

    told = page.one("section", class_="because")
    assert page.one("main").all("section")[0] == told
    assert told.one(class_="because-result").text == (
        "100.00 = 1,200.00 ÷ 12 1 Jan – 31 Dec 2025, straight line"
    )
    assert told.one(class_="because-done").text == (
        'recognized in January 2025 for <script>alert("x")</script> & Söhne, Platform'
    )
    gains = [amount.text for amount in told.one("dl").all("dd")]
    assert gains[:3] == ["1,200.00", "1,100.00", "100.00"]
    assert gains[3] == "1,200.00 = 1,100.00 + 100.00 USD"


def test_movements_show_their_accounts_amount_days_and_story(
    client: TestClient,
) -> None:
    page = get(client, "/journals/USD/1")

    billed, recognized = cards(page)
    assert billed[:2] == ["Dr Billed Revenue Cr Deferred Revenue", "1,200.00"]
    assert recognized == [
        "Dr Deferred Revenue Cr Recognized Revenue",
        "100.00",
        (
            "1–31 Jan 2025 · INV_40: 1,200.00 USD in all. Straight line over 1 Jan – 31"
            " Dec 2025 (365 days): part-months by the day, the full months share the"
            " rest equally. January 2025 gets 100.00 for its 31 days: 30 × 3.23 and"  # noqa: RUF001
            " 3.10 on the last. Earned on or after the accounting date 1 Jan 2025: out"
            " of Deferred."
        ),
    ]


def test_a_credit_note_shows_the_invoice_that_it_credits(
    client: TestClient, credit_journal: str
) -> None:
    page = get(client, credit_journal)

    assert page.one(id="document-heading").text == "Credit note CN_1"
    assert facts(page)["Credits"] == "Invoice INV_2"
    assert facts(page)["Applied"] == "1 Oct 2025"
    assert "Fully recognized" not in facts(page)
    assert badges(page)[0] == "Credit note"
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

    assert back.text.endswith("Journals, January 2025, USD")
    assert parameters(back.attributes["href"]) == {
        "currency": ["USD"],
        "month": ["2025-01"],
    }


def test_the_way_back_never_leaves_the_site(client: TestClient) -> None:
    hostile = "?month=//evil.example&back=https://evil.example&search=%22%3E%3Cscript"
    page = get(client, f"/journals/USD/5{hostile}")

    urls = [link.attributes["href"] for link in page.all("a")]
    pages = (
        r"/(journals|documents|manual-journals|reports|close|evidence|exports|audit"
        r"|general-ledger|settings|access)|#"
    )
    assert all(re.match(pages, url) for url in urls)


def test_days_are_told_in_few_rows_with_their_status(client: TestClient) -> None:
    report = get(client, f"{REPORT}&month=2025-10&customer=cus_5")
    page = get(client, report.links()[str(numbers_in(report)[0])])

    assert heads_of(page, "days-table") == [
        *("Date", "What", "Deferred", "Recognized", "Status")
    ]
    assert rows_of(page, "days-table") == [
        ["1–15 Oct 2025", "15 days, each 3.23", "−48.45", "48.45", "Posted"],  # noqa: RUF001
        ["16–30 Oct 2025", "15 days, each 3.23", "−48.45", "48.45", "Scheduled"],  # noqa: RUF001
        ["31 Oct 2025", "The last day takes the rest", "−3.10", "3.10", "Scheduled"],  # noqa: RUF001
    ]
    chart = page.one("svg", class_="days-bars")
    kinds = [bar.attributes["class"] for bar in chart.all("rect")]
    assert kinds == ["bar-posted"] * 15 + ["bar-scheduled"] * 16
    assert badges(page) == ["Partly scheduled"]
    assert "Posted through 15 Oct 2025" in cards(page)[0]


def test_columns_that_say_the_same_in_all_rows_are_left_out(client: TestClient) -> None:
    page = get(client, "/journals/USD/1")

    assert heads_of(page, "days-table") == [
        *("Date", "What", "Billed", "Deferred", "Recognized")
    ]
    assert "Daily entries All posted" in page.one("main").text


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


@pytest.fixture
def revised(new_database: NewDatabase) -> Iterator[TestClient]:
    """7,200.00 for a year, revised to 6,600.00 while two months were locked."""
    url = new_database()
    sold = invoice("inv_1", line(its_terms=terms("7200.00")))
    changed = replace(sold, lines=(line(its_terms=terms("6600.00")),))

    async def fill() -> None:
        database = Database(url)
        await record(database, sold)
        await lock(database, "2025-02-28", on="2025-03-01")
        await record(database, changed, on="2025-03-02", made_by="Anna Bell")
        await database.close()

    anyio.run(fill)
    with client_of(settings_for(url)) as made:
        yield made


def test_both_versions_stand_beside_the_movements(revised: TestClient) -> None:
    page = get(revised, "/journals/USD/1")

    assert rows_of(page, "versions") == [
        ["2", "2 Mar 2025", "6,600.00"],
        ["1", "1 Jan 2025", "7,200.00"],
    ]
    assert badges(page)[0] == "Revised 2 Mar 2025"
    assert {card[2] for card in cards(page)} == {"Version 1"}
    march = get(revised, "/journals/USD/3")
    told = march.one("section", class_="because").one("ul")
    assert [line.one(class_="sign").text for line in told.all("li")] == ["", MINUS]
    amounts = [line.one(class_="amount").text for line in told.all("li")]
    assert amounts == ["550.00", "100.00"]
    assert march.one(class_="because-result").text.startswith("= 450.00 recognized in")


def test_a_document_leads_to_all_its_journals_in_every_month(
    revised: TestClient,
) -> None:
    page = get(revised, "/journals/USD/3?month=2025-03&search=inv&as_of=2025-03-05")

    (link,) = [its for its in page.all("a") if its.text == "All of this invoice"]
    report = get(revised, link.attributes["href"])

    assert parameters(link.attributes["href"]) == {
        "currency": ["USD"],
        "from": ["2025-01-01"],
        "invoice": ["inv_1"],
        "as_of": ["2025-03-05"],
    }
    assert numbers_in(report) == [*range(1, 13)]


def test_history_leads_to_the_journal_as_each_recording_left_it(
    revised: TestClient,
) -> None:
    page = get(revised, "/journals/USD/3?month=2025-03")
    newest, first = page.one("ol", class_="history").all("li")
    assert newest.one(class_="amount").text == "450.00"
    assert first.one(class_="amount").text == "600.00"
    assert newest.one("a").attributes["aria-current"] == "true"

    address = first.one("a").attributes["href"]
    assert parameters(address) == {"month": ["2025-03"], "recording": ["1"]}
    before = get(revised, address)

    assert before.one(class_="because-result").text.startswith("600.00 = 7,200.00 ÷ 12")
    assert rows_of(before, "versions") == [["1", "1 Jan 2025", "7,200.00"]]
    assert before.one(class_="as-of").text.startswith("As known after recording 1.")
    assert len(before.one("ol", class_="history").all("li")) == 2
    shown = before.one("ol", class_="history").one("a", aria_current="true")
    assert shown.attributes["href"] == address
    back = before.one(class_="as-of").one("a").attributes["href"]
    assert parameters(back) == {"month": ["2025-03"]}


@pytest.mark.parametrize("given", ["0", "x", "-1", "99", "9" * 40, "%D9%A1"])
def test_a_recording_that_isnt_there_is_not_found(
    client: TestClient, given: str
) -> None:
    page = get(client, f"/journals/USD/1?recording={given}", status=404)

    assert heading(page) == "Recording not found"
    assert page.links()["Go to the journal as it is now"] == "/journals/USD/1"


def test_many_movements_and_lines_are_shown_in_parts(
    client_with: Callable[..., TestClient],
) -> None:
    lines = [line(str(number), its_terms=terms("365.00")) for number in range(1, 61)]
    client = client_with(invoice("inv_1", *lines))
    path = "/journals/USD/1?month=2025-01"
    page = get(client, path)

    assert shown_of(page, "movements") == ("1–50 of 120, the last recorded first", 50)
    assert shown_of(page, "lines") == ("1–50 of 60", 50)
    following = page.one("nav", aria_label="Pages of movements").one("a", rel="next")
    address = following.attributes["href"]
    assert address == f"{path}&movements=51#movements-heading"
    last = get(client, f"{path}&movements=101&lines=51")
    assert shown_of(last, "movements") == (
        "101–120 of 120, the last recorded first",
        20,
    )
    assert shown_of(last, "lines") == ("51–60 of 60", 10)
    before = last.one("nav", aria_label="Pages of lines").one("a", rel="prev")
    assert before.attributes["href"] == f"{path}&movements=101#lines-heading"
    # What no part begins with is in one; what is no number is the first.
    for given, words in (("52", "51–100"), ("999", "101–120"), ("x", "1–50")):
        other = get(client, f"{path}&movements={given}")
        assert shown_of(other, "movements")[0].startswith(words)
    assert rows_of(page, "days-table")[1][:2] == [
        "1–30 Jan 2025",
        "30 days, each 58.80",
    ]


def shown_of(page: Element, name: str) -> tuple[str, int]:
    """Which rows of a list are shown, in words, and how many there are."""
    heading = page.one(id=f"{name}-heading")
    if name == "lines":
        rows = (
            page.one(role="region", aria_labelledby="lines-heading")
            .one("tbody")
            .all("tr")
        )
        return heading.one(class_="heading-count").text, len(rows)
    section = page.one("section", aria_labelledby="movements-heading")
    return section.one(class_="note").text, len(section.all("li", class_="movement"))


def test_audit_records_say_who_made_and_changed_the_journal(
    revised: TestClient,
) -> None:
    page = get(revised, "/journals/USD/3")

    section = page.one("section", aria_labelledby="audit-heading")
    changed, made = section.one("ol").all("li")
    assert "Anna Bell" in changed.text and "Anna Bell" not in made.text
    trail = section.one("header").one("a")
    assert trail.text == "All about invoice INV_1"
    assert trail.attributes["href"] == "/audit?kind=INVOICE&id=inv_1"
    place = changed.one("a").attributes["href"]
    path, _, anchor = place.partition("#")
    assert path == "/audit?kind=INVOICE&id=inv_1"
    row = get(revised, path).one("li", id=anchor)
    assert "Anna Bell" in row.text
    digest = changed.one("code").text
    first, _, last = digest.partition("…")
    (hashed,) = [
        code.text
        for code in row.one(class_="trail-proof").all("code")
        if code.text.startswith(first) and code.text.endswith(last)
    ]
    assert len(hashed) == 64


def test_before_a_recording_its_audit_record_is_not_shown(revised: TestClient) -> None:
    page = get(revised, "/journals/USD/3?recording=1")

    section = page.one("section", aria_labelledby="audit-heading")
    assert len(section.one("ol").all("li")) == 1


def test_a_past_journal_stands_beside_those_that_surround_it_now(
    revised: TestClient,
) -> None:
    page = get(revised, "/journals/USD/3?from=2025-01-01&n=3&recording=1")

    place = page.one("nav", class_="journal-place")
    assert place.one("span").text == "3 of 12"
    following = place.one("a", rel="next").attributes["href"]
    assert following == "/journals/USD/4?from=2025-01-01&n=4"


def test_next_and_previous_go_through_the_list_of_the_report(
    client: TestClient, credit_journal: str
) -> None:
    page = get(client, f"{credit_journal}&n=1")
    place = page.one("nav", class_="journal-place")
    assert place.text == "1 of 1"
    assert not place.all("a")

    # Of a month, the list begins with the first journal and has its neighbours.
    numbers = numbers_in(get(client, f"{REPORT}&month=2025-10"))
    page = get(client, f"/journals/USD/{numbers[1]}?month=2025-10&n=2")
    place = page.one("nav", class_="journal-place")
    previous, following = place.one("a", rel="prev"), place.one("a", rel="next")

    assert place.one("span").text.startswith("2 of ")
    assert (
        previous.attributes["href"] == f"/journals/USD/{numbers[0]}?month=2025-10&n=1"
    )
    assert following.attributes["href"] == (
        f"/journals/USD/{numbers[2]}?month=2025-10&n=3"
    )
    first = get(client, previous.attributes["href"])
    assert not first.one("nav", class_="journal-place").all("a", rel="prev")


@pytest.mark.parametrize("asked", ["", "?month=x", "?month=2025-10&customer=nobody"])
def test_without_a_list_a_journal_has_no_neighbours(
    client: TestClient, asked: str
) -> None:
    page = get(client, f"/journals/USD/1{asked}")

    assert not page.all("nav", class_="journal-place")
