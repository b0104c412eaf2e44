"""CSV read as strictly as its standard (RFC 4180) is written, and what rows come to.

The checkers of files for accounting systems stand on it. They are written from what
the vendors publish and use nothing of the renderers.

    Broken           raised for the row and the rule that it breaks
    Row              a row of a file: its number and its cells by the header's names
    CheckedJournal   an entry that a system would make: key, date and signed lines
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

CELL = re.compile(r'"((?:[^"]|"")*)"|([^",\r\n]*)')
"""A quoted cell, whose quotes are doubled, or one without quotes, commas and ends."""

MONTHS = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]

DATE_PATTERNS = {
    "dd mmm yyyy": re.compile(r"(?P<d>\d\d) (?P<name>[A-Z][a-z]{2}) (?P<y>\d{4})"),
    "dd/mm/yyyy": re.compile(r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})"),
    "mm/dd/yyyy": re.compile(r"(?P<m>\d\d)/(?P<d>\d\d)/(?P<y>\d{4})"),
    "dd.mm.yyyy": re.compile(r"(?P<d>\d\d)\.(?P<m>\d\d)\.(?P<y>\d{4})"),
    "yyyy-mm-dd": re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"),
}
DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
"""The currencies of the tests' ledgers; the systems read at most two decimals."""


class Broken(AssertionError):
    """A row breaks a rule of the system that the file is for."""

    def __init__(self, row: int, rule: str) -> None:
        super().__init__(f"row {row}: {rule}")
        self.row = row
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header, counted from 1; the cells by the header's names."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells[name]

    def require(self, holds: object, rule: str) -> None:
        """Raise Broken unless the rule holds."""
        if not holds:
            raise Broken(self.number, rule)


class CheckedLine(NamedTuple):
    """A line of an entry: the account, and the amount in minor units, debits positive.

    `cells` are all that the row says.
    """

    account: str
    amount: int
    cells: dict[str, str]


class CheckedJournal(NamedTuple):
    """An entry as the system would make it."""

    key: str
    day: date
    currency: str | None
    lines: tuple[CheckedLine, ...]


def rows_of(content: bytes, header: str, *, has_mark: bool = False) -> list[Row]:
    """The rows below exactly this header; raises Broken where it is not strict CSV."""
    mark = b"\xef\xbb\xbf"
    if content.startswith(mark) != has_mark:
        raise Broken(0, "a byte order mark begins QuickBooks' files, and no others")
    try:
        text = content.removeprefix(mark).decode()
    except UnicodeDecodeError as error:
        raise Broken(0, f"UTF-8: {error}") from error
    if "\0" in text or "\ufeff" in text[:1]:
        raise Broken(0, "neither NUL nor a second byte order mark")
    first, *rest = _records(text)
    if ",".join(first) != header or not text.startswith(header + "\r\n"):
        raise Broken(0, f"the header is {header}")
    names = header.split(",")
    rows = []
    for number, cells in enumerate(rest, 1):
        if len(cells) != len(names):
            raise Broken(number, f"{len(cells)} cells below {len(names)} names")
        rows.append(Row(number, dict(zip(names, cells, strict=True))))
    return rows


def _records(text: str) -> Iterator[list[str]]:
    """The cells of each line; each line ends with CRLF, also the last."""
    at, cells, number = 0, list[str](), 0
    if not text:
        raise Broken(0, "a file has a header")
    while at < len(text):
        cell = CELL.match(text, at)
        assert cell is not None, "an empty cell matches anywhere"
        quoted, plain = cell.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at = cell.end()
        if text.startswith(",", at):
            at += 1
            if at == len(text):
                raise Broken(number, "the last line ends with CRLF")
        elif text.startswith("\r\n", at):
            yield cells
            at, cells, number = at + 2, [], number + 1
        else:
            raise Broken(number, f"RFC 4180 at {text[at : at + 20]!r}")
    if cells:
        raise Broken(number, "the last line ends with CRLF")


def date_in(row: Row, name: str, form: str) -> date:
    """A date in this form and no other."""
    found = DATE_PATTERNS[form].fullmatch(row[name])
    row.require(found, f"{name} is written as {form}: {row[name]!r}")
    assert found is not None, "it was required"
    parts = found.groupdict()
    if "name" in parts:
        row.require(parts["name"] in MONTHS, f"{name} names no month: {row[name]!r}")
        parts["m"] = str(MONTHS.index(parts["name"]) + 1)
    try:
        text = f"{parts['y']}-{int(parts['m'])}-{int(parts['d'])}"
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day)
    except ValueError:
        raise Broken(row.number, f"{name} is a day: {row[name]!r}") from None


def positive(row: Row, name: str, decimals: int) -> int:
    """An amount above 0 with exactly the currency's decimals, in minor units."""
    form = rf"(0|[1-9]\d*)\.\d{{{decimals}}}" if decimals else r"0|[1-9]\d*"
    text = row[name]
    row.require(
        re.fullmatch(form, text, re.ASCII),
        f"{name} is a number with {decimals} decimals: {text!r}",
    )
    amount = int(text.replace(".", ""))
    row.require(amount > 0, f"{name} is never 0: an unused side is empty")
    return amount


def sided(row: Row, debit: str, credit: str, decimals: int) -> int:
    """The amount of the one side that is filled, debits positive."""
    is_debit = bool(row[debit])
    row.require(
        is_debit != bool(row[credit]), f"exactly one of {debit} and {credit} is filled"
    )
    if is_debit:
        return positive(row, debit, decimals)
    return -positive(row, credit, decimals)


def entries(
    rows: Iterable[Row], key: Callable[[Row], tuple[str, ...]], what: str
) -> Iterator[list[Row]]:
    """The rows of each entry, which lie together: two lines at least."""
    seen: set[tuple[str, ...]] = set()
    for its, group in groupby(rows, key):
        found = list(group)
        found[0].require(its not in seen, f"{what} {its} stands in two places")
        found[0].require(len(found) > 1, f"{what} {its} has one line only")
        seen.add(its)
        yield found


def require_balance(rows: list[Row], amounts: Iterable[int]) -> None:
    """Raise Broken unless an entry's debits are its credits."""
    left = sum(amounts)
    rows[0].require(left == 0, f"debits equal credits; {left} is left")
