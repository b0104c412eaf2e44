"""Finds the cells that problems name in the lines of a CSV file, as they stand there.

A problem names its cell by the column's name in the header, as the last step of a path
of one step.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import BinaryIO, NamedTuple

from daybook.documents.reading.files import from_first_text
from daybook.documents.reading.lines import decoded_lines
from daybook.documents.reading.mapping import Mapping as ColumnMapping
from daybook.documents.reading.problems import Unreadable
from daybook.documents.reading.separator_lines import separator_of

QUOTE = '"'


class Header(NamedTuple):
    """The names of a CSV file's columns, and what separates its cells."""

    names: tuple[str, ...]
    delimiter: str


class MarkedCell(NamedTuple):
    """A cell of a line: its column's name, and its first character and its end."""

    column: str
    start: int
    end: int


def header_of(stream: BinaryIO, *, bytes_max: int) -> Header | None:
    """The header of a file without a mapping; None if it isn't CSV with a header."""
    try:
        first, lines = from_first_text(decoded_lines(stream, bytes_max=bytes_max))
        if first.text.startswith(("{", "[")):
            return None
        top = next(lines)
        separator = separator_of(top)
        if separator is None:
            lines = chain([top], lines)
        delimiter = separator or ColumnMapping().delimiter
        header = next(filter(any, csv.reader(lines, delimiter=delimiter)), None)
    except (Unreadable, csv.Error):
        return None
    if header is None:
        return None
    return Header(tuple(name.strip() for name in header), delimiter)


def marked_cells(
    header: Header, lines: Mapping[int, str], columns: Mapping[int, Collection[str]]
) -> dict[int, list[MarkedCell]]:
    """The cells of columns, by the lines' numbers, in the order of the line.

    `lines` are the texts of lines on which rows begin. What isn't known for certain is
    left out: a column that the header doesn't have once, and a cell that isn't whole.
    """
    return {
        number: [
            MarkedCell(name, start, end)
            for name, (start, end) in zip(
                header.names, _spans(text, header.delimiter), strict=False
            )
            if name in columns.get(number, ()) and header.names.count(name) == 1
        ]
        for number, text in lines.items()
    }


def _spans(text: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Where each cell of a line begins and ends, with its quotes.

    A cell that goes on in the next line, or was cut, has no end: it is left out.
    """
    start = 0
    while start <= len(text):
        end = start
        if text.startswith(QUOTE, start):
            closing = _closing_quote(text, start + 1)
            if closing is None:
                return
            end = closing + 1
        end = text.find(delimiter, end)
        if end < 0:
            if not text.endswith("…"):
                yield start, len(text)
            return
        yield start, end
        start = end + len(delimiter)


def _closing_quote(text: str, at: int) -> int | None:
    """The quote that closes a cell: the first that isn't doubled."""
    while (found := text.find(QUOTE, at)) >= 0:
        if not text.startswith(QUOTE, found + 1):
            return found
        at = found + 2
    return None
