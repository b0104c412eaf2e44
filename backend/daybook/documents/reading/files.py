"""From a file, or from decoded JSON values, to checked documents: all of it or nothing.

JSON Lines and CSV are told apart by their first character, gzip by its magic bytes.
Every problem of a file is reported at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from daybook.documents.reading.building import document_of
from daybook.documents.reading.csv_form import CsvFile
from daybook.documents.reading.json_fields import Status
from daybook.documents.reading.json_lines import objects_of
from daybook.documents.reading.lines import GZIP_MAGIC, lines_of
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.documents.rules import Document
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import SourceKind


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. Drafts are checked and counted; they make nothing.

    `documents` are the final ones, in the file's order, each of them once. `rows` are
    JSON lines or CSV data rows; `left_out` counts the CSV rows that the mapping leaves
    out, by its reasons.
    """

    documents: list[Document]
    drafts: int
    rows: int
    left_out: dict[str, int]


class _Line(NamedTuple):
    number: int
    text: str


def read_file(
    path: Path,
    mapping: Mapping | None,
    *,
    bytes_max: int,
    progress: Callable[[int], None] | None = None,
) -> Reading:
    """Read a file of documents, as `read_stream` does."""
    with path.open("rb") as stream:
        if path.suffix == ".gz" and not stream.peek(2).startswith(GZIP_MAGIC):
            message = f"{path.name} is not gzip; leave out .gz, or compress it again"
            raise Rejected([Problem(ProblemCode.UNREADABLE, message)])
        return read_stream(stream, mapping, bytes_max=bytes_max, progress=progress)


def read_stream(
    stream: BinaryIO,
    mapping: Mapping | None,
    *,
    bytes_max: int,
    progress: Callable[[int], None] | None = None,
) -> Reading:
    """Read JSON Lines, or CSV by a mapping, gzipped or not.

    `bytes_max` counts bytes after decompression; `progress` is told how many of the
    stream's own bytes have been read. Raises `Rejected` with every problem of the file.
    """
    problems = Problems()
    taken = _Taken(problems)
    rows, left_out = 0, dict[str, int]()
    try:
        lines = lines_of(stream, bytes_max=bytes_max, progress=progress)
        first_line, lines = _from_first_text(lines)
        if first_line.text.startswith(("{", "[")):
            for line, value in objects_of(lines, problems, first_line.number):
                rows += 1
                taken.take(value, f"line {line}", line=line)
        else:
            file = CsvFile(lines, mapping or Mapping(), problems, first_line.number)
            for document in file.documents():
                line = document.line
                value = document.value()
                taken.take(value, f"line {line}", document.placed, line=line)
            rows, left_out = file.rows, file.left_out
    except Unreadable as unreadable:
        problems.extend([unreadable.problem])
    problems.raise_any()
    return Reading(taken.documents, taken.drafts, rows, left_out)


def _from_first_text(lines: Iterator[str]) -> tuple[_Line, Iterator[str]]:
    """The first line that isn't blank, and the lines from there on, it included."""
    for number, text in enumerate(lines, start=1):
        if text.strip():
            return _Line(number, text.lstrip()), chain([text], lines)
    raise Unreadable("the file is empty; it holds no document")


def read_documents(values: Sequence[object]) -> Reading:
    """Read JSON values that are decoded already.

    Raises `Rejected` with every problem; each path starts with the value's index.
    """
    problems = Problems()
    taken = _Taken(problems)
    for index, value in enumerate(values):
        if isinstance(value, dict):
            taken.take(value, f"document {index}", _at_index(index))
        else:
            message = "a document must be an object {…}"
            problems.add(ProblemCode.INVALID_VALUE, message, (str(index),))
    problems.raise_any()
    return Reading(taken.documents, taken.drafts, len(values), {})


def _at_index(index: int) -> Callable[[Problem], Problem]:
    return lambda one: Problem(one.code, one.message, (str(index), *one.path))


class _Taken:
    """The documents taken so far, each key once."""

    def __init__(self, problems: Problems) -> None:
        self.documents: list[Document] = []
        self.drafts = 0
        self._problems = problems
        self._seen: dict[tuple[SourceKind, str], tuple[Document, Status, str]] = {}

    def take(
        self,
        value: dict[str, object],
        where: str,
        placed: Callable[[Problem], Problem | None] = lambda one: one,
        *,
        line: int | None = None,
    ) -> None:
        """Check one document and take it, unless the same was taken before.

        `where` names it in messages; `placed` leads a problem to its place in the file,
        and is None for one that was noted before.
        """
        try:
            document, status = document_of(value, line)
        except Rejected as rejected:
            found = [placed(one) for one in rejected.problems]
            new = [one for one in found if one is not None]
            self._problems.extend(new, rejected.total - len(found) + len(new))
            return
        before = self._seen.setdefault(document.key, (document, status, where))
        if before[0] is document:
            if status is Status.FINAL:
                self.documents.append(document)
            else:
                self.drafts += 1
        elif before[:2] != (document, status):
            message = (
                f"{value['type']} {document.id} is also at {before[2]}, "
                "with other content; send one of the two"
            )
            problem = Problem(ProblemCode.DUPLICATE, message, ("id",), line)
            self._problems.extend(filter(None, [placed(problem)]))
