"""From a file, or from decoded JSON values, to checked documents: all of it or nothing.

JSON Lines and CSV are told apart by their first character, gzip by its magic bytes.
Every problem of a file is reported at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daybook.documents.building import document_of
from daybook.documents.json_fields import Status
from daybook.documents.json_lines import objects_of
from daybook.documents.lines import lines_of
from daybook.documents.mapping import Mapping
from daybook.documents.problems import Problems, Unreadable
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


def read_file(
    path: Path,
    mapping: Mapping | None,
    *,
    bytes_max: int,
    progress: Callable[[int], None] | None = None,
) -> Reading:
    """Read a file of documents, as `read_stream` does."""
    with path.open("rb") as stream:
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
    left_out: dict[str, int] = {}
    rows = 0
    try:
        lines = lines_of(stream, bytes_max=bytes_max, progress=progress)
        for rows, (number, value) in enumerate(objects_of(lines, problems), start=1):
            taken.take(value, number)
    except Unreadable as unreadable:
        problems.extend([unreadable.problem])
    if not rows and not problems.total:
        problems.add(ProblemCode.UNREADABLE, "the file is empty; it holds no document")
    problems.raise_any()
    return Reading(taken.documents, taken.drafts, rows, left_out)


def read_documents(values: Sequence[object]) -> Reading:
    """Read JSON values that are decoded already.

    Raises `Rejected` with every problem; each path starts with the value's index.
    """
    problems = Problems()
    taken = _Taken(problems)
    for index, value in enumerate(values):
        if isinstance(value, dict):
            taken.take(value, None, (str(index),))
        else:
            message = "a document must be an object {…}"
            problems.add(ProblemCode.INVALID_VALUE, message, (str(index),))
    problems.raise_any()
    return Reading(taken.documents, taken.drafts, len(values), {})


class _Taken:
    """The documents taken so far, each key once."""

    def __init__(self, problems: Problems) -> None:
        self.documents: list[Document] = []
        self.drafts = 0
        self._problems = problems
        self._seen: dict[tuple[SourceKind, str], tuple[Document, Status, str]] = {}

    def take(
        self, value: dict[str, object], line: int | None, place: tuple[str, ...] = ()
    ) -> None:
        """Check one document and take it, unless the same was taken before."""
        try:
            document, status = document_of(value, line)
        except Rejected as rejected:
            found = rejected.problems
            if place:
                found = tuple(
                    Problem(one.code, one.message, place + one.path, one.line)
                    for one in found
                )
            self._problems.extend(found, rejected.total)
            return
        where = f"line {line}" if line is not None else f"document {place[0]}"
        before = self._seen.setdefault(document.key, (document, status, where))
        if before[0] is document:
            if status is Status.FINAL:
                self.documents.append(document)
            else:
                self.drafts += 1
        elif before[:2] != (document, status):
            message = (
                f"{value['type']} {document.id} is in {before[2]} too, with other content; "
                "send one of the two"
            )
            path = (*place, "id")
            self._problems.add(ProblemCode.DUPLICATE, message, path, line)
