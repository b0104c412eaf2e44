"""The cells that problems name, in the lines of a CSV file as they stand there."""

import gzip
from io import BytesIO

import pytest

from daybook.documents.reading.lines import TEXT_MAX
from daybook.documents.reading.marked_cells import (
    Header,
    MarkedCell,
    header_of,
    marked_cells,
)

HEADER = Header(("id", "name", "amount"), ",")


def header(content: bytes) -> Header | None:
    """The header of a file."""
    return header_of(BytesIO(content), bytes_max=1_000)


def marked(text: str, column: str, its: Header = HEADER) -> list[str]:
    """What is marked in a line."""
    cells = marked_cells(its, {2: text, 3: text}, {2: {column}})
    assert cells[3] == []
    assert all(cell.column == column for cell in cells[2])
    return [text[cell.start : cell.end] for cell in cells[2]]


@pytest.mark.parametrize(
    "content",
    [
        b"id,name,amount\n1,a,2\n",
        b"\xef\xbb\xbf\r\n id , name,amount\r\n",
        b'"id","na\nme",amount\n',
        gzip.compress(b"id,name,amount\n", mtime=0),
    ],
)
def test_a_header_is_read_as_the_file_is(content: bytes) -> None:
    its = header(content)

    assert its is not None
    assert its.delimiter == ","
    assert [name.replace("\n", "") for name in its.names] == [*HEADER.names]


def test_a_file_says_its_own_separator() -> None:
    assert header(b"sep=;\nid;name;amount\n") == Header(HEADER.names, ";")


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"id": 1}', b"[1]", b"PK\x03\x04"])
def test_other_files_have_none(content: bytes) -> None:
    assert header(content) is None


@pytest.mark.parametrize(
    ("text", "column", "cells"),
    [
        ("1,Lake,2.00", "id", ["1"]),
        ("1,Lake,2.00", "amount", ["2.00"]),
        ('1,"Lake, Inc.",2.00', "name", ['"Lake, Inc."']),
        ('1,"Lake ""L"", Inc.",2.00', "amount", ["2.00"]),
        ('1,"",2.00', "amount", ["2.00"]),
        ("1,,2.00", "name", [""]),
        ("1,Lake,", "amount", [""]),
        ('1,5" disc,2.00', "amount", ["2.00"]),
        # The cell goes on in the next line, and what follows it isn't in this one.
        ('1,"Lake', "name", []),
        ('1,"Lake', "amount", []),
        ("1,Lake", "amount", []),
        ("1,Lake,2.00", "currency", []),
    ],
)
def test_the_cell_of_a_column_is_marked(
    text: str, column: str, cells: list[str]
) -> None:
    assert marked(text, column) == cells


def test_a_column_that_is_there_twice_is_not_known() -> None:
    assert marked("1,a,b", "name", Header(("id", "name", "name"), ",")) == []


def test_a_cell_that_was_cut_is_not_marked() -> None:
    cut = f"1,{'x' * (TEXT_MAX - 2)}…"

    assert marked(cut, "name") == []
    assert marked(cut, "id") == ["1"]


def test_several_cells_of_a_line_are_in_its_order() -> None:
    found = marked_cells(HEADER, {7: "1,Lake,2"}, {7: {"amount", "id"}})

    assert found == {7: [MarkedCell("id", 0, 1), MarkedCell("amount", 7, 8)]}
