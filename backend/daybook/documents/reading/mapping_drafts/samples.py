"""Reads a sheet to be mapped: its encoding, its separator, its header and its rows."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from daybook.documents.reading.csv_columns import COLUMNS_MAX
from daybook.documents.reading.csv_headers import title_words
from daybook.documents.reading.lines import UTF_8, decoded_lines
from daybook.documents.reading.problems import Unreadable
from daybook.documents.reading.separator_lines import separator_of
from daybook.errors import Problem, ProblemCode, Rejected

ROWS_MAX = 50_000
"""How many rows are looked at; an import checks the others."""
DELIMITERS = (",", ";", "\t", "|")

_ENCODINGS = (UTF_8, "cp1252")
_HEAD_ROWS = 20
_NAMES_SHOWN_MAX, _NAME_SHOWN_MAX = 20, 100


@dataclass(frozen=True)
class Sample:
    """A sheet's header and its first rows, with spaces around cells dropped."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def cells(self, column: str) -> list[str]:
        """A column's cells, empty ones too."""
        at = self._places[column]
        return [row[at] for row in self.rows]

    def texts(self, column: str) -> list[str]:
        """A column's different cells in the file's order, without empty ones."""
        return [text for text in dict.fromkeys(self.cells(column)) if text]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: at for at, name in reversed([*enumerate(self.header)])}


def read_sample(path: Path, bytes_max: int) -> Sample:
    """Read a CSV file's beginning; raises Rejected for a file that is none."""
    try:
        encoding, lines = _decoded(path, bytes_max)
    except Unreadable as unreadable:
        raise Rejected([unreadable.problem]) from None
    if not any(line.strip() for line in lines):
        raise _rejected("the file is empty")
    if lines[0].lstrip().startswith(("{", "[")):
        raise _rejected("the file is JSON Lines, which needs no mapping")
    header: tuple[str, ...] = ()
    header_line = 1
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    top = 1
    while not lines[top - 1].strip():
        top += 1
    separator = separator_of(lines[top - 1])
    lines = lines[top if separator else top - 1 :]
    start = top + 1 if separator else top
    delimiter = separator or _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter)
    before = start
    with suppress(csv.Error):  # an import says what is wrong, and where
        for row in reader:
            cells = tuple(cell.strip() for cell in row)
            if any(cells) and not header:
                header, header_line = cells, start
            elif any(cells):
                rows.append((*cells, *[""] * len(header))[: len(header)])
                numbers.append(start)
            start = reader.line_num + before
    _check_header(header, header_line, rows)
    return Sample(encoding, delimiter, header, tuple(rows), tuple(numbers))


def _check_header(
    header: tuple[str, ...], line: int, rows: list[tuple[str, ...]]
) -> None:
    """Raise Rejected for a title, and for a header that no mapping can read."""
    if len([name for name in header if name]) < 2:
        raise _rejected(title_words(header), line)
    if not rows:
        raise _rejected("the header has no rows below it", line)
    if len(header) > COLUMNS_MAX:
        message = f"the header has more than {COLUMNS_MAX:,} columns: remove some"
        raise _rejected(message, line, ProblemCode.TOO_LARGE)
    counts = Counter(name for name in header if name)
    twice = [name[:_NAME_SHOWN_MAX] for name, count in counts.items() if count > 1]
    if twice:
        shown = ", ".join(twice[:_NAMES_SHOWN_MAX])
        more = len(twice) - _NAMES_SHOWN_MAX
        shown += f" and {more} more" if more > 0 else ""
        message = f"the header names twice: {shown}; rename one of each"
        raise _rejected(message, line, ProblemCode.DUPLICATE)


def _decoded(path: Path, bytes_max: int) -> tuple[str, list[str]]:
    """The encoding that the whole file is in, and its first lines."""
    *others, last = _ENCODINGS
    for encoding in others:
        with suppress(_OtherEncoding):
            return encoding, _first_lines(path, bytes_max, encoding)
    return last, _first_lines(path, bytes_max, last)


class _OtherEncoding(Exception):
    """The file isn't in an encoding."""


def _first_lines(path: Path, bytes_max: int, encoding: str) -> list[str]:
    """A file's first lines, if all of it can be decoded."""
    try:
        with path.open("rb") as stream:
            lines = decoded_lines(stream, bytes_max=bytes_max, encoding=encoding)
            first = list(islice(lines, ROWS_MAX + 1))
            for _line in lines:
                pass
    except Unreadable as unreadable:
        is_last = encoding == _ENCODINGS[-1]
        if is_last or not isinstance(unreadable.__cause__, UnicodeDecodeError):
            raise
        raise _OtherEncoding from None
    return first


def _delimiter(lines: list[str]) -> str:
    """What separates cells: of those that give rows of one width, the widest."""

    def width(delimiter: str) -> tuple[bool, int]:
        widths = [len(row) for row in _first_rows(lines, delimiter)]
        header = widths[0] if widths else 0
        return bool(widths) and set(widths) == {header} and header > 1, header

    return max(DELIMITERS, key=width)


def _first_rows(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    with suppress(csv.Error):
        yield from filter(
            any, islice(csv.reader(lines, delimiter=delimiter), _HEAD_ROWS)
        )


def _rejected(
    message: str, line: int | None = None, code: ProblemCode = ProblemCode.UNREADABLE
) -> Rejected:
    return Rejected([Problem(code, message, line=line)])
