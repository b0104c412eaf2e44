"""Makes the shipped history from the ECB's file: `python -m daybook.fx.packing FILE`.

For maintainers, before a release. Rates that were shipped once stay as they were: what
was converted at them could not be explained otherwise.
"""

import io
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from daybook.calendar import Day, day_text
from daybook.fx.reading import FileRate, read_rates_file
from daybook.fx.shipped import (
    DAYS,
    FILE,
    README,
    shipped_currencies,
    shipped_series,
)

ABOUT = """\
Euro foreign exchange reference rates, {first} to {last}.

Source: European Central Bank (ECB),
https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/
The file was https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip. The rates are
the ECB's, unchanged; only their notation is more compact:

days         the days that rates were published on, since 1970-01-01: the first, and
             then how many days each comes after the one before
USD, JPY, …  the first line is a number of decimals. Each further line is a run of days
             in a row: the position of its first day in "days", its first rate without
             the point (12345 with 4 decimals is 1.2345), and then by how much each rate
             differs from the one before

A rate is how many units of the currency one euro is worth.
"""
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The time stamp of the members: the same rates are the same file."""


def main() -> None:
    """Replace the shipped file by what the ECB's file says."""
    (path,) = sys.argv[1:]
    rates = read_rates_file(Path(path)).rates
    if FILE.exists():
        changed = changed_rates(rates)
        if changed:
            sys.exit(f"rates that were shipped are missing or differ: {changed[:10]}")
    FILE.write_bytes(packed(rates))


def changed_rates(rates: Sequence[FileRate]) -> list[str]:
    """The shipped rates that a file hasn't, or has otherwise, by currency and day."""
    found = {(rate.currency, rate.day): rate for rate in rates}
    changed = []
    for currency in sorted(shipped_currencies()):
        series = shipped_series(currency)
        for position, day in enumerate(series.days):
            rate = found.get((currency, day))
            if rate is None or rate.value != series.at(position).value:
                changed.append(f"{currency} {day_text(day)}")
    return changed


def packed(rates: Iterable[FileRate]) -> bytes:
    """Rates in the form of the shipped file (`daybook.fx.shipped`)."""
    by_currency: dict[str, dict[Day, FileRate]] = defaultdict(dict)
    for rate in rates:
        by_currency[rate.currency][rate.day] = rate
    days = sorted({day for its in by_currency.values() for day in its})
    about = ABOUT.format(first=day_text(days[0]), last=day_text(days[-1]))
    members = {README: about, DAYS: " ".join(map(str, _changes(days)))}
    members |= {
        currency: "\n".join(_lines(by_currency[currency], days))
        for currency in sorted(by_currency)
    }
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in members.items():
            info = ZipInfo(name, FIXED_TIME)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, f"{text}\n")
    return stream.getvalue()


def _lines(rates: Mapping[Day, FileRate], days: Sequence[Day]) -> Iterator[str]:
    decimals = max(rate.decimals for rate in rates.values())
    yield str(decimals)
    run: list[int] = []
    for position, day in enumerate([*days, None]):
        rate = None if day is None else rates.get(day)
        if rate is not None:
            run.append(rate.mantissa * 10 ** (decimals - rate.decimals))
        elif run:
            yield " ".join(map(str, [position - len(run), *_changes(run)]))
            run = []


def _changes(numbers: Sequence[int]) -> Iterator[int]:
    """The first number, and then the difference of each to the one before."""
    before = 0
    for number in numbers:
        yield number - before
        before = number


if __name__ == "__main__":
    main()
