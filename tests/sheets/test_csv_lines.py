"""A sheet as CSV: each type's text, and that a careful reader finds the values."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import parse_day
from daybook.sheets.cells import defused
from daybook.sheets.columns import Money
from daybook.sheets.csv_lines import CSV, csv_header, csv_lines
from daybook_sheets import FACTS, Fact, file_of


def lines_of(*facts: Fact) -> list[list[str]]:
    """What a CSV reader makes of facts below the header."""
    written = "".join(csv_lines(FACTS, facts))
    return list(csv.reader(io.StringIO(written, newline="")))


def test_the_header_has_the_stable_names() -> None:
    assert csv_header(FACTS) == "name,number,amount,day,moment,is_so\r\n"


def test_each_type_has_its_text() -> None:
    noon = datetime(2026, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))
    fact = Fact(
        "a", -1_000, Money(-5, "USD"), parse_day("2026-01-31"), noon, is_so=True
    )

    assert list(csv_lines(FACTS, [fact])) == [
        "a,-1000,-0.05,2026-01-31,2026-01-31T12:00:00Z,true\r\n"
    ]


def test_an_empty_cell_is_nothing_and_zero_and_false_are_not_empty() -> None:
    zeros = Fact("", 0, Money(0, "JPY"), is_so=False)

    assert lines_of(Fact(), zeros) == [[""] * 6, ["", "0", "0", "", "", "false"]]


def test_amounts_of_a_column_have_the_decimals_of_their_own_currencies() -> None:
    facts = [Fact(amount=Money(90, one)) for one in ("JPY", "USD", "BHD")]

    assert [line[2] for line in lines_of(*facts)] == ["90", "0.90", "0.090"]


def test_a_moment_keeps_its_microseconds() -> None:
    moment = datetime(2026, 1, 31, 12, 0, 0, 7, tzinfo=UTC)

    assert lines_of(Fact(moment=moment))[0][4] == "2026-01-31T12:00:00.000007Z"


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_whatever_text_it_is_a_reader_finds_it_and_no_spreadsheet_runs_it(
    names: list[str],
) -> None:
    found: list[Any] = [line[0] for line in lines_of(*map(Fact, names))]

    assert found == [defused(name) for name in names]


@given(st.lists(st.integers(0, 3), max_size=9))
def test_slices_make_no_difference(sizes: list[int]) -> None:
    facts = [Fact(str(number), number) for number in range(sum(sizes))]
    left = iter(facts)
    slices = [[next(left) for _ in range(size)] for size in sizes]

    assert file_of(CSV, slices) == file_of(CSV, [facts])
    assert file_of(CSV, slices).decode() == csv_header(FACTS) + "".join(
        csv_lines(FACTS, facts)
    )
