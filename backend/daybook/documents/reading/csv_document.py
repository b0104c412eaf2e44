"""The rows of one document of a CSV file, and the JSON form that they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from daybook.documents.reading.csv_columns import OPEN, Columns
from daybook.documents.reading.mapping import PART_FIELDS
from daybook.errors import Problem, ProblemCode

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
            problems += [_one_row_only(line) for line, _ in self.rows[1:]]
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
        if path[:1] == ("lines",) and len(path) > 1:
            item = self.items[int(path[1])]
            line = item.line
            path = path[2:]
            if len(path) > 1 and path[0] in PART_FIELDS:
                line = item.part_lines[path[0]][int(path[1])]
                path = (path[0], *path[2:])
            if path == ("id",):
                path = ("line", "id")
        if path in {("product",), ("customer",), ("credit_grant",)}:
            path = (*path, "id")
        elif len(path) == 1 and path[0] in PART_FIELDS:
            path = (*path, "amount")
        source = (self.columns.source(".".join(path)),) if path else ()
        if problem.code is ProblemCode.MISSING and (line, *source) in self.reported:
            return None
        return Problem(problem.code, problem.message, source, line)

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


def _one_row_only(line: int) -> Problem:
    message = "a billing schedule is one row; give this one an id of its own"
    return Problem(ProblemCode.DUPLICATE, message, ("id",), line)


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
