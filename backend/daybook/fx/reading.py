"""Reads the ECB's files of euro reference rates: CSV, or a ZIP file with one.

The whole history, the daily file and any part have the same form: the column `Date` and
one for each currency, a line for each day, and `N/A` where there is no rate.
"""

import csv
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from daybook.calendar import Day, day_text
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.fx.rules import EURO, parse_rate_day
from daybook.fx.shipped import shipped_currencies
from daybook.money import decimals_of

BYTES_MAX = 32 * 2**20
"""The largest file, also after decompression: ten times the history of 27 years."""
PROBLEMS_KEPT = 1_000
DECIMALS_MAX = 8
"""The most decimals of a rate; the ECB has published up to six."""
CELL_SHOWN = 40
"""How many characters of a cell a message shows."""
NO_RATE = {"", "N/A"}

_RATE = re.compile(rf"([0-9]{{1,10}})(?:\.([0-9]{{1,{DECIMALS_MAX}}}))?", re.ASCII)
_LONG_DATE = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})", re.ASCII)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
"""As the ECB writes them, in any locale."""
_ZIP_MAGIC = b"PK"


class FileRate(NamedTuple):
    """A rate, `mantissa / 10**decimals`, without zeros at its end; `line` has it."""

    currency: str
    day: Day
    mantissa: int
    decimals: int
    line: int

    @property
    def value(self) -> Fraction:
        """The exact rate."""
        return Fraction(self.mantissa, 10**self.decimals)


class RatesFile(NamedTuple):
    """A file's rates, its name, and the hash of its bytes."""

    name: str
    sha256: bytes
    rates: Sequence[FileRate]


def read_rates_file(path: Path, today: Day | None = None) -> RatesFile:
    """Read a file of the ECB's; raises Rejected with all of its problems.

    A day after `today` is a problem. Raises OSError if the file can't be read.
    """
    return rates_file(path.name, read_content(path), today)


def read_content(path: Path) -> bytes:
    """A file's content, cut once it is longer than any of the ECB's may be."""
    with path.open("rb") as stream:
        return stream.read(BYTES_MAX + 1)


def rates_file(name: str, content: bytes, today: Day | None = None) -> RatesFile:
    """A file of the ECB's by its content; raises Rejected as `read_rates_file`."""
    shown = name.encode(errors="replace").decode()
    return RatesFile(shown, sha256(content).digest(), read_rates(content, today))


def read_rates(content: bytes, today: Day | None = None) -> list[FileRate]:
    """The rates of a file's content, in the order of its lines and columns."""
    _check_size(len(content))
    if content.startswith(_ZIP_MAGIC):
        content = _unpacked(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable("is no text in UTF-8", line) from None
    reader = _Reader(today)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in lines:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                reader.take(stripped, lines.line_num)
    except csv.Error as error:
        reader.add(ProblemCode.UNREADABLE, lines.line_num, f"is no CSV: {error}")
    return reader.finish()


def _check_size(size: int) -> None:
    if size > BYTES_MAX:
        message = f"the file has more than {BYTES_MAX:,} bytes: it is none of the ECB's"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])


