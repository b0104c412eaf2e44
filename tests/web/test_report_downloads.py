"""Reports as files: each format, the address's filters, problems, and who may."""

from io import BytesIO

import pyarrow.parquet
import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from daybook_pages import get
from daybook_report_pages import rows_of

pytestmark = pytest.mark.either_database

USD = "?currency=USD"
NAMES = ("deferred-revenue", "waterfall", "cohorts", "roll-forward", "population")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_leads_to_its_files(reports: TestClient, name: str) -> None:
    page = get(reports, f"/reports/{name}{USD}&customer=cus_1")
    files = page.one(class_="menu-list").links()

    assert list(files) == ["CSV", "XLSX", "Parquet"]
    csv = reports.get(files["CSV"])
    assert csv.status_code == 200
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert name in csv.headers["content-disposition"]
    lines = csv.text.splitlines()
    sheet = load_workbook(BytesIO(reports.get(files["XLSX"]).content)).active
    assert sheet is not None
    assert sheet.max_row == len(lines)
    table = pyarrow.parquet.read_table(BytesIO(reports.get(files["Parquet"]).content))
    assert table.num_rows == len(lines) - 1


def test_a_file_has_the_rows_of_the_page(reports: TestClient) -> None:
    url = f"{USD}&on=2025-09-30&customer=cus_1&product=prod_1"
    shown = rows_of(get(reports, f"/reports/deferred-revenue{url}"))
    head, *lines = reports.get(f"/reports/deferred-revenue.csv{url}").text.splitlines()

    assert shown["All rows"][2:] == [
        *("12,000.00", "–", "9,000.00", "3,000.00", "3,000.00")
    ]
    (row,) = [
        dict(zip(head.split(","), line.split(","), strict=True)) for line in lines
    ]
    assert row["recognized"] == "9000.00"
    assert row["remaining"] == "3000.00"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"/reports/waterfall.csv{USD}&on=soon", "on: 'soon' is not a date"),
        (f"/reports/waterfall.csv{USD}&customr=cus_1", "did you mean customer?"),
        (f"/reports/waterfall.csv{USD}&customer=nobody", "customer: there is no"),
        (f"/reports/waterfall.pdf{USD}", "'pdf' is not a format of files"),
        ("/reports/waterfall.csv?currency=EUR", "EUR"),
    ],
)
def test_a_wrong_address_is_refused_in_plain_text(
    reports: TestClient, url: str, words: str
) -> None:
    answer = reports.get(url)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert words in answer.text


def test_strangers_are_sent_to_sign_in(reports: TestClient) -> None:
    answer = reports.get(
        f"/reports/waterfall.csv{USD}",
        headers={"Authorization": ""},
        follow_redirects=False,
    )

    assert answer.status_code in {302, 303, 401}
