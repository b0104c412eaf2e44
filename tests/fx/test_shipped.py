"""The shipped history is what the ECB published."""

import csv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from daybook.calendar import day_text
from daybook.fx.packing import changed_rates, packed
from daybook.fx.reading import read_rates, read_rates_file
from daybook.fx.rules import parse_rate_day
from daybook.fx.shipped import (
    FILE,
    shipped_currencies,
    shipped_days,
    shipped_series,
)

SAMPLE = Path(__file__).with_name("eurofxref-sample.csv")
"""Lines of the ECB's file: its first and last, and days on which currencies changed."""


def published() -> Iterator[tuple[str, str, str]]:
    """Each cell of the sample: day, currency, and the text in the file."""
    with SAMPLE.open(newline="") as stream:
        for row in csv.DictReader(stream):
            for currency, cell in row.items():
                if currency not in {"Date", ""}:
                    yield row["Date"], currency, cell


def test_every_cell_of_the_published_sample_is_shipped_exactly() -> None:
    count = 0
    for date, currency, cell in published():
        day = parse_rate_day(date)
        found = shipped_series(currency).last_until(day)
        if cell == "N/A":
            assert found is None or found.day < day, (date, currency)
        else:
            assert found is not None and found.day == day, (date, currency)
            assert found.text == cell, (date, currency)
        count += 1
    assert count == 12 * 41


def test_all_days_and_currencies_are_shipped() -> None:
    every = [shipped_series(currency) for currency in shipped_currencies()]

    assert len(every) == 41
    assert sum(len(series.days) for series in every) == 221_702
    assert len(shipped_days()) == 7_126
    assert day_text(shipped_days()[0]) == "1999-01-04"
    for series in every:
        assert list(series.days) == sorted(set(series.days))
        assert min(series.mantissas) > 0
        assert len(series.mantissas) == len(series.days)


def test_the_shipped_file_names_its_source_and_stays_small() -> None:
    with ZipFile(FILE) as archive:
        about = archive.read("README.txt").decode()

    assert "European Central Bank" in about
    assert "eurofxref-hist.zip" in about
    assert FILE.stat().st_size < 400_000


def test_what_is_packed_is_read_again_and_the_same_bytes() -> None:
    rates = read_rates_file(SAMPLE).rates
    once = packed(rates)

    assert once == packed(list(reversed(rates)))


def test_rates_that_were_shipped_are_not_to_change() -> None:
    content = b"Date,USD,JPY,\n2026-10-30,1.1173,175.68,\n"
    changed = changed_rates(read_rates(content))

    assert "USD 2026-10-30" in changed and "JPY 2026-10-30" not in changed
    assert "JPY 2026-10-29" in changed


def test_a_currency_that_is_not_shipped_has_no_rates() -> None:
    assert shipped_series("XXX").days == ()
