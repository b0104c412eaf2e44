"""Spreadsheets: typed cells that nothing runs, and the same bytes each time."""

import io
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from daybook.calendar import parse_day
from daybook.exports.formats.contract import FileFacts
from daybook.exports.formats.generic import (
    CODE_COLUMN,
    COLUMNS,
    SEQUENCE,
    STATUS_COLUMN,
)
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.mapping.rules import TargetLine
from daybook.exports.rules import ExportGroup, ExportLine, Groups, Movements
from daybook.ledger.rules import Role
from daybook.sheets.cells import defused
from daybook_files import csv_lines, exported, file_of, xlsx_lines, xlsx_rows

MAY = parse_day("2025-05-01")
DOLLARS = FileFacts("USD", 2)


def sheet_of(content: bytes) -> Any:
    """The sheet with all of its properties."""
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    return sheet


def a_group(amount: int, key: str = "2025-05", account: str = "Sales") -> Groups:
    """A group with two lines."""
    roles = ((True, Role.DEFERRED), (False, Role.RECOGNIZED))
    lines = [ExportLine(side, role, account, amount) for side, role in roles]
    return Groups([ExportGroup(key, MAY, "May", lines)])


def test_cells_have_types_and_the_header_stays() -> None:
    file = file_of(XLSX, DOLLARS, Movements([exported()]))

    sheet = sheet_of(file)
    assert sheet.title == "Journals USD"
    assert sheet.freeze_panes == "A2"
    header, first, *_ = sheet.iter_rows(values_only=True)
    assert header == COLUMNS
    assert first == (
        *(7, datetime(2025, 5, 1), "Platform: recognized (INV-1)", "Platform"),  # noqa: DTZ001  (as it is read)
        *("cus_1", "Acme Ltd", "DEBIT", "Deferred Revenue", 2.9, "inv_1", "INV-1"),
    )
    assert (sheet["B2"].number_format, sheet["B2"].is_date) == ("yyyy-mm-dd", True)
    assert sheet["I2"].number_format == "#,##0.00"
    assert sheet.max_row == 63
    assert xlsx_lines(file) == csv_lines(
        file_of(SEQUENCE, DOLLARS, Movements([exported()]))
    )


def test_xeros_codes_are_a_last_column_while_xero_is_enabled() -> None:
    mapped = Movements([exported()._replace(debit_target=TargetLine(("0240",)))])

    header, debit, credit, *_ = xlsx_rows(
        file_of(XLSX, DOLLARS._replace(has_codes=True), mapped)
    )

    assert header == (*COLUMNS, CODE_COLUMN)
    assert (debit[-1], credit[-1]) == ("0240", None)
    assert len(xlsx_rows(file_of(XLSX, DOLLARS, mapped))[0]) == len(COLUMNS)
    divided = DOLLARS._replace(has_codes=True, divides_on=MAY)
    header, debit, *_ = xlsx_rows(file_of(XLSX, divided, mapped))
    assert header[-2:] == (STATUS_COLUMN, CODE_COLUMN)
    assert debit[-2:] == ("Scheduled", "0240")


@pytest.mark.parametrize(
    ("currency", "decimals", "written", "shown"),
    [
        ("USD", 2, "9999999999999.99", "9,999,999,999,999.99"),
        ("JPY", 0, "999999999999999", "999,999,999,999,999"),
        ("BHD", 3, "999999999999.999", "999,999,999,999.999"),
    ],
)
def test_a_large_amount_keeps_its_digits_and_its_column_shows_it(
    currency: str, decimals: int, written: str, shown: str
) -> None:
    facts = FileFacts(currency, decimals, has_text_keys=True)

    file = file_of(XLSX, facts, a_group(10**15 - 1))

    with ZipFile(io.BytesIO(file)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert xml.count(f"<v>{written}</v>") == 2
    (width,) = [
        columns.width
        for columns in sheet_of(file).column_dimensions.values()
        if columns.min <= COLUMNS.index("Amount") + 1 <= columns.max
    ]
    assert width > len(shown)


def test_a_groups_key_is_text_and_a_months_journal_is_a_number() -> None:
    grouped = file_of(XLSX, DOLLARS._replace(has_text_keys=True), a_group(5, "=2025"))
    monthly = file_of(XLSX, DOLLARS, a_group(5, "12"))

    assert xlsx_rows(grouped)[1][0] == "'=2025"
    assert xlsx_rows(monthly)[1][0] == 12


HOSTILE = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "1E5", "0012", "TRUE"),
    *("http://example.com", "mailto:a@example.com", "internal:Sheet1!A1", "{=A1}"),
    *("_x0041_", "<b>&amp;</b>", " spaces ", "a\nb", "\ufffe", "'"),
]


@given(
    st.lists(
        st.sampled_from(HOSTILE)
        | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9),
        min_size=1,
        max_size=5,
    )
)
def test_a_text_is_a_text_and_comes_back(names: list[str]) -> None:
    units = [
        exported(290, 290, (MAY, MAY), customer=name, accounts=(name, "Sales"))
        for name in names
    ]

    file = file_of(XLSX, DOLLARS, Movements(units))

    sheet = sheet_of(file)
    for row, name in enumerate(names, 1):
        cell = sheet.cell(2 * row, 6)
        if name:
            assert cell.data_type == "s"
            assert cell.hyperlink is None
            read = unescape(str(cell.value)).replace("\r", "\n")
            assert read == defused(name).replace("\r", "\n")
        else:
            assert cell.value is None


def test_the_same_export_is_the_same_bytes_at_another_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    units = Movements([exported()])
    now = file_of(XLSX, DOLLARS, units)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        later = file_of(XLSX, DOLLARS, units)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert later == now


def test_a_file_that_is_given_up_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    renderer = XLSX.renderer(DOLLARS)
    assert list(renderer.render(Movements([exported()]))) == []
    assert list(tmp_path.iterdir())

    renderer.close()

    assert not list(tmp_path.iterdir())


@given(st.integers(1, 10**15 - 1), st.integers(0, 3))
def test_an_amount_is_read_as_it_was(amount: int, decimals: int) -> None:
    facts = FileFacts("USD", decimals, has_text_keys=True)

    file = file_of(XLSX, facts, a_group(amount))

    exact = Decimal(amount).scaleb(-decimals)
    assert [Decimal(str(row[8])) for row in xlsx_rows(file)[1:]] == [exact] * 2
