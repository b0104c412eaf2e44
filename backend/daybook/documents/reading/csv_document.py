"""The rows of one document of a CSV file, and the JSON form that they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from daybook.documents.reading.csv_cells import OPEN
from daybook.documents.reading.csv_columns import Columns
from daybook.documents.reading.csv_fields import PART_FIELDS
from daybook.documents.reading.csv_places import field_name, with_lines
from daybook.documents.reading.csv_ways_out import is_dropped, way_out
from daybook.documents.rules import SheetRows
from daybook.errors import Problem, ProblemCode, quoted
from daybook.folding import folded

BILLING_SCHEDULE = "billing_schedule"
"""The type of documents without lines: each is one row."""

Cells = tuple[str | None, ...]


@dataclass(slots=True)
class _LineItem:
    """A line item in the JSON form, with the lines of its first row and its parts."""

    line: int
    cells: Cells
    value: dict[str, object]
    part_lines: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class CsvDocument:
    """One document's rows: its own fields, and those of each line item."""

    columns: Columns
    line: int
    head: Cells
    reported: set[tuple[int, str]]
    rows: list[tuple[int, Cells]] = field(default_factory=list)
    items: list[_LineItem] = field(default_factory=list)
    others: set[Cells] = field(default_factory=set)
    cells_hashed: list[int] = field(default_factory=list)

    def add(self, line: int, cells: Cells, row: Sequence[str]) -> None:
        """Add a row: the values of its fields, and all its cells as they stand."""
        self.rows.append((line, cells))
        self.cells_hashed.append(hash(tuple(row)))

    @property
    def sheet_rows(self) -> SheetRows:
        """Where the document's rows are, once they are joined."""
        return SheetRows(tuple(item.line for item in self.items), self._repeated())

    def _repeated(self) -> tuple[tuple[int, ...], ...]:
        """The lines of rows that are the same."""
        if len({*self.cells_hashed}) == len(self.rows):
            return ()
        lines: dict[tuple[int, Cells], list[int]] = {}
        for hashed, (line, cells) in zip(self.cells_hashed, self.rows, strict=True):
            lines.setdefault((hashed, cells), []).append(line)
        return tuple(tuple(same) for same in lines.values() if len(same) > 1)

    def disagreements(self, head: Cells, line: int) -> list[Problem]:
        """The problem of a further row that has other fields of the document.

        Rows with the same other fields, mostly those of another document, are
        reported once. Spellings of a customer's name that differ in nothing but case
        or spaces are the same; the first one counts.
        """
        if head in self.others:
            return []
        source_of = self.columns.source
        # By column, since the id and the name of a customer may have the same one.
        differing = {
            source_of(name): f"{_shown(there)} there and {_shown(here)} here"
            for name, there, here in zip(
                self.columns.names, self.head, head, strict=False
            )
            if there != here
            and not _are_spellings(name, there, here)
            and (self.line, source_of(name)) not in self.reported
        }
        if not differing:
            return []
        self.others.add(head)
        id_ = self.head[self.columns.slot("id")]
        words = ", ".join(f"{source} is {shown}" for source, shown in differing.items())
        message = (
            f"{id_!r} is also on line {self.line}, with other values: {words}; write"
            " the same in all rows of a document, or, if they are two documents, give"
            " each a number of its own"
        )
        path = (*differing,) if len(differing) == 1 else (source_of("id"),)
        return [Problem(ProblemCode.MISMATCH, message, path, line)]

    def join_rows(self) -> list[Problem]:
        """Join rows into line items, and return the problems between rows.

        A row with the id of an earlier line and a usage day or milestone adds that to
        the line. A line item without an id gets its position, from 1, as its id.
        """
        paths = _paths(self._line_names)
        by_id: dict[object, _LineItem] = {}
        problems: list[Problem] = []
        for line, cells in self.rows:
            fields, parts = _fields_and_parts(paths, cells)
            id_ = fields.get("id")
            item = by_id.get(id_) if parts else None
            if item is None:
                fields.setdefault("id", str(len(self.items) + 1))
                item = _LineItem(line, cells, fields)
                self.items.append(item)
                if id_ is not None:
                    by_id.setdefault(id_, item)
            else:
                problems += self._disagreements(item, line, cells)
            for name, part in parts.items():
                item.value.setdefault(name, []).append(part)  # type: ignore[attr-defined]  # a JSON object by its path
                item.part_lines.setdefault(name, []).append(line)
        if self._is_billing_schedule:
            source = self.columns.source("id")
            problems += [_one_row_only(source, line) for line, _ in self.rows[1:]]
        return problems

    def value(self) -> dict[str, object]:
        """The document in the JSON form; empty cells are left out."""
        value: dict[str, object] = {}
        for name, text in zip(self.columns.names, self.head, strict=False):
            if text is not None:
                _put(value, name, text)
        if self._is_billing_schedule:
            for name, text in zip(self._line_names, self.rows[0][1], strict=True):
                if text is not None:
                    _put(value, name, text)
        else:
            value["lines"] = [item.value for item in self.items]
        return value

    def placed(self, problem: Problem) -> Problem | None:
        """A problem of the JSON form at its row and column; None if reported before."""
        path, line = problem.path, self.line
        is_of_line = path[:1] == ("lines",) and len(path) > 1
        if is_of_line:
            item = self.items[int(path[1])]
            line = item.line
            path = path[2:]
            if len(path) > 1 and path[0] in PART_FIELDS:
                line = item.part_lines[path[0]][int(path[1])]
        name = field_name(path, is_of_line=is_of_line)
        source = (self.columns.source(name),) if name else ()
        if problem.code is ProblemCode.MISSING and (line, *source) in self.reported:
            return None
        if is_dropped(problem, name, self.columns):
            return None
        message = with_lines(problem.message, [item.line for item in self.items])
        message += way_out(problem, name, self.columns)
        return replace(problem, path=source, line=line, message=message)

    @property
    def _line_names(self) -> tuple[str, ...]:
        return self.columns.names[len(self.head) :]

    @property
    def _is_billing_schedule(self) -> bool:
        return self.head[self.columns.slot("type")] == BILLING_SCHEDULE

    def _disagreements(self, item: _LineItem, line: int, cells: Cells) -> list[Problem]:
        """Cells of a further row that differ from the line item's first row."""
        return [
            Problem(
                ProblemCode.MISMATCH,
                f"{name} differs from line {item.line}, a row of the same line item; "
                "write the same, or leave it empty",
                (self.columns.source(name),),
                line,
            )
            for name, there, here in zip(
                self._line_names, item.cells, cells, strict=True
            )
            if here not in {None, there}
            and name.partition(".")[0] not in PART_FIELDS
            and name not in self.columns.filled
        ]


