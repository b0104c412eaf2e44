"""Files of the ECB's: what is read, and what is refused, with line and column."""

import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from daybook.calendar import day_text
from daybook.errors import Rejected
from daybook.fx import reading
from daybook.fx.reading import read_rates, read_rates_file
from daybook.fx.rules import parse_rate_day

HISTORY = "Date,USD,JPY,BGN,\n2026-11-03,1.117,176,N/A,\n2026-11-02,1.1172,175.68,,\n"
DAILY = "Date, USD, JPY, BGN, \n02 November 2026, 1.1172, 175.68, N/A, \n"
TODAY = parse_rate_day("2026-11-05")


def found_in(text: str | bytes) -> list[tuple[str, str, int, int]]:
    content = text.encode() if isinstance(text, str) else text
    return [
        (rate.currency, day_text(rate.day), rate.mantissa, rate.decimals)
        for rate in read_rates(content, TODAY)
    ]


def refused(content: str | bytes) -> list[str]:
    with pytest.raises(Rejected) as raised:
        found_in(content)
    return [str(problem) for problem in raised.value.problems]


def zipped(*names: str, text: str = HISTORY) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return stream.getvalue()


def test_the_history_is_read_with_its_gaps() -> None:
    assert found_in(HISTORY) == [
        ("USD", "2026-11-03", 1117, 3),
        ("JPY", "2026-11-03", 176, 0),
        ("USD", "2026-11-02", 11172, 4),
        ("JPY", "2026-11-02", 17568, 2),
    ]


def test_the_daily_file_is_read_with_its_spaces_and_its_long_date() -> None:
    assert found_in(DAILY) == found_in(HISTORY)[2:]


@pytest.mark.parametrize(
    "text",
    [
        HISTORY.replace("\n", "\r\n"),
        "\ufeff" + HISTORY,
        HISTORY.replace(",\n", "\n"),
        HISTORY + "\n\n",
        HISTORY.replace("1.117,", "1.11700,"),
    ],
)
def test_other_spellings_of_the_same_are_the_same(text: str) -> None:
    assert found_in(text) == found_in(HISTORY)


def test_a_zip_file_is_read_as_the_file_in_it(tmp_path: Path) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    path.write_bytes(zipped("eurofxref-hist.csv"))

    assert found_in(path.read_bytes()) == found_in(HISTORY)
    assert read_rates_file(path).name == "eurofxref-hist.zip"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("1.117,", "1,117,", "line 2: has 6 cells, and the header 5 [UNREADABLE]"),
        (
            *("1.117,", "1.1.7,"),
            "line 2, column USD: '1.1.7' is neither a rate such as 1.1172 nor N/A [IN",
        ),
        ("176,", "-176,", "line 2, column JPY: '-176' is neither"),
        ("176,", "1e3,", "line 2, column JPY: '1e3' is neither"),
        ("176,", "0.00,", "line 2, column JPY: a rate is more than zero"),
        ("176,", "1.123456789,", "line 2, column JPY: '1.123456789' is neither"),
        ("176,", f"{'9' * 90},", f"line 2, column JPY: '{'9' * 40}…' is neither"),
        (
            *("2026-11-03", "2026-11-31"),
            "line 2, column Date: '2026-11-31': day",
        ),
        ("2026-11-03", "20261103", "line 2, column Date: '20261103': not a date"),
        ("2026-11-03", "1998-12-31", "outside 1999-01-04 …"),
        ("2026-11-03", "2026-11-06", "line 2, column Date: 2026-11-06 is after today"),
        (
            *("2026-11-03", "2026-11-02"),
            "line 3, column Date: 2026-11-02 is on line 2 already [DUPLICATE]",
        ),
        ("N/A,\n", "N/A,1\n", "line 2, column behind the last comma: '1'"),
        ("Date", "Day", "line 1, column 1: the header begins with 'Day' and not Date"),
        ("USD", "usd", "line 1, column 2: 'usd' is no currency's code; did you mean"),
        ("USD", "EUR", "line 1, column 2: rates are for one euro"),
        ("JPY", "USD", "line 1, column 3: USD is there twice"),
        ("JPY", "", "line 1, column 3: '' is no currency's code"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(
    before: str, after: str, problem: str
) -> None:
    (found,) = refused(HISTORY.replace(before, after, 1))

    assert problem in found


def test_all_problems_are_named_at_once() -> None:
    text = HISTORY.replace("1.117,", "x,").replace("175.68", "y")

    assert [one.partition(":")[0] for one in refused(text)] == [
        "line 2, column USD",
        "line 3, column JPY",
    ]


DAMAGED = bytearray(zipped("a.csv"))
DAMAGED[50] ^= 1  # in the middle of what is compressed


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file holds no rate"),
        (b"Date,USD,\n", "the file holds no rate"),
        (b"Date\n2026-11-02\n", "line 1: the header names no currency"),
        (HISTORY.encode("utf-16"), "line 1: is no text in UTF-8"),
        (b"Date,USD\n2026-11-02,\xff\n", "line 2: is no text in UTF-8"),
        (b'Date,USD\n2026-11-02,"1"1\n', "line 2: is no CSV"),
        (zipped("a.csv", "b.csv"), "the ZIP file holds 2 CSV files instead of one"),
        (zipped("a.txt"), "the ZIP file holds 0 CSV files"),
        (zipped("a.csv")[:-30], "the ZIP file can't be unpacked"),
        (bytes(DAMAGED), "the ZIP file can't be unpacked"),
    ],
)
def test_what_is_no_file_of_the_ecb_is_refused(content: bytes, problem: str) -> None:
    (found,) = refused(content)

    assert problem in found


@pytest.mark.parametrize("content", [HISTORY.encode() * 20, zipped("a.csv", "b.txt")])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BYTES_MAX", len(content) - 1)

    (found,) = refused(content)

    assert "the file has more than" in found and "[TOO_LARGE]" in found


def test_what_a_zip_file_holds_is_measured_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = zipped("a.csv", text=HISTORY + " " * 100_000)
    monkeypatch.setattr(reading, "BYTES_MAX", 10_000)

    (found,) = refused(content)

    assert len(content) < 10_000 and "the file has more than 10,000 bytes" in found
