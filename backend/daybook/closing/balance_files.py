"""Balances of the general ledger as a CSV file, read. Pure.

A row is an account's balance at a day's end: account, date, balance, and a label where
several lines of one account and day sum up.
"""

from typing import NamedTuple

from daybook.calendar import parse_day
from daybook.closing.rules import BalanceEntry
from daybook.csv_tables import TableForm, read_table
from daybook.errors import Problem, ProblemCode, Rejected

COLUMNS = ("account", "date", "balance", "label")
NEEDED = COLUMNS[:3]
SIZE_MAX = 5_000_000
"""The longest file, in characters."""
ROWS_MAX = 10_000
FORM = TableForm(
    columns=COLUMNS,
    needed=NEEDED,
    size_max=SIZE_MAX,
    rows_max=ROWS_MAX,
    empty=f"its first row names {', '.join(COLUMNS)}",
    too_wide=": write amounts without commas, such as 1234.50",
)


class BalanceRow(NamedTuple):
    """A balance of a file, and the number of its row."""

    row: int
    entry: BalanceEntry


def read_balances(text: str) -> tuple[list[BalanceRow], list[Problem]]:
    """The balances of a file in its order, and the problems of its other rows.

    Problems are by row and column. Raises Rejected if it isn't a table of balances.
    """
    header, rows = read_table(text, FORM)
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
