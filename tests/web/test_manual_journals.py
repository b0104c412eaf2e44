"""Pages and files of manual journals: empty cells where there is nothing to show."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_manual import a_ledger_with_manual_journals
from daybook_markup import Element
from daybook_pages import REPORT, get, numbers_in
from daybook_people import client_of
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

MARCH = f"{REPORT}&month=2025-03&type=manual"


@pytest.fixture
def manual(new_database: NewDatabase) -> Iterator[TestClient]:
    """The application over a ledger with manual journals."""
    url = new_database()

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
    return [[one.text for one in row.all("td")] for row in table.all("tr")]


def test_the_report_leaves_their_cells_empty(manual: TestClient) -> None:
    page = get(manual, MARCH)

    assert [row[:4] for row in cells(page)] == [
        ["", "", "", "Manual journal"],
        ["Acme", "", "", "Manual journal"],
        ["Acme", "", "", "Manual journal"],
    ]


def test_each_has_a_page(manual: TestClient) -> None:
    report = get(manual, MARCH)
    links = report.links()

    for number in numbers_in(report):
        page = get(manual, links[str(number)])
        terms = [one.text for one in page.one("dl", class_="facts").all("dt")]
        assert "Method" not in terms and "Product" not in terms
        movements = page.one("div", aria_labelledby="movements-heading").one("tbody")
        (row, explained) = movements.all("tr")
        assert [one.text for one in row.all("td")][5] == ""
        assert "entered by hand" in explained.text


def test_groups_have_a_cell_for_each_heading(manual: TestClient) -> None:
    page = get(manual, f"{MARCH}&group_by=customer,product,document")

    (head,) = page.one("table", class_="journals").one("thead").all("tr")
    rows = cells(page)
    assert len(rows) == 3
    assert {len(row) + 1 for row in rows} == {len(head.all("th"))}
    assert [row[:3] for row in rows] == [["", "", ""], *[["Acme", "", ""]] * 2]


@pytest.mark.parametrize("granularity", ["daily", "monthly"])
def test_a_download_holds_them(manual: TestClient, granularity: str) -> None:
    parameters = {"currency": "USD", "type": "manual", "granularity": granularity}
    answer = manual.get("/journals.csv", params=parameters)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.status_code == 200
    assert len(rows) == 8
    assert {row["Product name"] for row in rows} == {""}
    assert {row["Customer ID"] for row in rows} == {"", "cus_1"}
