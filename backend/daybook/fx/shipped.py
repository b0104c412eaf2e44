"""The history of the ECB's rates that comes with the software.

`ecb_rates.zip` holds a text per currency, so that loading one takes milliseconds:

    README.txt   the source, and this description
    days         the days that rates were published on, since 1970-01-01: the first, and
                 then how many days each comes after the one before
    USD, JPY, …  the first line is a number of decimals. Each further line is a run of
                 days in a row: the position of its first day in `days`, its first rate
                 without the point (12345 with 4 decimals is 1.2345), and then by how
                 much each rate differs from the one before

`daybook.fx.packing` makes the file from the ECB's.
"""

from functools import cache
from itertools import accumulate
from pathlib import Path
from zipfile import ZipFile

from daybook.calendar import Day
from daybook.fx.rules import Series

FILE = Path(__file__).with_name("ecb_rates.zip")
README, DAYS = "README.txt", "days"
"""The members of the file that are no currency."""


@cache
def shipped_currencies() -> frozenset[str]:
    """The codes of all currencies in the file."""
    with ZipFile(FILE) as archive:
        return frozenset(archive.namelist()) - {README, DAYS}


@cache
def shipped_days() -> tuple[Day, ...]:
    """All days with rates, in their order."""
    return tuple(accumulate(map(int, _member(DAYS).split())))


def shipped_series(currency: str) -> Series:
    """A currency's rates; none for a currency that isn't in the file."""
    if currency not in shipped_currencies():
        return Series(currency)
    return _decoded(currency)


@cache
def _decoded(currency: str) -> Series:
    decimals, *runs = _member(currency).splitlines()
    days: list[Day] = []
    mantissas: list[int] = []
    for run in runs:
        position, *changes = map(int, run.split())
        mantissas += accumulate(changes)
        days += shipped_days()[position : position + len(changes)]
    return Series(currency, int(decimals), tuple(days), tuple(mantissas))


def _member(name: str) -> str:
    with ZipFile(FILE) as archive:
        return archive.read(name).decode("ascii")
