"""The settings page: what it shows, what its forms change, and what they refuse."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database

PAGE = "/settings?currency=USD"


@pytest.fixture
def client(client_with: Callable[..., TestClient]) -> TestClient:
    """The application over one invoice."""
    return client_with(invoice())


def send_lock(
    client: TestClient, through: str, status: int = 303, **fields: str
) -> Element:
    """What the form of the lock leads to, for one date."""
    lock = {"lock_method": "CUSTOM_DATE", "locked_through": through, "step": "save"}
    return send(client, "lock", status, **{**lock, **fields})


def reviewed(page: Element) -> str:
    """What the page says that it showed."""
    return page.one("input", name="reviewed").attributes["value"]


def told(review: Element) -> list[str]:
    """The rows of a review, without its head."""
    rows = review.one("table").all("tr")[1:]
    return [row.text for row in rows]


def send(client: TestClient, form: str, status: int = 303, **fields: str) -> Element:
    """What a form leads to: the page again, or the form with what is wrong."""
    answer = client.post(PAGE, data={"form": form, **fields}, follow_redirects=False)
    assert answer.status_code == status, answer.text
    if status != 303:
        return parse(answer.text)
    return get(client, answer.headers["location"])


def test_a_lock_within_the_month_is_set_in_one_step(client: TestClient) -> None:
    page = send_lock(client, "2025-10-31")

    assert page.one(class_="page-status").text == (
        "The lock is saved. Closed all days through 31 Oct 2025 in USD: 10 journals"
        " (Billed 1,200.00, Deferred 200.00, Recognized 1,000.00)."
    )
    assert "Locked through 31 Oct 2025; the first open day is 1 Nov 2025." in page.text
    assert not page.all(id="lock-review")
    page = send_lock(client, "2025-10-31")
    assert page.one(class_="page-status").text == (
        "The lock was set so already: nothing was changed."
    )


def test_a_review_shows_what_closes_and_changes_nothing(client: TestClient) -> None:
    page = send_lock(client, "2025-02-10", 200, step="review")

    review = page.one(id="lock-review")
    assert "This closes all days through 10 Feb 2025. 2 journals have" in review.text
    assert told(review) == [
        "January 2025 1–31 Jan 2025 1 1,200.00 – 1,100.00 100.00",
        f"February 2025 1–10 Feb 2025 1 – – {MINUS}35.70 35.70",
        "In all 2 1,200.00 – 1,064.30 135.70",
    ]
    assert page.one(id="locked_through").attributes["value"] == "2025-02-10"
    assert [button.text for button in page.all("button", name="step")] == [
        "Close these days",
        "Review again",
    ]
    assert "No day is locked." in get(client, PAGE).text


def test_moving_back_is_reviewed_and_needs_a_reason(client: TestClient) -> None:
    send_lock(client, "2025-06-30")

    refused = send_lock(client, "2025-05-31", 422)
    its = refused.one(id="problem-reason")
    assert its.text == "moving the lock back needs a reason"
    assert "This opens 1–30 Jun 2025." in refused.one(id="lock-review").text
    # A reason alone isn't enough: what opens is shown before it is opened.
    shown = send_lock(client, "2025-05-31", 200, reason="late <invoices>")
    assert shown.one(id="reason").attributes["value"] == "late <invoices>"
    assert "Locked through 30 Jun 2025" in get(client, PAGE).text
    page = send_lock(
        client, "2025-05-31", reason="late <invoices>", reviewed=reviewed(shown)
    )

    assert page.one(class_="page-status").text == (
        "The lock is saved. Opened 1–30 Jun 2025 in USD: 1 journal"
        f" (Deferred {MINUS}100.00, Recognized 100.00)."
    )
    assert "Locked through: 30 Jun 2025 → 31 May 2025; reason: late" in page.text
    assert f"(Deferred {MINUS}100.00, Recognized 100.00)" in page.text
    assert "reason: late <invoices>" in page.text


def test_what_was_reviewed_is_shown_again_once_the_lock_is_another(
    client: TestClient,
) -> None:
    send_lock(client, "2025-06-30")
    shown = send_lock(client, "", 200, step="review")
    send_lock(client, "2025-07-31")

    again = send_lock(client, "", 200, reason="x", reviewed=reviewed(shown))

    assert "This opens all days through 31 Jul 2025." in again.text
    page = send_lock(client, "", reason="x", reviewed=reviewed(again))
    assert "No day is locked." in page.text


def test_a_lock_of_all_days_is_refused_at_the_field(client: TestClient) -> None:
    refused = send_lock(client, "2099-12-31", 422, step="review")

    assert refused.one(id="problem-locked_through").text.endswith(
        "the last day that can be locked is 30 Dec 2099"
    )
    assert refused.one(id="locked_through").attributes["max"] == "2099-12-30"
    assert not refused.all(id="confirm_future")


def test_past_the_month_is_refused_at_the_field_with_a_box(client: TestClient) -> None:
    assert not get(client, PAGE).all(id="confirm_future")

    refused = send_lock(client, "2052-05-31", 422)
    problem = refused.one(id="problem-locked_through").text
    assert "past the end of the present month: tick the box below" in problem
    assert refused.one(id="confirm_future").attributes["type"] == "checkbox"
    page = send_lock(
        client, "2052-05-31", confirm_future="on", reviewed=reviewed(refused)
    )

    assert "Locked through 31 May 2052" in page.text


def test_a_lock_by_accounting_date_says_what_it_opens(client: TestClient) -> None:
    send_lock(client, "2025-06-30")
    shown = send(client, "lock", 200, lock_method="ACCOUNTING_DATE", step="review")

    review = shown.one(id="lock-review")
    assert "This opens all days through 30 Jun 2025." in review.text
    assert "It closes for each document the days before its" in review.text
    page = send(
        client,
        "lock",
        lock_method="ACCOUNTING_DATE",
        reason="x",
        reviewed=reviewed(shown),
    )
    assert (
        "Lock: one day for the whole ledger → by each document's accounting date;"
        " Locked through: 30 Jun 2025 → none" in page.text
    )
    back = send_lock(client, "2025-06-30", 200, step="review")
    notes = back.one(id="lock-review").text
    assert "It opens the days after for documents that are dated later." in notes


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
    chosen = [
        option.text for option in page.all("option") if "selected" in option.attributes
    ]
    assert chosen == ["Usage", "30/360", "Are recognized on their accounting date"]
    assert "Undated lines: refused → recognized on the accounting date" in page.text
    assert "Method: Straight line → Usage" in page.text
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

    accounts = page.one(class_="table-frame", aria_labelledby="accounts-heading")
    rows = [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in accounts.all("tr")[1:]
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
    page = send_lock(client, "2025-09-30")

    assert "USD ledger locked through 30 Sep 2025" in page.text
    assert "Closed all days through 30 Sep 2025 in USD" in page.text
    assert "Locked through: none → 30 Sep 2025" in page.text
    assert "API key test" in page.text


def test_a_ledger_that_is_not_there_is_not_set(client: TestClient) -> None:
    page = get(client, "/settings?currency=EUR", 404)

    assert "There is no ledger in that currency." in page.text


def test_without_documents_there_is_nothing_to_set(
    client_with: Callable[..., TestClient],
) -> None:
    page = get(client_with(), "/settings", 404)

    assert "Import documents first" in page.text
