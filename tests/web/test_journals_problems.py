"""The report asked for wrongly, or for what isn't there: words, and a way on."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice
from daybook_markup import parse
from daybook_pages import HTMX, REPORT, get, numbers_in, parameters, status_of

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
        (
            "customer=nobody",
            "customer",
            "no customer with the id or the name “nobody”.",
        ),
        ("product=nothing", "product", "no product with the id or the name “nothing”."),
        ("source=GIFT", "source", "“GIFT” is not a source: it is one of INVOICE,"),
        ("search=" + "x" * 201, "search", "At most 200 characters"),
        ("search=%00", "search", "a character that is in no name"),
        ("customer=%00", "customer", "a character that is in no name"),
    ],
)
def test_what_is_wrong_is_said_once_above_the_report_of_the_rest(
    client: TestClient, query: str, field: str, words: str
) -> None:
    page = get(client, f"{REPORT}&{query}", status=422)

    summary = page.one(role="alert")
    assert page.text.count(words) == summary.text.count(words) == 1
    assert "The report is shown without it." in summary.text
    way_out = summary.links()["Change it"]
    assert way_out == f"#filter-{field}"
    wrong = page.one(id=f"filter-{field}").attributes
    if field != "month":
        assert wrong["aria-invalid"] == "true"
        assert wrong["aria-describedby"] == "report-problem"
    assert numbers_in(page)
    given_ = parameters(f"?{query}").get(field)
    for name, link in page.one(id="journals-toolbar").links().items():
        assert parameters(link).get(field) != given_, name


def test_an_unknown_parameter_is_named_and_left_out(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&custmer=cus_5", status=422)

    summary = page.one(role="alert").text
    assert "There is no filter “custmer”; did you mean customer?" in summary
    assert status_of(page) == "120 journals, October 2025"
    assert "custmer" not in page.one(id="ledgers").links()["USD"]


@pytest.mark.parametrize(
    "path", ["/journals", "/journals/list.csv"], ids=["page", "download"]
)
def test_of_a_thousand_unknown_parameters_ten_are_named(
    client: TestClient, path: str
) -> None:
    unknown = "&".join(f"nothing{number}=1" for number in range(1000))

    answer = client.get(f"{path}?currency=USD&{unknown}")

    assert answer.status_code in {400, 422}
    named = {
        name for name in unknown.replace("=1", "").split("&") if name in answer.text
    }
    assert "nothing9" in named
    assert len(named) == 10


def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(
    client: TestClient,
) -> None:
    url = f"{REPORT}&from=soon&to=later&customer=cus_5&source=GIFT&search=Ac%26me"

    page = get(client, url, status=422)

    assert len(page.one(role="alert").all("a")) == 3
    fields = [
        *page.one("form", id="filters").all("input"),
        *page.all("input", form="filters"),
    ]
    typed = {
        field.attributes["name"]: field.attributes["value"]
        for field in fields
        if field.attributes.get("type") != "checkbox"
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
        "invoice": "",
        "credit_note": "",
        "billing_schedule": "",
    }


def test_a_swap_says_what_is_wrong_and_leaves_the_report_alone(
    client: TestClient,
) -> None:
    answer = client.get(f"{REPORT}&from=soon&source=GIFT", headers=HTMX)

    assert answer.status_code == 422
    assert answer.headers["hx-retarget"] == "#report-problem"
    assert answer.headers["hx-push-url"] == "false"
    said = parse(answer.text)
    assert "“soon” is not a date" in said.text and "“GIFT” is not a source" in said.text
    assert said.text.endswith("This is the report that you had.")
    assert not said.all("table") and not said.all(id="journals-report")


def test_unknown_customers_come_with_those_of_a_similar_name(
    client: TestClient,
) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=ompany 12", status=422)

    similar = page.one(role="alert").links()
    assert list(similar) == ["Company 12 (cus_12)"]
    assert parameters(similar["Company 12 (cus_12)"])["customer"] == ["cus_12"]


@pytest.mark.parametrize("text", ["Company 12", "company  12", "COMPANY 12"])
def test_an_exact_name_leads_to_the_address_with_its_id(
    client: TestClient, text: str
) -> None:
    url = f"{REPORT}&month=2025-10&source=INVOICE&customer={text}"

    answer = client.get(url, follow_redirects=False)
    swapped = client.get(url, headers=HTMX)

    assert answer.status_code == 303
    by_id = {"currency": ["USD"], "month": ["2025-10"], "source": ["INVOICE"]}
    assert parameters(answer.headers["location"]) == {**by_id, "customer": ["cus_12"]}
    assert status_of(parse(swapped.text)) == "3 journals, October 2025"
    assert swapped.headers["hx-push-url"] == answer.headers["location"]


def test_exact_names_of_products_resolve_and_what_is_wrong_beside_them_is_said(
    client: TestClient,
) -> None:
    url = f"{REPORT}&month=2025-10&product=Premium support&invoice=nothing"

    page = get(client, url, status=422)

    assert (
        "no invoice with the id or the number “nothing”" in page.one(role="alert").text
    )
    support = get(client, f"{REPORT}&month=2025-10&product=support")
    assert status_of(page) == status_of(support)


def test_the_number_of_a_document_leads_to_the_address_with_its_id(
    client: TestClient,
) -> None:
    for given, its_id in (("invoice=INV_7", "inv_7"), ("credit_note=CN_1", "cn_1")):
        url = f"{REPORT}&month=2025-10&{given}"
        answer = client.get(url, follow_redirects=False)

        assert answer.status_code == 303
        name = given.partition("=")[0]
        assert parameters(answer.headers["location"])[name] == [its_id]
        assert status_of(get(client, url)).startswith("1 journal,")
    # A number of another kind of document is none.
    assert get(client, f"{REPORT}&month=2025-10&credit_note=INV_7", status=422)


def test_two_parties_of_one_name_are_a_choice(
    client_with: Callable[..., TestClient],
) -> None:
    client = client_with(
        *(invoice(f"inv_{number}", customer=f"cus_{number}") for number in (1, 2))
    )

    page = get(client, f"{REPORT}&month=2025-02&customer=acme", status=422)

    alert = page.one(role="alert")
    assert "2 customers are called “acme”: choose one." in alert.text
    assert [parameters(url)["customer"] for url in alert.links().values()] == [
        ["cus_1"],
        ["cus_2"],
    ]
    assert status_of(page) == "2 journals, February 2025"


@pytest.mark.parametrize(
    "given",
    [
        "after=x",
        "before=WzFd_",
        "after=WzFd&before=WzFd",
        "n=0",
        "n=x",
        "n=12345678",
        "n=%D9%A1",
    ],
)
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
