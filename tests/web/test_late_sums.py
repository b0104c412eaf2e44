"""The sums of long reports: alone, of the moment of the rows, or the page anew."""

import pytest
from starlette.testclient import TestClient

from daybook_markup import Element, parse
from daybook_pages import HTMX, get, parameters

pytestmark = pytest.mark.either_database

SEEN = 1
"""The ledger's only recording."""
LONG = ("deferred-revenue", "waterfall", "population")


def sums_of(page: Element, name: str) -> str:
    """What the page says of the whole report above its table."""
    if name == "population":
        return page.one("nav", class_="flag-counts").text
    return page.one("section", class_="strip").text


@pytest.mark.parametrize("name", LONG)
def test_they_come_without_the_rows(client: TestClient, name: str) -> None:
    address = f"/reports/{name}?currency=USD"
    whole = get(client, f"{address}&totals=yes")

    part = client.get(f"/reports/{name}/sums?currency=USD&seen={SEEN}", headers=HTMX)

    found = parse(part.text)
    assert sums_of(found, name) == sums_of(whole, name)
    assert found.one("ul", class_="ties").text == whole.one("ul", class_="ties").text
    if name != "population":
        rows = [row.text for row in whole.all("tr", class_="sums")]
        assert [row.text for row in found.all("tr", class_="sums")] == rows
        assert len(rows) == 1
    assert "Company " in whole.text
    assert "Company " not in part.text


def test_a_long_report_asks_for_them(client: TestClient) -> None:
    page = get(client, "/reports/deferred-revenue?currency=USD&on=2025-10-31")

    asked = page.one(id="report-summing").attributes["hx-get"]
    assert parameters(asked or "") == {
        "currency": ["USD"],
        "on": ["2025-10-31"],
        "seen": [str(SEEN)],
    }


@pytest.mark.parametrize("name", LONG)
def test_sums_of_a_later_moment_load_the_page_anew(
    client: TestClient, name: str
) -> None:
    url = f"/reports/{name}/sums?currency=USD&seen={SEEN - 1}"

    later = client.get(url, headers=HTMX)

    assert later.headers["HX-Refresh"] == "true"
    assert later.text == ""


def test_sums_of_what_is_gone_change_nothing(client: TestClient) -> None:
    for query in ("currency=XXX&seen=0", "currency=USD&on=never&seen=1", ""):
        answer = client.get(f"/reports/waterfall/sums?{query}", headers=HTMX)

        assert answer.status_code == 204, query
