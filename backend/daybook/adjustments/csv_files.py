"""Manual journals as a CSV file, read. Pure.

A row is a line of a journal; the rows of a journal have its key in common. What belongs
to the journal itself may be repeated in its rows, or stand in one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from daybook.adjustments.rules import (
    AdjustmentKind,
    AdjustmentMode,
    EnteredJournal,
    EnteredLine,
)
from daybook.calendar import Day, parse_day
from daybook.csv_tables import TableForm, read_table
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.ledger.rules import Role
from daybook.money import InvalidAmount, decimals_of, parse_amount
from daybook.numbers import read_number

OF_JOURNAL = ("date", "kind", "narrative", "reverses_on", "adjusts", "mode", "currency")
OF_LINE = ("account", "debit", "credit", "description", "customer", "product")
COLUMNS = ("journal", *OF_JOURNAL, *OF_LINE)
NEEDED = ("journal", "date", "kind", "narrative", "account", "debit", "credit")
SIZE_MAX = 100_000_000
"""The longest file, in characters."""
ROWS_MAX = 500_000
FORM = TableForm(
    columns=COLUMNS,
    needed=NEEDED,
    size_max=SIZE_MAX,
    rows_max=ROWS_MAX,
    empty="its first row names the columns",
    has_spaces=True,
)
KEY_MAX = 150
"""The longest key of a journal."""
COLUMN_OF = {"reversesOn": "reverses_on"}
"""Columns, by the names of problems' fields where these differ."""


class ImportedJournal(NamedTuple):
    """A journal of a file: its key, its first row, and the rows of its lines."""

    key: str
    entered: EnteredJournal
    row: int
    line_rows: tuple[int, ...]

    def placed(self, problem: Problem) -> Problem:
        """A problem of the journal, at its row and column of the file."""
        path, row = problem.path, self.row
        if path[:1] == ("lines",) and len(path) > 1:
            index = int(path[1])
            row, path = self.line_rows[index], path[2:] or ("account",)
            if path == ("amount",):
                is_debit = self.entered.lines[index].is_debit
                path = ("debit" if is_debit else "credit",)
        elif path[:1] == ("lines",):
            path = ("journal",)
        path = tuple(COLUMN_OF.get(part, part) for part in path)
        message = f"journal {self.key}: {problem.message}"
        return replace(problem, message=message, path=path, line=row)


@dataclass(slots=True)
class _Reading:
    """The rows of one journal that were read so far."""

    row: int
    texts: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)


def read_journals(text: str, currency: str | None) -> list[ImportedJournal]:
    """The journals of a file in its order; raises Rejected, by row and column.

    `currency` is that of journals that don't say theirs.
    """
    problems: list[Problem] = []
    journals: list[ImportedJournal] = []
    for key, reading in _by_key(text, problems).items():
        try:
            journals.append(_journal(key, reading, currency))
        except Rejected as rejected:
            problems += rejected.problems
    if not journals and not problems:
        message = "the file has no journals: a row below the header is a line of one"
        problems.append(Problem(ProblemCode.MISSING, message))
    if problems:
        raise Rejected(sorted(problems, key=lambda problem: problem.line or 0))
    return journals


def read_entered(
    texts: Mapping[str, str], lines: Sequence[Mapping[str, str]], currency: str | None
) -> EnteredJournal:
    """One journal by the columns of a file, and `customer` and `product` for all lines.

    Raises Rejected with all problems; that of a line has its place, from 1.
    """
    reading = _Reading(0, dict(texts), list(enumerate(lines, 1)))
    return _journal("", reading, currency).entered


def _by_key(text: str, problems: list[Problem]) -> dict[str, _Reading]:
    """The rows of each journal; problems of rows are added to the list."""
    header, rows = read_table(text, FORM)
    found: dict[str, _Reading] = {}
    for number, row in rows:
        cells = {
            name: cell.strip() for name, cell in zip(header, row, strict=False) if name
        }
        key = cells.get("journal", "")
        if not key or len(key) > KEY_MAX or not key.isprintable():
            message = f"a journal's key is one line of 1 to {KEY_MAX} characters"
            code = ProblemCode.INVALID_VALUE if key else ProblemCode.MISSING
            problems.append(Problem(code, message, ("journal",), number))
            continue
        reading = found.setdefault(key, _Reading(number))
        for name in OF_JOURNAL:
            cell = cells.get(name, "")
            if cell and reading.texts.setdefault(name, cell) != cell:
                message = (
                    f"journal {key} has {reading.texts[name]!r} before: a journal has"
                    f" one {name}"
                )
                problem = Problem(ProblemCode.MISMATCH, message, (name,), number)
                problems.append(problem)
        if any(cells.get(name) for name in OF_LINE):
            reading.lines.append((number, cells))
    return found


