"""Reads a file, or decoded JSON values, into checked documents: all of them or none.

The first character distinguishes JSON Lines from CSV; magic bytes identify gzip. All
problems of a file are reported at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from daybook.documents.reading.content import Reading, Taken
from daybook.documents.reading.context import BUILT_IN
from daybook.documents.reading.csv_form import CsvFile
from daybook.documents.reading.json_lines import objects_of
from daybook.documents.reading.json_wording import kind_of
from daybook.documents.reading.lines import GZIP_MAGIC, UTF_8, decoded_lines
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.documents.rules import Defaults
from daybook.errors import Problem, ProblemCode, Rejected


class Line(NamedTuple):
    """A line of a file, without the blanks that it begins with."""

    number: int
    text: str


def read_file(
    path: Path,
    mapping: Mapping | None,
    *,
    bytes_max: int,
    progress: Callable[[int], None] | None = None,
    defaults: Defaults = BUILT_IN,
) -> Reading:
    """Read a file of documents, as `read_stream` does."""
    with path.open("rb") as stream:
        if path.suffix == ".gz" and not stream.peek(2).startswith(GZIP_MAGIC):
            message = f"{path.name} is not gzip; leave out .gz, or compress it again"
            raise Rejected([Problem(ProblemCode.UNREADABLE, message)])
        return read_stream(
            stream,
            mapping,
            bytes_max=bytes_max,
            progress=progress,
            defaults=defaults,
        )


def read_stream(  # noqa: PLR0913  (keyword-only, each has its meaning)
    stream: BinaryIO,
    mapping: Mapping | None,
    *,
    bytes_max: int,
    progress: Callable[[int], None] | None = None,
    lines_read: Callable[[float], None] = lambda _lines: None,
    defaults: Defaults = BUILT_IN,
) -> Reading:
    """Read JSON Lines, or CSV by a mapping, gzipped or not.

    `bytes_max` counts bytes after decompression; `progress` is called with the number
    of the stream's own bytes read so far, `lines_read` with a half after each line is
    split into cells, and a half for each that its document is made of. `defaults` fill
    in what documents leave out. Raises `Rejected` with every problem of the file, or
    `PartlyRead` if further problems depend on what is recorded.
    """
    problems = Problems()
    taken = Taken(problems, defaults)
    rows, left_out, columns = 0, dict[str, int](), dict[str, str]()
    try:
        encoding = mapping.encoding if mapping is not None else UTF_8
        lines = decoded_lines(
            stream, bytes_max=bytes_max, progress=progress, encoding=encoding
        )
        lines = _told(lines, lines_read)
        first_line, lines = from_first_text(lines)
        if first_line.text.startswith(("{", "[")):
            _check_without_mapping(mapping)
            for line, value in objects_of(lines, problems, first_line.number):
                rows += 1
                taken.take(value, line, line=line)
                lines_read(0.5)
        else:
            file = CsvFile(lines, mapping, problems, first_line.number)
            try:
                for document in file.documents():
                    line = document.line
                    value, rows_of = document.value(), document.sheet_rows
                    taken.take(
                        *(value, line, document.placed),
                        line=line,
                        rows=rows_of,
                    )
                    lines_read(0.5 * len(rows_of.lines))
            finally:
                file.explain_problems()
            rows, left_out, columns = file.rows, file.left_out, file.columns
    except Unreadable as unreadable:
        problems.extend([unreadable.problem])
    taken.check_repeated()
    taken.raise_any()
    return Reading(
        *(taken.spool, taken.drafts, rows, left_out, taken.draft_places),
        columns=columns,
    )


def _told(lines: Iterator[str], lines_read: Callable[[float], None]) -> Iterator[str]:
    for line in lines:
        yield line
        lines_read(0.5)


def from_first_text(lines: Iterator[str]) -> tuple[Line, Iterator[str]]:
    """The first line that isn't blank, and the lines from that one on.

    Raises `Unreadable` if there is none.
    """
    for number, text in enumerate(lines, start=1):
        if text.strip():
            return Line(number, text.lstrip()), chain([text], lines)
    raise Unreadable("the file is empty; it holds no document")


def _check_without_mapping(mapping: Mapping | None) -> None:
    """Raise Unreadable for JSON Lines with a mapping, which would change nothing."""
    if mapping is not None:
        raise Unreadable(
            "the file is JSON Lines, to which no mapping applies: leave out --map, or"
            " name a CSV file"
        )


def read_documents(
    values: Sequence[object], *, defaults: Defaults = BUILT_IN
) -> Reading:
    """Read decoded JSON values.

    Raises `Rejected` as `read_stream` does; each path starts with the value's index,
    which is also the document's `line`.
    """
    problems = Problems()
    taken = Taken(problems, defaults, "document")
    for index, value in enumerate(values):
        if isinstance(value, dict):
            taken.take(value, index, _at_index(index), line=index)
        else:
            message = f"a document must be an object {{…}}, not {kind_of(value)}"
            problems.add(ProblemCode.INVALID_VALUE, message, (str(index),))
    taken.check_repeated()
    taken.raise_any()
    return Reading(
        taken.spool, taken.drafts, len(values), draft_places=taken.draft_places
    )


def _at_index(index: int) -> Callable[[Problem], Problem]:
    return lambda problem: replace(problem, path=(str(index), *problem.path), line=None)
