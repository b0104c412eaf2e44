"""Pages and files of manual journals, which have no document."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_manual import a_ledger_with_manual_journals
from daybook_markup import Element
from daybook_pages import REPORT, get, numbers_in
from daybook_people import client_of
from daybook_services.database import AT_ANY_TIME
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

MARCH = f"{REPORT}&month=2025-03&type=manual"


@pytest.fixture(scope="module")
def manual(module_database_url: URL) -> Iterator[TestClient]:
    """The application over a ledger with manual journals, which tests only read."""
    url = module_database_url

    async def fill() -> None:
        database = Database(url, AT_ANY_TIME)
        await a_ledger_with_manual_journals(database)
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with client_of(settings_for(url)) as client:
        yield client


def cells(page: Element) -> list[list[str]]:
    table = page.one("table", class_="journals").one("tbody")
    return [[cell.text for cell in row.all("td")] for row in table.all("tr")]


def test_the_report_shows_what_they_have(manual: TestClient) -> None:
    page = get(manual, MARCH)

    assert [row[:2] for row in cells(page)] == [
        ["–", "MJ_1 Manual journal"],
        ["Acme", "MJ_2 Manual journal"],
        ["Acme", "MJ_3 Manual journal"],
    ]


def test_each_has_a_page(manual: TestClient) -> None:
    report = get(manual, MARCH)
    links = report.links()

    for number in numbers_in(report):
        page = get(manual, links[str(number)])
        terms = [term.text for term in page.one("dl", class_="journal-facts").all("dt")]
        assert "Method" not in terms and "Product" not in terms
        (movement,) = page.one(id="movements").all("li", class_="movement")
        assert "entered by hand" in movement.one(class_="explanation").text
        header = page.one("header", class_="page-header")
        assert header.one(class_="badge-manual").text == "Manual"


def test_groups_have_a_cell_for_each_heading(manual: TestClient) -> None:
    page = get(manual, f"{MARCH}&group_by=customer,product,document")

    head, _sums = page.one("table", class_="journals").one("thead").all("tr")
    rows = cells(page)
    assert len(rows) == 3
    # No filter selects the journals of a manual journal alone.
    assert page.one("table", class_="journals").one("tbody").all("a") == []
    assert {len(row) + 1 for row in rows} == {len(head.all("th"))}
    assert [row[:2] for row in rows] == [
        ["–", "MJ_1 Manual journal"],
        ["Acme", "MJ_2 Manual journal"],
        ["Acme", "MJ_3 Manual journal"],
    ]


@pytest.mark.parametrize("granularity", ["daily", "monthly"])
def test_a_download_holds_them(manual: TestClient, granularity: str) -> None:
    parameters = {"currency": "USD", "type": "manual", "granularity": granularity}
    answer = manual.get("/journals.csv", params=parameters)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.status_code == 200
    assert len(rows) == 8
    assert {row["Product name"] for row in rows} == {""}
    assert {row["Customer ID"] for row in rows} == {"", "cus_1"}
