"""The settings page: what it shows, what its forms change, and what they refuse."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice
from daybook_markup import Element, parse
from daybook_pages import get

PAGE = "/settings?currency=USD"


@pytest.fixture
def client(client_with: Callable[..., TestClient]) -> TestClient:
    """The application over one invoice."""
    return client_with(invoice())


def send(client: TestClient, form: str, status: int = 303, **fields: str) -> Element:
    """What a form leads to: the page again, or the form with what is wrong."""
    answer = client.post(PAGE, data={"form": form, **fields}, follow_redirects=False)
    assert answer.status_code == status, answer.text
    if status != 303:
        return parse(answer.text)
    return get(client, answer.headers["location"])


def test_a_lock_is_set_moved_back_and_taken_off(client: TestClient) -> None:
    page = send(client, "lock", lock_method="CUSTOM_DATE", locked_through="2025-12-31")
    assert page.one(class_="page-status").text == "The lock is saved."
    assert "Locked through 31 Dec 2025; the first open day is 1 Jan 2026." in page.text

    page = send(client, "lock", lock_method="CUSTOM_DATE", locked_through="2025-02-28")
    assert "the first open day is 1 Mar 2025" in page.text

    page = send(client, "lock", lock_method="CUSTOM_DATE", locked_through="")
    assert "No day is locked." in page.text


def test_the_lock_by_accounting_date_is_explained(client: TestClient) -> None:
    page = send(client, "lock", lock_method="ACCOUNTING_DATE", locked_through="x")

    assert "locked up to the day before its accounting date." in page.text
    assert (
        "an arrears January invoice dated 1 Feb then posts all January on 1 Feb"
        in " ".join(page.text.split())
    )


def test_settings_are_saved_and_shown(client: TestClient) -> None:
    page = send(
        client,
        "defaults",
        method="USAGE",
        strategy="THIRTY_360",
        breakage="on",
        undated_lines="ACCOUNTING_DATE",
    )

    assert page.one(class_="page-status").text == "The settings are saved."
    chosen = [one.text for one in page.all("option") if "selected" in one.attributes]
    assert chosen == ["Usage", "30/360", "Are recognized on their accounting date"]
    assert "undated lines: REFUSE → ACCOUNTING_DATE" in page.text
    assert "method: STRAIGHT_LINE → USAGE" in page.text
    assert "USD ledger settings: method USAGE" in page.text


def test_a_products_method_is_set_listed_and_taken_off(client: TestClient) -> None:
    assert "No product has a method of its own" in get(client, PAGE).text

    page = send(client, "product", sold="prod_1", sold_method="MILESTONE")

    assert page.one(class_="page-status").text == "The product's method is saved."
    (row,) = page.one("table", id="product-methods").all("tr")[1:]
    told = [cell.text for cell in (*row.all("th"), *row.all("td"))]
    assert told == ["Platform", "prod_1", "Milestone"]
    page = send(client, "product", sold="prod_1", sold_method="")
    assert "No product has a method of its own" in page.text


def test_accounts_are_named_with_their_sub_accounts(client: TestClient) -> None:
    send(client, "account", role="DEFERRED", name="PRA <1>", code="3900")
    page = send(client, "account", role="DEFERRED", name="PRA P", product="prod_1")

    rows = [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in page.one("table", class_="accounts").all("tr")[1:]
    ]
    assert rows == [
        ["Billed", "–", "Billed Revenue", "–"],
        ["Unbilled", "–", "Unbilled Revenue", "–"],
        ["Deferred", "–", "PRA <1>", "3900"],
        ["Deferred", "product prod_1", "PRA P", "–"],
        ["Recognized", "–", "Recognized Revenue", "–"],
    ]


@pytest.mark.parametrize(
    ("form", "fields", "field", "message"),
    [
        (
            "account",
            {"role": "BILLED", "name": "x", "product": "prod_9"},
            "product",
            "there is no product with the id 'prod_9'",
        ),
        (
            "product",
            {"sold": "prod_9", "sold_method": "USAGE"},
            "sold",
            "there is no product with the id 'prod_9'",
        ),
        (
            "account",
            {"role": "BILLED", "name": "", "code": "1"},
            "name",
            "the code '1' needs a name beside it",
        ),
        (
            "lock",
            {"lock_method": "CUSTOM_DATE", "locked_through": "soon"},
            "locked_through",
            "a date is text",
        ),
    ],
)
def test_what_is_refused_is_said_in_the_form(
    client: TestClient, form: str, fields: dict[str, str], field: str, message: str
) -> None:
    page = send(client, form, 422, **fields)

    assert message in page.one(id=f"problem-{field}").text
    assert message in page.one("div", role="alert").text
    assert page.one(id=field).attributes["aria-invalid"] == "true"
    assert page.one(id=field).attributes["value"] == fields.get(field, "")
    assert "No day is locked." in page.text


def test_a_form_of_another_web_site_is_refused(client: TestClient) -> None:
    answer = client.post(
        PAGE,
        data={"form": "lock", "lock_method": "ACCOUNTING_DATE"},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert answer.status_code == 403
    assert "No day is locked." in get(client, PAGE).text


def test_what_is_no_form_changes_nothing(client: TestClient) -> None:
    assert client.post(PAGE, data={"form": "other"}).status_code == 400
    assert client.post(PAGE).status_code == 400


def test_what_was_done_is_listed_with_who_did_it(client: TestClient) -> None:
    page = send(client, "lock", lock_method="CUSTOM_DATE", locked_through="2025-12-31")

    assert "USD ledger locked through 2025-12-31" in page.text
    assert "locked through: none → 2025-12-31" in page.text
    assert "API key test" in page.text


def test_a_ledger_that_is_not_there_is_not_set(client: TestClient) -> None:
    page = get(client, "/settings?currency=EUR", 404)

    assert "There is no ledger in that currency." in page.text


def test_without_documents_there_is_nothing_to_set(
    client_with: Callable[..., TestClient],
) -> None:
    page = get(client_with(), "/settings", 404)

    assert "Import documents first" in page.text
