"""A sheet as XLSX: what openpyxl finds in it, and what it can't hold."""

import io
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from daybook.calendar import parse_day
from daybook.errors import ProblemCode, Rejected
from daybook.sheets import xlsx_file
from daybook.sheets.cells import defused
from daybook.sheets.columns import Money, Sheet, text
from daybook.sheets.xlsx_file import XLSX
from daybook_services.faults import examples
from daybook_sheets import Fact, file_of, xlsx_rows

NOON = datetime(2026, 1, 31, 13, 5, 7, tzinfo=timezone(timedelta(hours=1)))


def test_the_header_has_the_titles() -> None:
    assert xlsx_rows(file_of(XLSX, [])) == [
        ("Name", "How many", "Amount", "Day", "Moment", "Is it so")
    ]


def test_each_type_has_its_cell() -> None:
    fact = Fact(
        "a", -1_000, Money(-123_450, "USD"), parse_day("2026-01-31"), NOON, is_so=True
    )

    book = load_workbook(io.BytesIO(file_of(XLSX, [[fact]])))

    noon_in_utc = datetime.fromisoformat("2026-01-31 12:05:07")
    (cells,) = book.worksheets[0].iter_rows(min_row=2)
    assert [cell.value for cell in cells] == [
        *("a", -1_000, -1234.5),
        *(datetime.fromisoformat("2026-01-31"), noon_in_utc, True),
    ]
    assert [cell.number_format for cell in cells[2:5]] == [
        *("#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss")
    ]
    assert book.worksheets[0].freeze_panes == "A2"


def test_an_empty_cell_is_nothing_and_zero_and_false_are_not_empty() -> None:
    zeros = Fact(None, 0, Money(0, "JPY"), is_so=False)

    rows = xlsx_rows(file_of(XLSX, [[Fact(), zeros]]))

    assert rows[1:] == [(None,) * 6, (None, 0, 0, None, None, False)]


def test_amounts_have_the_decimals_of_their_currencies() -> None:
    facts = [Fact(amount=Money(90, code)) for code in ("JPY", "USD", "BHD")]

    book = load_workbook(io.BytesIO(file_of(XLSX, [facts])))

    amounts = [row[2] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [cell.value for cell in amounts] == [90, 0.9, 0.09]
    assert [cell.number_format for cell in amounts] == [
        "#,##0",
        "#,##0.00",
        "#,##0.000",
    ]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_amount_of_more_digits_than_spreadsheets_keep_is_text(sign: int) -> None:
    most, more = sign * (10**15 - 1), sign * 10**15
    facts = [Fact(number=minor, amount=Money(minor, "USD")) for minor in (most, more)]

    content = file_of(XLSX, [facts])

    rows = xlsx_rows(content)
    assert rows[2][1:3] == (str(more), f"{'-' * (sign < 0)}10000000000000.00")
    assert rows[1][1] == most
    # As it is written, since openpyxl makes it a binary number.
    with ZipFile(io.BytesIO(content)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert f"<v>{Decimal(most).scaleb(-2)}</v>" in cells


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))))
def test_whatever_text_it_is_no_spreadsheet_runs_it(names: list[str]) -> None:
    content = file_of(XLSX, [[*map(Fact, names)]])

    with ZipFile(io.BytesIO(content)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in cells
    found = [row[0] or "" for row in xlsx_rows(content)[1:]]
    assert found == [defused(name).replace("\ufffe", "") for name in names]


@settings(max_examples=examples(9))
@given(st.lists(st.integers(0, 3), max_size=6))
def test_the_same_rows_are_the_same_bytes_however_they_are_sliced(
    sizes: list[int],
) -> None:
    facts = [Fact(str(number), number, moment=NOON) for number in range(sum(sizes))]
    left = iter(facts)
    slices = [[next(left) for _ in range(size)] for size in sizes]

    assert file_of(XLSX, slices) == file_of(XLSX, [facts])


def test_more_rows_than_a_sheet_has_are_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xlsx_file, "ROWS", 4)
    writer = XLSX.writer(Sheet("one", "One", (text("a", "A", str),)), "USD")
    assert [*writer.header(), *writer.add(["1", "2"]), *writer.add(["3"])] == []

    with pytest.raises(Rejected) as refused:
        writer.add(["4"])

    writer.close()
    (problem,) = refused.value.problems
    assert problem.code is ProblemCode.TOO_LARGE
    assert problem.message == (
        "a sheet of XLSX holds up to 3 rows, and these are more: choose csv or parquet,"
        " or a narrower selection"
    )


def test_a_long_title_with_any_character_names_a_sheet() -> None:
    title = f"Deferred [{'x' * 40}]: 2026/10"

    sheet = Sheet("long", title, (text("a", "A", str),))
    book = load_workbook(io.BytesIO(file_of(XLSX, [["1"]], sheet=sheet)))

    assert book.sheetnames == [f"Deferred  {'x' * 21}"]


def test_the_present_is_in_no_file() -> None:
    assert datetime.now(UTC).strftime("%Y-%m").encode() not in file_of(XLSX, [])
