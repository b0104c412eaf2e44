"""Text that a spreadsheet would run is a plain text in a cell."""

import csv
import io
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.sheets.cells import SIGNS, SKIPPED, cell, defused


def rows_of(rendered: bytes) -> list[list[str]]:
    """What a CSV reader makes of it."""
    return list(csv.reader(io.StringIO(rendered.decode(), newline="")))


@pytest.mark.parametrize("sign", ["=1+1", "+1", "-1", "@a", "＝1", "＋1", "－1", "＠a"])  # noqa: RUF001
@pytest.mark.parametrize(
    "before",
    ["", " ", "\ufeff", "\xa0", "\u200b", "\n", "\t", "\u3000", " \u2060\xad "],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(
    before: str, sign: str
) -> None:
    text = before + sign
    (row,) = rows_of(f"{cell(text)}\r\n".encode())

    assert row == [f"'{text}"]
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\ta", "\ra"])
def test_tabs_and_returns_get_an_apostrophe_whatever_follows(text: str) -> None:
    (row,) = rows_of(f"{cell(text)}\r\n".encode())

    assert row == [f"'{text}"]


@given(st.text(), st.text(st.sampled_from(sorted(SKIPPED)), max_size=5))
def test_only_text_that_begins_with_a_sign_is_changed(text: str, before: str) -> None:
    text = before + text
    seen = text.lstrip("".join(SKIPPED))
    is_run = seen[:1] in SIGNS or text[:1] in {"\t", "\r"}

    assert defused(text) == (f"'{text}" if is_run and text else text)
    assert rows_of(f"{cell(text)},\r\n".encode()) == [[defused(text), ""]]


def test_whatever_takes_no_place_is_skipped() -> None:
    unseen = {
        one
        for one in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(one) in {"Zs", "Zl", "Zp", "Cc", "Cf"}
    }

    assert unseen <= SKIPPED
    assert not any(one.isalnum() for one in SKIPPED - set("\u115f\u1160\u3164\uffa0"))
