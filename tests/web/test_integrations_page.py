"""The page of a system: what it shows, what its forms change, and what they refuse."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database

PAGE = "/settings/integrations?currency=USD&system=XERO"
CHART = (
    "*Code,*Name,*Type,*Tax Code\n200,Sales,Revenue,No VAT\n"
    "610,Debtors,Accounts Receivable,No VAT\n"
)


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


def send_chart(client: TestClient, text: bytes, status: int = 303) -> Element:
    """What a chart of accounts leads to: the page again, or what is wrong with it."""
    answer = client.post(
        PAGE,
        data={"form": "chart"},
        files={"chart": ("ChartOfAccounts.csv", text, "text/csv")},
        follow_redirects=False,
    )
    assert answer.status_code == status, answer.text
    return (
        parse(answer.text) if status != 303 else get(client, answer.headers["location"])
    )


def rows(page: Element) -> list[str]:
    """The rows of the table of mappings."""
    return [row.text for row in page.one("table").all("tr")[1:]]


def test_a_new_ledger_has_nothing_mapped_and_says_so(client: TestClient) -> None:
    page = get(client, PAGE)

    assert rows(page) == [
        f"{role} – Not mapped – Change"
        for role in ("Billed", "Unbilled", "Deferred", "Recognized")
    ]
    assert (
        "Not mapped: 3 accounts with lines in this ledger: Billed, Deferred,"
        " Recognized. A file for Xero with these is refused."
    ) in page.one(class_="warning").text
    assert (
        "Without a mapping of its own: Unbilled. No line in this ledger needs it."
    ) in page.one(id="mapped").text
    assert (
        "The account that invoices credit in Xero: sales, or a clearing account"
        in page.text
    )
    settings = get(client, "/settings?currency=USD").one(id="side-list").links()
    assert settings["Accounting systems"] == "/settings/integrations?currency=USD"


def test_settings_are_saved(client: TestClient) -> None:
    page = send(
        client,
        "settings",
        is_enabled="on",
        preset="VENDOR",
        date_form="DAY_MONTH_YEAR",
        base_currency="EUR",
        closed_through="2025-01-31",
    )

    assert page.one(class_="page-status").text == "The settings are saved."
    assert "checked" in page.one(id="is_enabled").attributes
    assert page.one(id="closed_through").attributes["value"] == "2025-01-31"
    chosen = [
        option.text for option in page.all("option") if "selected" in option.attributes
    ]
    assert chosen[:3] == [
        f"As Xero publishes it: debits +, credits {MINUS}",
        "30/06/2026",
        "EUR Euro",
    ]


def test_dates_that_nobody_chose_follow_the_preset_after_any_save(
    client: TestClient,
) -> None:
    for preset in ("NORMAL_BALANCE", "VENDOR"):
        page = send(client, "settings", is_enabled="on", preset=preset, date_form="")

        chosen = [
            option.text
            for option in page.all("option")
            if "selected" in option.attributes
        ]
        assert chosen[1] == "By default, from the signs of amounts"
    assert f"as 30 Jun 2026 where debits are + and credits {MINUS}" in page.text


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("XERO", "Base currency of the Xero organisation"),
        ("XERO", "a file in another currency is refused unless it is converted"),
        ("QUICKBOOKS", "Home currency of the QuickBooks company"),
        ("NETSUITE", "Base currency of the NetSuite subsidiary"),
        ("NETSUITE", "s file is from USD,"),
        ("NETSUITE", "By default: 06/30/2026"),
    ],
)
def test_a_system_says_what_its_base_currency_is_for(
    client: TestClient, system: str, words: str
) -> None:
    assert words in get(client, PAGE.replace("XERO", system)).text


def test_an_account_is_chosen_from_the_chart_and_ended(client: TestClient) -> None:
    page = send_chart(client, CHART.encode("utf-8-sig"))
    assert "2 accounts are known" in page.text
    choices = page.one(id="list_code").all("option")
    assert [choice.attributes["value"] for choice in choices] == ["200"]

    page = send(client, "mapping", role="BILLED", field_code="200")
    assert rows(page)[0] == "Billed – 200 Revenue, No VAT Change"
    page = send(
        client,
        "mapping",
        role="BILLED",
        field_code="200",
        product="prod_1",
        step="save",
    )
    assert rows(page)[1] == "Billed product prod_1 200 Revenue, No VAT Change"
    (change,) = [
        link.attributes["href"]
        for link in page.all("a")
        if "product=prod_1" in link.attributes.get("href", "")
    ]
    its = get(client, change)
    assert its.one(id="field_code").attributes["value"] == "200"
    assert its.one(id="field_tax_rate").attributes["value"] == "", "the chart has it"
    assert its.one(id="product").attributes["value"] == "prod_1"
    ends = "End the mapping"
    assert ends in [button.text for button in its.all("button")]
    page = send(client, "mapping", role="BILLED", product="prod_1", step="end")
    assert len(rows(page)) == 4
    assert ends not in [button.text for button in get(client, change).all("button")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"*Code,*Name\n\xe9", "The file isn't text in UTF-8, as Xero exports it."),
        (b"x", "column"),
        (b"", "column"),
    ],
    ids=["not-utf-8", "no-chart", "no-file"],
)
def test_a_chart_that_is_refused_is_explained_at_its_field(
    client: TestClient, text: bytes, words: str
) -> None:
    page = send_chart(client, text, 422)

    assert words in page.one(id="problem-chart").text
    assert "No chart is imported yet" in page.text


@pytest.mark.parametrize(
    ("form", "fields", "field"),
    [
        ("mapping", {"role": "BILLED", "field_code": "1"}, "field_type"),
        (
            "mapping",
            {
                "role": "BILLED",
                "field_code": "1",
                "field_type": "Sales",
                "product": "none",
            },
            "product",
        ),
        ("settings", {"closed_through": "soon"}, "closed_through"),
        ("settings", {"base_currency": "eur"}, "base_currency"),
    ],
)
def test_what_is_refused_is_shown_at_its_field_with_what_was_typed(
    client: TestClient, form: str, fields: dict[str, str], field: str
) -> None:
    page = send(client, form, 422, **fields)

    assert page.one(id=f"problem-{field}").text
    for name, value in fields.items():
        element = page.one(id=name)
        if "value" in element.attributes:
            assert element.attributes["value"] == value


def test_an_address_without_a_ledger_or_system_leads_elsewhere(
    client: TestClient,
) -> None:
    for address in ("", "?system=XERO", "?currency=USD&system=SAGE", "?currency=x"):
        answer = client.get(f"/settings/integrations{address}")
        assert answer.url.path == "/settings/integrations"
        assert parse(answer.text).one("h1").text == "Xero, USD ledger"
    assert client.get("/settings/integrations?currency=GBP").status_code == 404


def test_a_form_of_no_name_is_refused(client: TestClient) -> None:
    send(client, "nothing", 400)


def test_a_mapping_without_any_field_is_not_taken_for_its_end(
    client: TestClient,
) -> None:
    empty = {"role": "BILLED", "field_code": "", "field_type": ""}

    page = send(client, "mapping", 422, **empty)

    assert "Nothing is filled in" in page.one(id="problem-field_code").text


def test_a_default_that_no_line_needs_does_not_stop_a_file(client: TestClient) -> None:
    """One invoice of a product: its own mappings are all that a file needs."""
    account = {"field_code": "200", "field_type": "Revenue", "product": "prod_1"}
    for role in ("BILLED", "DEFERRED"):
        page = send(client, "mapping", 303, role=role, **account)
    assert (
        "Not mapped: 1 account with lines in this ledger: Recognized"
        in page.one(class_="warning").text
    )

    page = send(client, "mapping", 303, role="RECOGNIZED", **account)

    assert page.all("p", class_="warning") == []
    assert "Billed, Unbilled, Deferred, Recognized" in page.one(id="mapped").text


def test_gaps_are_those_of_the_month_that_led_here(client: TestClient) -> None:
    page = get(client, f"{PAGE}&month=2001-01")

    assert page.all("p", class_="warning") == []
    assert "No line in January 2001 needs them." in page.one(id="mapped").text


def test_what_is_refused_keeps_the_way_back_to_the_close(client: TestClient) -> None:
    """From October's close: a wrong account, then a right one, and back."""
    client.headers["Accept"] = "text/html"
    october = get(client, f"{PAGE}&month=2025-10")
    wrong = {"form": "mapping", "role": "BILLED", "field_code": "x" * 300}

    answer = client.post(mapping_form(october), data=wrong)
    assert answer.status_code == 422
    right = {**wrong, "field_code": "200", "field_type": "Revenue"}
    saved = client.post(mapping_form(parse(answer.text)), data=right)

    assert "The mapping is saved." in saved.text
    back = parse(saved.text).links()["Back to the close of October 2025"]
    assert back == "/close?currency=USD&month=2025-10"


