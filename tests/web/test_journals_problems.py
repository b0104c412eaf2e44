"""The report asked for wrongly, or for what isn't there: words, and a way on."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_markup import parse
from daybook_pages import HTMX, REPORT, get, parameters, status_of

pytestmark = pytest.mark.either_database


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("month=2025-13", "month", "“2025-13” is not a month"),
        ("month=October", "month", "write it as 2025-10"),
        ("month=%D9%A2%D9%A0%D9%A2%D9%A5-%D9%A1%D9%A0", "month", "is not a month"),
        ("from=2025-02-30", "from", "“2025-02-30” is not a date"),
        ("to=1999-12-31", "to", "between 2000 and 2099"),
        ("from=2025-02-01&to=2025-01-01", "to", "ends before it starts"),
        ("customer=nobody", "customer", "There is no customer with the id “nobody”."),
        ("product=nothing", "product", "There is no product with the id “nothing”."),
        ("source=GIFT", "source", "“GIFT” is not a source: it is one of INVOICE,"),
        ("search=" + "x" * 201, "search", "At most 200 characters"),
        ("search=%00", "search", "a character that is in no name"),
        ("customer=%00", "customer", "a character that is in no name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_in_a_summary(
    client: TestClient, query: str, field: str, words: str
) -> None:
    page = get(client, f"{REPORT}&{query}", status=422)

    assert words in page.one(id=f"problem-{field}").text
    wrong = page.one(id=f"filter-{field}").attributes
    assert wrong["aria-invalid"] == "true"
    assert wrong["aria-describedby"] == f"problem-{field}"
    summary = page.one(role="alert").one("a")
    assert words in summary.text
    assert summary.attributes["href"] == f"#filter-{field}"
    assert not page.all("table")


def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(
    client: TestClient,
) -> None:
    url = f"{REPORT}&from=soon&to=later&customer=cus_5&source=GIFT&search=Ac%26me"
    answer = client.get(url, headers=HTMX)

    assert answer.status_code == 422
    fragment = parse(answer.text)
    assert len(fragment.one(role="alert").all("li")) == 3
    form = fragment.one("form", id="filters")
    typed = {
        one.attributes["name"]: one.attributes["value"]
        for one in form.all("input")
        if one.attributes.get("type") != "checkbox"
    }
    assert typed == {
        "currency": "USD",
        "customer": "cus_5",
        "product": "",
        "search": "Ac&me",
        "from": "soon",
        "to": "later",
        "as_of": "",
        "on": "",
        "billing_schedule": "",
    }


def test_unknown_customers_come_with_those_of_a_similar_name(
    client: TestClient,
) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=company 12", status=422)

    similar = page.one(id="problem-customer").links()
    assert list(similar) == ["Company 12 (cus_12)"]
    assert parameters(similar["Company 12 (cus_12)"])["customer"] == ["cus_12"]


@pytest.mark.parametrize("given", ["after=x", "before=WzFd_", "after=WzFd&before=WzFd"])
def test_a_cursor_that_nobody_gave_is_a_broken_address(
    client: TestClient, given: str
) -> None:
    page = get(client, f"{REPORT}&month=2025-10&{given}", status=400)

    assert page.one("h1").text == "Not a page of this report"
    first = page.links()["Go to the report's first page"]
    assert parameters(first) == {"currency": ["USD"], "month": ["2025-10"]}


def test_a_currency_without_a_ledger_names_those_there_are(client: TestClient) -> None:
    page = get(client, "/journals?currency=EUR", status=404)

    assert "There is no ledger in “EUR”" in page.one("main").text
    assert {"JPY ledger", "USD ledger"} <= set(page.links())


def test_filters_that_match_nothing_offer_the_way_back(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&search=zzz&customer=cus_5")

    assert status_of(page) == "No journals, October 2025"
    assert page.one(class_="notice").one("h2").text == "No journals match these filters"
    everything = page.links()["Show all journals, October 2025"]
    assert parameters(everything) == {"currency": ["USD"], "month": ["2025-10"]}


def test_a_month_without_journals_leads_to_those_with_some(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2030-01")

    assert page.one(class_="notice").one("h2").text == "There are no journals here"
    links = page.one(class_="notice").links()
    assert list(links) == ["January 2025", "December 2025"]


def test_without_any_journals_the_page_says_how_to_import(
    client_with: Callable[..., TestClient],
) -> None:
    page = get(client_with(), "/journals")

    assert status_of(page) == "No journals yet"
    assert "daybook import invoices.jsonl" in page.one(class_="notice").text


@pytest.mark.parametrize("month", ["2000-01", "2099-12"])
def test_the_calendars_ends_can_be_shown(client: TestClient, month: str) -> None:
    assert "No journals" in status_of(get(client, f"{REPORT}&month={month}"))