def _unpacked(content: bytes) -> bytes:
    """The only CSV file of a ZIP file."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            names = [
                info
                for info in archive.infolist()
                if info.filename.lower().endswith(".csv")
            ]
            if len(names) != 1:
                raise _unreadable(
                    f"the ZIP file holds {len(names)} CSV files instead of one"
                )
            _check_size(names[0].file_size)
            with archive.open(names[0]) as member:
                unpacked = member.read(BYTES_MAX + 1)
    # A damaged file, another method of compression, or a password.
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as bad:
        raise _unreadable(f"the ZIP file can't be unpacked: {bad}") from None
    _check_size(len(unpacked))
    return unpacked


def _unreadable(message: str, line: int | None = None) -> Rejected:
    return Rejected([Problem(ProblemCode.UNREADABLE, message, line=line)])


@dataclass(slots=True)
class _Reader:
    """Takes line after line, and keeps rates and problems."""

    today: Day | None
    columns: list[str] = field(default_factory=list)
    """The currencies of the header; empty for the column behind the last comma."""
    rates: list[FileRate] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    total: int = 0
    _lines: dict[Day, int] = field(default_factory=dict)

    def add(self, code: ProblemCode, line: int, message: str) -> None:
        """Add a problem; those beyond a number are only counted."""
        self.total += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(Problem(code, message, line=line))

    def take(self, cells: list[str], line: int) -> None:
        """Take a line that isn't blank: the header, or a day's rates."""
        if not self.columns:
            self._take_header(cells, line)
            return
        first, *rest = cells
        if len(rest) != len(self.columns):
            words = f"has {len(cells)} cells, and the header {len(self.columns) + 1}"
            self.add(ProblemCode.UNREADABLE, line, words)
            return
        day = self._day(first, line)
        for currency, cell in zip(self.columns, rest, strict=True):
            if cell not in NO_RATE:
                self._take_rate(currency, day, cell, line)

    def finish(self) -> list[FileRate]:
        """All rates; raises Rejected with all problems."""
        if not self.rates and not self.problems:
            self.add(ProblemCode.UNREADABLE, 1, "the file holds no rate")
        if self.problems:
            raise Rejected(self.problems, self.total)
        return self.rates

    def _take_header(self, cells: list[str], line: int) -> None:
        first, *columns = cells
        if first != "Date":
            words = f"column 1: the header begins with {_quoted(first)} and not Date"
            raise _unreadable(words, line)
        # Each line of the ECB ends with a comma.
        named = columns if columns and columns[-1] else columns[:-1]
        for position, currency in enumerate(named):
            words = _header_problem(currency, named[:position])
            if words:
                where = f"column {position + 2}"
                self.add(ProblemCode.INVALID_VALUE, line, f"{where}: {words}")
        if not named:
            self.add(ProblemCode.MISSING, line, "the header names no currency")
        if self.problems:
            raise Rejected(self.problems, self.total)
        self.columns = columns

    def _day(self, cell: str, line: int) -> Day | None:
        """The day of a line; None, after a problem, if that is none."""
        try:
            day = parse_rate_day(_iso(cell))
        except ValueError as error:
            words = f"column Date: {_quoted(cell)}: {error}"
            self.add(ProblemCode.INVALID_DATE, line, words)
            return None
        before = self._lines.setdefault(day, line)
        if before != line:
            words = f"column Date: {day_text(day)} is on line {before} already"
            self.add(ProblemCode.DUPLICATE, line, words)
        if self.today is not None and day > self.today:
            words = f"column Date: {day_text(day)} is after today"
            self.add(ProblemCode.INVALID_DATE, line, words)
        return day

    def _take_rate(self, currency: str, day: Day | None, cell: str, line: int) -> None:
        parts = rate_parts(cell)
        name = currency or "behind the last comma"
        if parts is None or not currency:
            words = (
                f"column {name}: {_quoted(cell)} is neither a rate such as 1.1172 nor"
                " N/A"
            )
            self.add(ProblemCode.INVALID_VALUE, line, words)
            return
        mantissa, decimals = parts
        if not mantissa:
            words = f"column {name}: a rate is more than zero"
            self.add(ProblemCode.INVALID_VALUE, line, words)
        elif day is not None:
            rate = FileRate(currency, day, mantissa, decimals, line)
            self.rates.append(rate)


def rate_parts(text: str) -> tuple[int, int] | None:
    """A rate's mantissa and decimals, without zeros at its end; None if it is none."""
    found = _RATE.fullmatch(text)
    if found is None:
        return None
    whole, decimals = found[1], (found[2] or "").rstrip("0")
    return int(whole + decimals), len(decimals)


def _header_problem(currency: str, before: Sequence[str]) -> str:
    """What is wrong with a column's name; empty if nothing is."""
    if currency == EURO:
        return "rates are for one euro, so that EUR has none"
    if currency in before:
        return f"{currency} is there twice"
    if currency in shipped_currencies() or _is_in_use(currency):
        return ""
    words = did_you_mean(currency, shipped_currencies())
    return f"{_quoted(currency)} is no currency's code{words}"


def _is_in_use(currency: str) -> bool:
    try:
        decimals_of(currency)
    except KeyError:
        return False
    return True


def _iso(cell: str) -> str:
    """A date as `YYYY-MM-DD`; the daily file has `30 October 2026`."""
    found = _LONG_DATE.fullmatch(cell)
    if found is None or found[2] not in _MONTHS:
        return cell
    return f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{int(found[1]):02}"


def _quoted(cell: str) -> str:
    """A cell in a message, cut if it is long."""
    return repr(cell if len(cell) <= CELL_SHOWN else f"{cell[:CELL_SHOWN]}…")
