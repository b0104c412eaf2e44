"""CSV: rows gathered by document, in the JSON form that every way in shares."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from daybook.documents.reading.csv_columns import Columns, columns_of
from daybook.documents.reading.csv_rows import Mapper
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.errors import Problem, ProblemCode


@dataclass(slots=True)
class CsvDocument:
    """One document's rows: its own fields once, and those of each line item."""

    columns: Columns
    line: int
    head: tuple[str | None, ...]
    reported: set[tuple[int, str]]
    rows: list[tuple[int, tuple[str | None, ...]]] = field(default_factory=list)

    def value(self) -> dict[str, object]:
        """The document in the JSON form; empty cells are left out.

        A line item without an id has its position as its id, from 1.
        """
        value: dict[str, object] = {}
        for name, text in zip(self.columns.names, self.head, strict=False):
            if text is not None:
                _put(value, name, text)
        names = self.columns.names[len(self.head) :]
        value["lines"] = [
            _line_value(names, values, position)
            for position, (_, values) in enumerate(self.rows, start=1)
        ]
        return value

    def placed(self, problem: Problem) -> Problem | None:
        """A problem of the JSON form at its row and column, unless told already."""
        path, line = problem.path, self.line
        if path[:1] == ("lines",) and len(path) > 1:
            line = self.rows[int(path[1])][0]
            path = path[2:]
            if path == ("id",):
                path = ("line", "id")
        if path in {("product",), ("customer",)}:
            path = (*path, "id")
        source = (self.columns.source(".".join(path)),) if path else ()
        if problem.code is ProblemCode.MISSING and (line, *source) in self.reported:
            return None
        return Problem(problem.code, problem.message, source, line)


def _line_value(
    names: Sequence[str], values: Sequence[str | None], position: int
) -> dict[str, object]:
    line: dict[str, object] = {"id": str(position)}
    for name, text in zip(names, values, strict=True):
        if text is not None:
            _put(line, name.removeprefix("line."), text)
    return line


def _put(value: dict[str, object], name: str, text: str) -> None:
    group, dot, inner = name.partition(".")
    if dot:
        value.setdefault(group, {})[inner] = text  # type: ignore[index]
    else:
        value[name] = text


class CsvFile:
    """The documents of a CSV file; `rows` and `left_out` are counted on the way."""

    def __init__(
        self,
        lines: Iterable[str],
        mapping: Mapping,
        problems: Problems,
        first_line: int,
    ) -> None:
        self.rows = 0
        self.left_out: dict[str, int] = {one.reason: 0 for one in mapping.leave_out}
        self._mapping = mapping
        self._problems = problems
        self._reader = _numbered_rows(lines, mapping.delimiter, first_line)

    def documents(self) -> Iterator[CsvDocument]:
        """Each document once all rows are read: rows of one may stand apart."""
        line, header = next(self._reader, (None, []))
        if line is None:
            raise Unreadable("the file has no header")
        known = self._problems.total
        columns = columns_of(header, self._mapping, self._problems, line)
        if self._problems.total > known:
            return
        gathered = self._gathered(columns)
        if not self.rows:
            raise Unreadable("the file has a header, but no rows", line)
        while gathered:  # Each is let go once it is read: a large file is held once.
            yield gathered.pop()

    def _gathered(self, columns: Columns) -> list[CsvDocument]:
        """All documents, the file's first one last."""
        mapper = Mapper(columns, self._mapping)
        documents: dict[tuple[str | None, str | int], CsvDocument] = {}
        head_width = columns.head_width
        kind_slot, id_slot = columns.slot("type"), columns.slot("id")
        reported: set[tuple[int, str]] = set()
        for line, row in self._reader:
            self.rows += 1
            if len(row) != len(columns.header):
                self._problems.add(*_ragged(row, columns), line=line)
                continue
            values, found = mapper.mapped(row, line)
            reason = mapper.reason_to_leave_out(row, values)
            if reason is not None:
                self.left_out[reason] += 1
                continue
            if found:
                self._problems.extend(found)
                reported.update((line, one.path[0]) for one in found)
                # A factor that is no number leaves no amount: that is said once.
                reported.add((line, columns.source("amount")))
            head = tuple(values[:head_width])
            # Rows without an id are told one by one, not as one document.
            key = (head[kind_slot], head[id_slot] or line)
            document = documents.get(key)
            if document is None:
                documents[key] = document = CsvDocument(columns, line, head, reported)
            elif document.head != head and not found:
                self._problems.extend(_disagreements(document, head, line))
            document.rows.append((line, tuple(values[head_width:])))
        return list(documents.values())[::-1]


def _ragged(row: Sequence[str], columns: Columns) -> tuple[ProblemCode, str]:
    return ProblemCode.UNREADABLE, (
        f"the row has {len(row)} cells where the header has {len(columns.header)}; "
        "put a cell that holds the delimiter into quotes"
    )


def _disagreements(
    document: CsvDocument, head: tuple[str | None, ...], line: int
) -> list[Problem]:
    columns = document.columns
    return [
        Problem(
            ProblemCode.MISMATCH,
            f"{name} differs from line {document.line}, a row of the same document; "
            "write the same in both",
            (columns.source(name),),
            line,
        )
        for name, there, here in zip(columns.names, document.head, head, strict=False)
        if there != here
    ]


def _numbered_rows(
    lines: Iterable[str], delimiter: str, first_line: int
) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it starts on; rows without any text are passed over.

    A quoted cell may go over several lines.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = first_line
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise Unreadable(_in_plain_words(error), start) from error
        if row is None:
            return
        if any(row):
            yield start, row
        start = first_line + reader.line_num


def _in_plain_words(error: csv.Error) -> str:
    text = str(error)
    if text.startswith("new-line"):
        return (
            "not CSV: a bare carriage return stands outside quotes; "
            "end lines with a line feed, with or without a carriage return"
        )
    if text.startswith("field larger"):
        longest = f"{csv.field_size_limit():,}"
        return (
            f"not CSV: a cell has more than {longest} characters; "
            "look for a quoted cell that is not closed"
        )
    return (
        "not CSV: a quoted cell is not closed, or text follows its closing quote; "
        "double the quotes inside a cell"
    )