class _Cells:
    """The cells of a journal's row, with problems collected as they are read."""

    def __init__(self, cells: Mapping[str, str], row: int) -> None:
        self.problems: list[Problem] = []
        self._cells = cells
        self._row = row

    def text(self, name: str) -> str | None:
        """A text; None for an empty cell."""
        return self._cells.get(name) or None

    def day(self, name: str) -> Day | None:
        """A date."""
        text = self.text(name)
        try:
            return None if text is None else parse_day(text)
        except ValueError:
            message = f"{text!r} is not a date YYYY-MM-DD between 2000 and 2099"
            self.add(ProblemCode.INVALID_DATE, message, name)
            return None

    def one_of(self, kind: type[Any], name: str) -> Any:
        """A member of an enum by its name, in any case."""
        text = self.text(name)
        if text is None or text.upper() in kind.__members__:
            return None if text is None else kind[text.upper()]
        names = ", ".join(kind.__members__)
        near = did_you_mean(text.upper(), kind.__members__)
        self.add(
            ProblemCode.INVALID_VALUE, f"{text!r} is not one of {names}{near}", name
        )
        return None

    def number(self, name: str) -> int | None:
        """The number of a journal."""
        text = self.text(name)
        try:
            return None if text is None else read_number(text)
        except ValueError:
            message = f"{text!r} is not a journal's number, such as 12"
            self.add(ProblemCode.INVALID_VALUE, message, name)
            return None

    def needed(self, value: Any, name: str) -> None:
        """Note that a cell is missing, if there is no value and no other problem."""
        if value is None and not self.text(name):
            self.add(ProblemCode.MISSING, f"{name} is missing", name)

    def add(self, code: ProblemCode, message: str, name: str) -> None:
        """Note a problem of a cell."""
        self.problems.append(Problem(code, message, (name,), self._row))


def _journal(key: str, reading: _Reading, currency: str | None) -> ImportedJournal:
    cells = _Cells(reading.texts, reading.row)
    day, kind = cells.day("date"), cells.one_of(AdjustmentKind, "kind")
    reverses_on, adjusts = cells.day("reverses_on"), cells.number("adjusts")
    mode, narrative = cells.one_of(AdjustmentMode, "mode"), cells.text("narrative")
    for value, name in ((day, "date"), (kind, "kind"), (narrative, "narrative")):
        cells.needed(value, name)
    its_currency = cells.text("currency") or currency
    if its_currency is None:
        message = "there are several ledgers: name one by its currency"
        cells.add(ProblemCode.MISSING, message, "currency")
    elif not _is_known(its_currency):
        message = f"{its_currency!r} is not the code of a currency in use"
        cells.add(ProblemCode.UNKNOWN_CURRENCY, message, "currency")
        its_currency = None
    problems = cells.problems
    lines = []
    for row, line_cells in reading.lines:
        its = _Cells(line_cells, row)
        lines.append(_line(its, its_currency))
        problems += its.problems
    if problems:
        raise Rejected(problems)
    entered = EnteredJournal(
        str(its_currency),
        Day(day or 0),
        kind,
        narrative or "",
        tuple(line for line in lines if line is not None),
        cells.text("customer"),
        cells.text("product"),
        adjusts=adjusts,
        mode=mode,
        reverses_on=reverses_on,
    )
    rows = tuple(row for row, _ in reading.lines)
    return ImportedJournal(key, entered, reading.row, rows)


def _line(cells: _Cells, currency: str | None) -> EnteredLine | None:
    role = cells.one_of(Role, "account")
    cells.needed(role, "account")
    sides = [name for name in ("debit", "credit") if cells.text(name)]
    if len(sides) != 1:
        message = "a line has an amount in one of the columns debit and credit"
        cells.add(ProblemCode.INVALID_AMOUNT, message, "debit")
        return None
    (side,) = sides
    amount = 0
    if currency is not None:
        try:
            amount = parse_amount(cells.text(side) or "", currency)
        except InvalidAmount as invalid:
            cells.add(ProblemCode.INVALID_AMOUNT, str(invalid), side)
    return EnteredLine(
        role,
        side == "debit",
        amount,
        cells.text("description") or "",
        cells.text("customer"),
        cells.text("product"),
    )


def _is_known(currency: str) -> bool:
    try:
        decimals_of(currency)
    except KeyError:
        return False
    return True