def _are_spellings(name: str, there: str | None, here: str | None) -> bool:
    """Whether two names of a customer differ in nothing but case or spaces."""
    return (
        name in {"customer.name", "customer.legal_name"}
        and there is not None
        and here is not None
        and folded(there) == folded(here)
    )


def _shown(text: str | None) -> str:
    return "empty" if text is None else quoted(text) or ""


def _one_row_only(source: str, line: int) -> Problem:
    message = "a billing schedule is one row; give this one an id of its own"
    return Problem(ProblemCode.DUPLICATE, message, (source,), line)


@lru_cache(maxsize=16)
def _paths(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The fields of a row as object and field; a line's own fields have no object.

    Cached, since all documents of a file have the same fields.
    """
    paths = []
    for name in names:
        group, _, inner = name.removeprefix("line.").rpartition(".")
        paths.append((group, inner))
    return tuple(paths)


def _fields_and_parts(
    paths: Sequence[tuple[str, str]], cells: Cells
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """A line item's own fields in a row, and the row's usage day and milestone."""
    fields: dict[str, object] = {}
    parts: dict[str, dict[str, object]] = {}
    for (group, name), text in zip(paths, cells, strict=True):
        if text is None:
            continue
        if not group:
            fields[name] = text
        elif group in PART_FIELDS:
            is_open = name == "completed_on" and text == OPEN
            parts.setdefault(group, {})[name] = None if is_open else text
        else:
            fields.setdefault(group, {})[name] = text  # type: ignore[index]  # a JSON object by its path
    return fields, parts


def _put(value: dict[str, object], name: str, text: str) -> None:
    group, dot, inner = name.partition(".")
    if dot:
        value.setdefault(group, {})[inner] = text  # type: ignore[index]  # a JSON object by its path
    else:
        value[name] = text