def mapping_form(page: Element) -> str:
    """Where the form of a mapping is sent to."""
    return page.one("form", aria_labelledby="map-heading").attributes["action"]


def test_a_product_and_a_category_are_refused_at_both_fields(
    client: TestClient,
) -> None:
    page = send(
        client,
        "mapping",
        422,
        role="BILLED",
        field_code="200",
        field_type="Revenue",
        product="prod_1",
        category="Events",
    )

    for field in ("product", "category"):
        message = page.one(id=f"problem-{field}").text
        assert "Give a product or a category, not both" in message
    assert "productId" not in page.text


def test_accounts_that_are_mapped_already_are_suggested(client: TestClient) -> None:
    """Without a chart: of the system itself first, then of the others."""
    account = {"field_code": "260", "field_type": "Current Liability"}
    send(client, "mapping", 303, role="DEFERRED", **account)
    other = PAGE.replace("XERO", "NETSUITE")
    sent = {"form": "mapping", "role": "RECOGNIZED", "field_account": "4000 Sales"}
    assert client.post(other, data=sent).status_code == 200

    suggested = {
        option.attributes["value"]: option.text
        for option in get(client, PAGE).one(id="list_code").all("option")
    }

    assert suggested == {"260": "Xero: Deferred", "4000 Sales": "NetSuite: Recognized"}
    others = get(client, other).one(id="list_account").all("option")
    assert [option.attributes["value"] for option in others] == ["4000 Sales", "260"]
