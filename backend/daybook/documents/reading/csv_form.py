"""CSV: gathers rows by document, and puts them into the JSON form."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from daybook.documents.reading.csv_columns import Columns, Values, columns_of
from daybook.documents.reading.csv_document import CsvDocument
from daybook.documents.reading.csv_hints import Hints
from daybook.documents.reading.csv_rows import Mapper
from daybook.documents.reading.everyday_words import is_total
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.number_forms import PLAIN
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.documents.reading.separator_lines import separator_of
from daybook.errors import Problem, ProblemCode, quoted


class CsvFile:
    """The documents of a CSV file; reading them counts `rows` and `left_out`."""

    def __init__(
        self,
        lines: Iterable[str],
        mapping: Mapping | None,
        problems: Problems,
        first_line: int,
    ) -> None:
        self.rows = 0
        self._given = mapping
        self._mapping = mapping or Mapping()
        self.left_out: dict[str, int] = {
            rule.reason: 0 for rule in self._mapping.leave_out
        }
        self._problems = problems
        self._reader = _numbered_rows(lines, self._mapping.delimiter, first_line)
        self._columns: Columns | None = None

    def documents(self) -> Iterator[CsvDocument]:
        """Each document, once all rows are read: a document's rows may be scattered."""
        line, header = next(self._reader, (None, []))
        if line is None:
            raise Unreadable("the file has no header")
        known = self._problems.total
        columns = columns_of(header, self._given, self._problems, line)
        self._columns = columns
        if self._problems.total > known:
            return
        gathered = self._gathered(columns)
        if not self.rows:
            raise Unreadable("the file has a header, but no rows", line)
        while gathered:  # Each is freed once it is read: a large file is held once.
            document = gathered.pop()
            self._problems.extend(document.join_rows())
            yield document

    @property
    def columns(self) -> dict[str, str]:
        """The columns of fields, once the header is read."""
        return self._columns.sources if self._columns is not None else {}

    def explain_problems(self) -> None:
        """Add to refused cells what the mapping could say, now that all are read."""
        columns = self._columns
        if columns is None:
            return
        hints = {
            source: Hints(cells, columns.number_forms.get(source, PLAIN))
            for source, cells in columns.seen.items()
        }

        def explained(problem: Problem) -> Problem:
            hint = hints.get(problem.path[0]) if len(problem.path) == 1 else None
            return hint.explained(problem) if hint is not None else problem

        self._problems.amend(explained)

    def _gathered(self, columns: Columns) -> list[CsvDocument]:
        """All documents, the file's first one last."""
        mapper = Mapper(columns, self._mapping)
        documents: dict[tuple[str | None, str | int], CsvDocument] = {}
        head_width = columns.head_width
        kind_slot, id_slot = columns.slot("type"), columns.slot("id")
        reported: set[tuple[int, str]] = set()
        unnamed = [at for at, name in enumerate(columns.header) if not name]
        for line, row in self._reader:
            self.rows += 1
            if len(row) != len(columns.header):
                self._problems.add(*_ragged(row, columns), line=line)
                continue
            if unnamed:
                self._problems.extend(_under_no_name(row, unnamed, line))
            values, found = mapper.mapped(row, line)
            reason = mapper.reason_to_leave_out(row, values)
            if reason is not None:
                self.left_out[reason] += 1
                continue
            if (total := _of_a_total(values, columns, line)) is not None:
                self._problems.extend([total])
                continue
            if found:
                self._problems.extend(found)
                reported.update((line, problem.path[0]) for problem in found)
                # A factor that is not a number leaves no amount: one problem, not two.
                reported.add((line, columns.source("amount")))
            head = tuple(values[:head_width])
            # Rows without an id are reported one by one, not as one document.
            key = (head[kind_slot], head[id_slot] or line)
            document = documents.get(key)
            if document is None:
                documents[key] = document = CsvDocument(columns, line, head, reported)
            elif document.head != head and not found:
                self._problems.extend(document.disagreements(head, line))
            document.add(line, tuple(values[head_width:]), row)
        return list(documents.values())[::-1]


def _of_a_total(values: Values, columns: Columns, line: int) -> Problem | None:
    """The problem of a row that is a sum: it has its word for a number, and no date."""
    number = values[columns.slot("id")]
    if number is None or not is_total(number):
        return None
    if columns.has("issued_on") and values[columns.slot("issued_on")] is not None:
        return None
    value, way_out = quoted(number), "delete the row"
    if columns.is_mapped:
        test = f'when = [{{ field = "id", equals = "{number}" }}]'
        way_out += f", or say {test} and a reason under [[leave_out]] in the mapping"
    return Problem(
        ProblemCode.INVALID_VALUE,
        f"{value} is no number of a document, and the row has no date: {way_out}",
        (columns.source("id"),),
        line,
        value,
    )


def _ragged(row: Sequence[str], columns: Columns) -> tuple[ProblemCode, str]:
    return ProblemCode.UNREADABLE, (
        f"the row has {len(row)} cells where the header has {len(columns.header)}; "
        "put a cell that holds the delimiter into quotes"
    )


def _under_no_name(row: Sequence[str], unnamed: list[int], line: int) -> list[Problem]:
    """The problem of each cell in a column without a name; empty ones don't count."""
    return [
        Problem(
            ProblemCode.UNKNOWN_FIELD,
            f"{value} stands in column {at + 1}, which has no name; name the column",
            (),
            line,
            value,
        )
        for at in unnamed
        if row[at].strip() and (value := quoted(row[at].strip()))
    ]


def _numbered_rows(
    lines: Iterable[str], delimiter: str, first_line: int
) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it starts on; rows without text are skipped.

    A quoted cell may span several lines. A line `sep=;` before the header counts, and
    says what separates cells.
    """
    lines = iter(lines)
    top = next(lines, "")
    separator = separator_of(top)
    if separator is None:
        lines = chain([top], lines)
    else:
        first_line += 1
    delimiter = separator or delimiter
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
