"""Where a problem of a CSV file's document is: its line, and the sheet's own column.

Paths of documents are those of the JSON form: `lines.0.amount`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from daybook.documents.reading.csv_fields import PART_FIELDS
from daybook.documents.rules import Document
from daybook.errors import Notice, Problem

_LINE_ITEM = re.compile(r"\blines\.([0-9]+)")

Item = TypeVar("Item", Problem, Notice)


def field_name(path: Sequence[str], *, is_of_line: bool) -> str:
    """The name that a header has for a field of a document or of its line item."""
    path = tuple(step for step in path if not step.isdigit())
    if is_of_line and path == ("id",):
        return "line.id"
    if path in {("product",), ("customer",), ("credit_grant",)}:
        path = (*path, "id")
    elif len(path) == 1 and path[0] in PART_FIELDS:
        path = (*path, "amount")
    return ".".join(path)


def with_lines(message: str, lines: Sequence[int]) -> str:
    """A message that names line items by the lines on which they begin."""
    return _LINE_ITEM.sub(lambda match: f"line {lines[int(match[1])]}", message)


def in_the_sheet(item: Item, document: Document, columns: Mapping[str, str]) -> Item:
    """A problem or notice of a document, at its line and column of the file.

    `columns` are the columns of fields. What isn't from a CSV file stays as it is.
    """
    if document.rows is None:
        return item
    path, line = item.path, item.line
    is_of_line = path[:1] == ("lines",) and len(path) > 1
    lines = document.rows.lines
    if is_of_line:
        line = lines[int(path[1])]
        path = path[2:]
    name = field_name(path, is_of_line=is_of_line)
    column = (columns.get(name, name),) if name else ()
    message = with_lines(item.message, lines)
    return replace(item, path=column, line=line, message=message)


def column_of(path: tuple[str, ...], columns: Mapping[str, str]) -> tuple[str, ...]:
    """The column of a document's own field; without columns, the path."""
    if not columns or not path:
        return path
    name = field_name(path, is_of_line=False)
    return (columns.get(name, name),)
