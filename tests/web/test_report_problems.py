"""Reports whose address is wrong, and ledgers that have nothing to report."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice, line, terms
from daybook_pages import get

pytestmark = pytest.mark.either_database


USD = "?currency=USD"


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        (
            "on=soon",
            "on",
            "“soon” is not a date: write it as 2025-10-31, between 2000 and 2099.",
        ),
        ("as_of=2025-13-01", "as_of", "“2025-13-01” is not a date"),
        ("custommer=cus_1", "", "There is no filter “custommer”; did you mean"),
        ("open_only=maybe", "", "“maybe” is not “yes”"),
        ("customer=nobody", "customer", "There is no customer with the id “nobody”."),
        ("product=none", "product", "There is no product with the id “none”."),
        ("document=none", "document", "There is no document with the id “INVOICE:none"),
        ("document=CREDIT_NOTE:", "document", "is not a document such as INVOICE:inv"),
    ],
)
def test_a_wrong_address_is_corrected_in_its_form(
    reports: TestClient, query: str, field: str, message: str
) -> None:
    page = get(reports, f"/reports/deferred-revenue{USD}&{query}", 422)

    problems = page.one(id="filter-problems")
    assert message in problems.text
    if field:
        shown = page.one("input", id=f"filter-{field}")
        assert shown.attributes["aria-invalid"] == "true"
    assert page.all("table") == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("/reports/roll-forward?from=2025", "“2025” is not a month"),
        ("/reports/roll-forward?account=BILLED", "“BILLED” has no roll-forward"),
        (
            "/reports/roll-forward?from=2025-11&on=2025-10-31",
            "This month starts after 31 Oct 2025",
        ),
        ("/reports/population?flags=MANUEL", "There is no flag “MANUEL”; did you mean"),
        ("/reports/population?from=2025-02-01&to=2025-01-01", "ends before it starts"),
    ],
)
def test_each_report_checks_its_own_parameters(
    reports: TestClient, url: str, message: str
) -> None:
    page = get(reports, url, 422)

    assert message in page.one(id="filter-problems").text


def test_a_similar_customer_is_offered(reports: TestClient) -> None:
    page = get(reports, f"/reports/waterfall{USD}&customer=Anch", 422)

    similar = page.one(id="problem-customer").one("a")
    assert similar.text == "Anchor (cus_1)"
    assert "customer=cus_1" in similar.attributes["href"]


def test_a_ledger_that_is_not_there_is_named(reports: TestClient) -> None:
    for text in ("EUR", "EURO"):
        page = get(reports, f"/reports/waterfall?currency={text}", 404)

        assert f"There is no ledger in “{text}”" in page.text
        assert "USD ledger" in page.links()


@pytest.mark.parametrize("query", ["after=x", "after=x&before=y"])
def test_an_address_of_no_page_leads_to_the_first(
    reports: TestClient, query: str
) -> None:
    page = get(reports, f"/reports/deferred-revenue{USD}&{query}", 400)

    assert "Go to the report's first page" in page.links()


def test_nothing_that_matches_is_said(reports: TestClient) -> None:
    page = get(reports, f"/reports/deferred-revenue{USD}&on=2023-01-01")
    assert "Nothing is posted in the USD ledger by this day" in page.text

    page = get(reports, f"/reports/population{USD}&author=nobody")
    assert "Nothing matches these filters" in page.text
    assert "Show the whole USD ledger" in page.links()


def test_without_a_ledger_there_is_nothing_to_report(
    client_with: Callable[..., TestClient],
) -> None:
    client = client_with()

    for name in ("deferred-revenue", "waterfall", "roll-forward", "tie-out"):
        page = get(client, f"/reports/{name}")
        assert "There is nothing to report yet" in page.text
    assert "There is nothing to close yet" in get(client, "/close").text


def test_pages_forward_and_back_reach_every_family(
    client_with: Callable[..., TestClient],
) -> None:
    client = client_with(
        *(
            invoice(
                f"inv_{number}",
                line(its_terms=terms("120.00")),
                customer=f"cus_{number}",
                customer_name=f"Company {number}",
            )
            for number in range(1, 76)
        )
    )

    first = get(client, f"/reports/waterfall{USD}")
    # Sums of several pages come once the page is shown, or without scripts at once.
    summing = first.one(id="report-summing")
    assert summing.attributes["hx-trigger"] == "load"
    assert summing.text == "Summing the whole report…"
    refresh = first.one("noscript").one("meta")
    totals_url = (refresh.attributes["content"] or "").removeprefix("0;url=")
    assert first.all(class_="sums") == []
    whole = get(client, totals_url)
    assert whole.one(class_="sums").one("th").text == "All 75 customers"
    assert whole.all(id="report-summing") == []

    second = get(
        client, first.one("a", rel="next", class_="pager-next").attributes["href"]
    )
    assert [row.one("th").text for row in second.all("tr", class_="single")] == [
        f"Company {number} Platform" for number in range(51, 76)
    ]
    back = second.one("nav", class_="pager").one("a", rel="prev")
    again = get(client, back.attributes["href"])
    assert len(again.all("tr", class_="single")) == 50
