"""Small CSV files with a header of known columns, read whole. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.numbers import counted

NumberedRow: TypeAlias = tuple[int, list[str]]
"""A row's number in its file, where the header is usually row 1, and its cells."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """The columns that a file may have, those that it must have, and its limits.

    With `has_spaces`, a space in the header stands for an underscore. `empty` says what
    an empty file lacks, and `too_wide` what to do about a row with more cells than
    columns.
    """

    columns: Sequence[str]
    needed: Sequence[str]
    size_max: int
    rows_max: int
    empty: str
    has_spaces: bool = False
    too_wide: str = ""


def read_table(text: str, form: TableForm) -> tuple[list[str], list[NumberedRow]]:
    """A file's header, in lower case, and its rows; empty rows are skipped.

    Raises Rejected for a file that is no table of the form's columns.
    """
    if len(text) > form.size_max:
        message = f"the file is longer than {form.size_max:,} characters"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    rows = _rows(text)
    if not rows:
        message = f"the file is empty: {form.empty}"
        raise Rejected([Problem(ProblemCode.MISSING, message)])
    if len(rows) > form.rows_max:
        message = f"the file has more than {form.rows_max:,} rows"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    (first, names), *body = rows
    header = [name.strip().lower() for name in names]
    if form.has_spaces:
        header = [name.replace(" ", "_") for name in header]
    problems = [
        *_header_problems(header, first, form),
        *_width_problems(header, body, form),
    ]
    if problems:
        raise Rejected(problems)
    return header, body


def _rows(text: str) -> list[NumberedRow]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows: list[NumberedRow] = []
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            if any(cell.strip() for cell in row):
                rows.append((number, row))
    except csv.Error as error:
        message = f"this isn't CSV: {error}"
        problem = Problem(ProblemCode.UNREADABLE, message, line=number + 1)
        raise Rejected([problem]) from None
    return rows


def _header_problems(
    header: Sequence[str], row: int, form: TableForm
) -> Iterator[Problem]:
    for name in form.needed:
        if name not in header:
            message = f"the column {name} is missing"
            yield Problem(ProblemCode.MISSING, message, line=row)
    for position, name in enumerate(header):
        if name and name not in form.columns:
            every = ", ".join(form.columns)
            near = did_you_mean(name, form.columns)
            message = f"the column {name!r} is not one of {every}{near}"
            yield Problem(ProblemCode.UNKNOWN_FIELD, message, line=row)
        elif name and name in header[:position]:
            message = f"the column {name} is there twice"
            yield Problem(ProblemCode.DUPLICATE, message, line=row)


def _width_problems(
    header: Sequence[str], rows: Sequence[NumberedRow], form: TableForm
) -> Iterator[Problem]:
    for number, row in rows:
        if any(cell.strip() for cell in row[len(header) :]):
            columns = counted(len(header), "column")
            message = f"there are {len(row)} cells for {columns}"
            yield Problem(
                ProblemCode.UNREADABLE, f"{message}{form.too_wide}", line=number
            )
