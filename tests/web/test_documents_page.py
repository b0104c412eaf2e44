"""The list of documents: its filters, its pages, and what it says where none is."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from starlette.testclient import TestClient

from daybook.calendar import parse_day
from daybook_factories import invoice
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_markup import Element
from daybook_pages import HTMX, get

LIST = "/documents?currency=USD"
BACK = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Documents"
HOSTILE_NAME = '<script>alert("x")</script> & Söhne'


def numbers(page: Element) -> list[str]:
    rows = page.one("table", class_="documents-table").one("tbody").all("tr")
    return [row.one("a").text for row in rows]


def row_of(page: Element, number: str) -> list[str]:
    rows = page.one("table", class_="documents-table").one("tbody").all("tr")
    (found,) = [row for row in rows if row.one("a").text == number]
    return [cell.text for cell in found.all("td")]


def status(page: Element) -> str:
    return page.one(id="documents").one("p", role="status").text


def chips(page: Element) -> dict[str, str]:
    links = page.one("ul", class_="chips").all("a")
    return {link.text: link.attributes["href"] for link in links}


def newest(count: int) -> list[str]:
    """The numbers of so many documents, the last recorded first."""
    every = ["CN_2", "CN_1", *(f"INV_{number}" for number in range(118, 0, -1))]
    return every[:count]


def test_it_lists_the_last_recorded_first(client: TestClient) -> None:
    page = get(client, LIST)

    assert status(page) == "120 documents"
    assert numbers(page) == newest(50)
    assert row_of(page, "CN_1") == [
        *("Company 3", "Credit note", "1 Oct 2025", "100.00", "In force")
    ]
    assert row_of(page, "INV_118") == [
        *("Company 39", "Invoice", "1 Jan 2025", "1,200.00", "In force")
    ]


def test_pages_go_to_the_end_and_back(client: TestClient) -> None:
    page, forwards = get(client, LIST), list[str]()
    forwards += numbers(page)
    while earlier := page.all("a", rel="next", class_="pager-next"):
        page = get(client, earlier[0].attributes["href"])
        forwards += numbers(page)
    backwards = numbers(page)
    while later := page.one(id="documents").all("a", rel="prev"):
        page = get(client, later[0].attributes["href"])
        backwards = numbers(page) + backwards

    assert forwards == backwards == newest(120)


@pytest.mark.parametrize(
    ("query", "shown", "chip"),
    [
        ("&month=2025-10", ["CN_2", "CN_1"], "Accounting date October 2025"),
        ("&month=2025-10&kind=invoice", None, "Kind Invoices"),
        ("&kind=CREDIT_NOTE", ["CN_2", "CN_1"], "Kind Credit notes"),
        ("&status=VOIDED", None, "State Voided"),
        (
            "&customer=cus_3",
            ["CN_1", "INV_82", "INV_42", "INV_2"],
            "Customer Company 3",
        ),
        ("&customer=cus_3&status=FINAL&search=inv_4", ["INV_42"], "Search inv_4"),
        ("&search=zzz", None, "Search zzz"),
    ],
)
def test_filters_narrow_it(
    client: TestClient, query: str, shown: list[str] | None, chip: str
) -> None:
    page = get(client, f"{LIST}{query}")

    (url,) = [url for text, url in chips(page).items() if chip in text]
    name = query.rpartition("&")[2].partition("=")[0]
    assert name not in parse_qs(urlsplit(url).query)
    if shown is None:
        assert status(page) == "No documents"
        assert "No USD document fits these filters." in page.one(class_="notice").text
        assert page.links()["Show all documents"] == LIST
    else:
        assert numbers(page) == shown


def test_a_search_of_a_month_goes_on_in_all(client: TestClient) -> None:
    page = get(client, f"{LIST}&month=2025-10&search=inv_118")

    assert numbers(get(client, page.links()["Search all months"])) == ["INV_118"]


def test_months_are_a_step_apart(client: TestClient) -> None:
    page = get(client, f"{LIST}&month=2099-12")

    stepper = page.one(class_="stepper")
    assert [link.attributes["href"] for link in stepper.all("a", rel="prev")] == [
        f"{LIST}&month=2099-11"
    ]
    assert stepper.all("a", rel="next") == []
    assert stepper.one("a", rel="prev").attributes["aria-label"] == "November 2099"


def test_names_are_text(client: TestClient) -> None:
    page = get(client, f"{LIST}&customer=cus_1")

    assert {row_of(page, number)[0] for number in numbers(page)} == {HOSTILE_NAME}
    assert f"Customer {HOSTILE_NAME}" in " ".join(chips(page))


def test_a_row_leads_to_its_document_and_back(client: TestClient) -> None:
    listed = f"{LIST}&customer=cus_3"
    page = get(client, listed)

    url = page.links()["INV_42"]

    assert url == f"/documents/{encode(InvoiceId('inv_42'))}?back={quote(listed, '')}"
    assert get(client, url).one(class_="back").links() == {BACK: listed}


def test_the_first_ledger_is_shown_where_none_is_named(client: TestClient) -> None:
    page = get(client, "/documents")

    assert numbers(page) == ["INV_YEN"]
    assert (
        page.one("nav", aria_label="Ledger").one("a", aria_current="true").text == "JPY"
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("&month=soon", "“soon” is not a month: write it as 2026-10."),
        ("&status=GONE", "“GONE” is no state of a document."),
        ("&kind=GIFT", "“GIFT” is no kind of document."),
        ("&customer=nobody", "There is no customer with the id “nobody”."),
        (f"&search={'x' * 201}", "At most 200 characters can be looked for."),
        ("&customer=%00", "This has a character that is in no name: type it again."),
    ],
)
def test_what_is_wrong_with_the_filters_is_said_once(
    client: TestClient, query: str, message: str
) -> None:
    page = get(client, f"{LIST}{query}", 422)

    assert message in page.one(class_="problems").text
    assert page.all("table", class_="documents-table") == []
    assert page.all(class_="notice") == []


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("currency=GBP", 404),
        ("currency=nothing", 404),
        ("currency=USD&after=cut", 400),
        ("currency=USD&before=cut", 400),
        ("currency=USD&before=x&after=y", 400),
    ],
)
def test_an_address_that_leads_nowhere_is_an_error_page(
    client: TestClient, query: str, answer: int
) -> None:
    page = get(client, f"/documents?{query}", answer)

    assert page.links()["Go to the documents"] == "/documents"


def test_it_asks_whether_something_changed(client: TestClient) -> None:
    asked = get(client, LIST).one(id="documents").attributes["hx-get"]

    assert client.get(asked, headers=HTMX).status_code == 204
    other = client.get(asked.replace("seen=", "seen=0"), headers=HTMX)
    assert other.status_code == 200
    assert other.text.lstrip().startswith("<section")


@pytest.mark.either_database
def test_without_a_document_it_says_where_they_come_from(
    client_with: Callable[..., TestClient],
) -> None:
    page = get(client_with(), "/documents")

    assert "There are no documents yet" in page.one(class_="notice").text
    assert page.all("form", role="search") == []


@pytest.mark.either_database
def test_the_day_of_issue_and_the_own_id_are_shown_where_they_differ(
    client_with: Callable[..., TestClient],
) -> None:
    document = replace(
        invoice("own 7", accounting_date="2025-02-03"),
        number="A-7",
        issued_on=parse_day("2025-01-31"),
    )

    page = get(client_with(document, invoice("inv_1")), LIST)

    assert row_of(page, "A-7")[2] == "3 Feb 2025 Issued 31 Jan 2025"
    assert row_of(page, "INV_1")[2] == "1 Jan 2025"
    first, second = page.one("table", class_="documents-table").all("th", scope="row")
    assert (first.text, second.text) == ("INV_1 inv_1", "A-7 own 7")
