"""Balances of the general ledger as a CSV file, read. Pure.

A row is an account's balance at a day's end: account, date, balance, and a label where
several lines of one account and day sum up.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daybook.calendar import parse_day
from daybook.closing.rules import BalanceEntry
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean

COLUMNS = ("account", "date", "balance", "label")
NEEDED = COLUMNS[:3]
SIZE_MAX = 5_000_000
"""The longest file, in characters."""
ROWS_MAX = 10_000


class BalanceRow(NamedTuple):
    """A balance of a file, and the number of its row."""

    row: int
    entry: BalanceEntry


def read_balances(text: str) -> tuple[list[BalanceRow], list[Problem]]:
    """The balances of a file in its order, and the problems of its other rows.

    Problems are by row and column. Raises Rejected if it isn't a table of balances.
    """
    header, rows = _table(text)
    found: list[BalanceRow] = []
    problems: list[Problem] = []
    for number, row in rows:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        try:
            found.append(BalanceRow(number, _entry(number, cells)))
        except Rejected as rejected:
            problems += rejected.problems
    if not found and not problems:
        message = "the file has no balances: a row below the header is one"
        raise Rejected([Problem(ProblemCode.MISSING, message)])
    return found, problems


def _entry(number: int, cells: dict[str, str]) -> BalanceEntry:
    problems = [
        Problem(ProblemCode.MISSING, f"{name} is missing", (name,), number)
        for name in NEEDED
        if not cells.get(name)
    ]
    day = None
    if text := cells.get("date"):
        try:
            day = parse_day(text)
        except ValueError:
            message = f"{text!r} is not a date YYYY-MM-DD between 2000 and 2099"
            problem = Problem(ProblemCode.INVALID_DATE, message, ("date",), number)
            problems.append(problem)
    if problems or day is None:
        raise Rejected(problems)
    label = cells.get("label", "")
    return BalanceEntry(cells["account"], day, cells["balance"], label)


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """A file's header and its rows with their numbers; empty rows are skipped."""
    if len(text) > SIZE_MAX:
        message = f"the file is longer than {SIZE_MAX:,} characters"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            if any(cell.strip() for cell in row):
                rows.append((number, row))
    except csv.Error as error:
        message = f"this isn't CSV: {error}"
        problem = Problem(ProblemCode.UNREADABLE, message, line=number + 1)
        raise Rejected([problem]) from None
    if not rows:
        message = f"the file is empty: its first row names {', '.join(COLUMNS)}"
        raise Rejected([Problem(ProblemCode.MISSING, message)])
    if len(rows) > ROWS_MAX:
        message = f"the file has more than {ROWS_MAX:,} rows"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    (first, header), *body = rows
    header = [name.strip().lower() for name in header]
    problems = [*_header_problems(header, first), *_width_problems(header, body)]
    if problems:
        raise Rejected(problems)
    return header, body


def _header_problems(header: Sequence[str], row: int) -> Iterator[Problem]:
    for name in NEEDED:
        if name not in header:
            message = f"the column {name} is missing"
            yield Problem(ProblemCode.MISSING, message, line=row)
    for position, name in enumerate(header):
        if name and name not in COLUMNS:
            near = did_you_mean(name, COLUMNS)
            message = f"the column {name!r} is not one of {', '.join(COLUMNS)}{near}"
            yield Problem(ProblemCode.UNKNOWN_FIELD, message, line=row)
        elif name and name in header[:position]:
            message = f"the column {name} is there twice"
            yield Problem(ProblemCode.DUPLICATE, message, line=row)


def _width_problems(
    header: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> Iterator[Problem]:
    for number, row in rows:
        if any(cell.strip() for cell in row[len(header) :]):
            message = (
                f"there are {len(row)} cells for {len(header)} columns: write amounts"
                " without commas, such as 1234.50"
            )
            yield Problem(ProblemCode.UNREADABLE, message, line=number)
