"""The dataset as a workbook: typed cells, nothing that runs, and not too many lines."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from daybook.gl.rules.columns import DatasetColumn as Column
from daybook_datasets import XLSX, Datasets, make_datasets

PLACES = {column: place for place, column in enumerate(Column)}


@pytest.fixture(scope="module")
def datasets(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Datasets:
    """A server with datasets, for tests that only read."""
    return make_datasets(sqlite_template, tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="module")
def client(datasets: Datasets) -> Iterator[TestClient]:
    """Somebody on the server's machine."""
    with datasets.asking() as made:
        yield made


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    """The cells of the only sheet."""
    book = load_workbook(BytesIO(content))
    (name,) = book.sheetnames
    assert name == "Journals"
    return [tuple(cell for cell in row) for row in book[name].rows]


def test_a_workbook_has_the_lines_with_types(
    client: TestClient, datasets: Datasets
) -> None:
    answer = client.get(XLSX, headers=datasets.basic())
    header, *rows = rows_of(answer.content)

    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    assert 'filename="journals.xlsx"' in answer.headers["content-disposition"]
    assert [cell.value for cell in header] == [*Column]
    assert [row[PLACES[Column.NET]].value for row in rows] == [
        *(-10, 10, -20, 20, -30, 30, -5, 5)
    ]
    assert {row[PLACES[Column.NET]].number_format for row in rows} == {"#,##0.00"}
    rates = {row[PLACES[Column.REPORTING_RATE]].number_format for row in rows}
    assert rates == {"#,##0.00000000"}
    assert [row[PLACES[Column.JOURNAL_NUMBER]].value for row in rows] == [
        *(1, 1, 2, 2, 3, 3, 1, 1)
    ]
    formula = rows[2][PLACES[Column.REFERENCE]]
    assert (formula.value, formula.data_type) == ('\'=1+1, "or so"', "s")
    days = {row[PLACES[Column.JOURNAL_DATE]].value for row in rows}
    assert days == {"2025-09-01", "2025-09-02", "2025-09-03", "2025-09-30"}


def test_a_page_and_a_filter_make_smaller_ones(
    client: TestClient, datasets: Datasets
) -> None:
    page = client.get(f"{XLSX}?limit=3", headers=datasets.basic())
    found = client.get(f"{XLSX}?connection=Inc", headers=datasets.basic())

    assert len(rows_of(page.content)) == 4 and 'rel="next"' in page.headers["link"]
    assert len(rows_of(found.content)) == 3
    tag = {"If-None-Match": found.headers["etag"]}
    again = client.get(f"{XLSX}?connection=inc", headers={**datasets.basic(), **tag})
    assert again.status_code == 304


def test_too_many_lines_are_refused_with_the_way_out(datasets: Datasets) -> None:
    with datasets.asking(
        stream_rows_max=7, data=datasets.settings.data / "of few"
    ) as client:
        whole = client.get(XLSX, headers=datasets.basic())
        part = client.get(f"{XLSX}?connection=UK", headers=datasets.basic())

    assert whole.status_code == 413
    assert whole.text == (
        "a workbook may have 7 lines here, and these are 8: choose csv or parquet, or"
        " fewer lines, such as those of a year; `daybook gl export --format xlsx` at"
        " the server writes 1,048,575\n"
    )
    assert len(rows_of(part.content)) == 7
