"""CSV files as a statement that gives a kind's rows as text, in the files' order.

The engine reads them, so that a file of millions of lines needs no loop of ours.
"""

import csv
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from daybook.columnar.engine import csv_rows, named
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.gl.kinds import FORMS, Form, Kind, Type
from daybook.gl.xero.mapping import HEADER, LINES, TRACKING, KindMapping, plain

LINE, SOURCE = "_line", "_source"
"""The row's number in its file, from 1 below the header, and the file's number."""
HEADER_BYTES = 1_000_000


class Source(NamedTuple):
    """A file that is imported, and the name that it was given."""

    name: str
    path: Path


def csv_statement(
    kind: Kind, sources: Sequence[Source], mapping: KindMapping | None
) -> str:
    """A statement whose columns are the kind's, as text, with SOURCE and LINE.

    Raises Rejected for files that lack a column or have one that nothing names.
    """
    if mapping is None:
        return " UNION ALL ".join(
            _plain(kind, source, number) for number, source in enumerate(sources)
        )
    return _mapped(FORMS[kind], sources, mapping)


def _plain(kind: Kind, source: Source, number: int) -> str:
    """A file whose headers are Xero's fields."""
    form, headers = FORMS[kind], plain(kind)
    found = _header(source)
    _refuse_unknown(source, found, headers.values())
    needed = [headers[column.name] for column in form.columns if column.is_required]
    _refuse_missing(source, found, needed)
    columns = {
        name: _cell("t", header) for name, header in headers.items() if header in found
    }
    selected = _selected(form, columns, f"t.{LINE}", f"{number}")
    return f"SELECT {selected} FROM {_rows(source, found)} AS t"  # noqa: S608


def _mapped(form: Form, sources: Sequence[Source], mapping: KindMapping) -> str:
    """Files that a mapping names, joined: lines, their document, and their tracking."""
    by_part = _parts(sources, mapping)
    headers = {part: _header(source) for part, source in by_part.items()}
    columns: dict[str, str] = {}
    for column in form.columns:
        wanted = mapping.columns.get(column.name, column.header)
        parts = (LINES, HEADER) if column.level and LINES in by_part else (HEADER,)
        for part in parts:
            if wanted in headers[part]:
                columns[column.name] = _cell(part, wanted)
                break
        else:
            if column.name in mapping.columns:
                source = by_part[parts[0]]
                _refuse_missing(source, headers[parts[0]], [wanted])
    if TRACKING in by_part:
        tagged = next(
            its for its in form.columns if its.type is Type.LIST and its.level
        )
        columns[tagged.name] = "coalesce(tags.texts, '[]')"
    numbered = LINES if LINES in by_part else HEADER
    selected = _selected(form, columns, f"{numbered}.{LINE}", "0")
    joins = f"{_rows(by_part[HEADER], headers[HEADER])} AS {HEADER}"
    join = named(mapping.join)
    if LINES in by_part:
        lines = _rows(by_part[LINES], headers[LINES])
        how = "" if form.needs_lines else "LEFT "
        joins += f" {how}JOIN {lines} AS {LINES} ON {LINES}.{join} = {HEADER}.{join}"
    if TRACKING in by_part:
        line = named(mapping.line)
        tags = _tags(by_part[TRACKING], headers[TRACKING], mapping)
        joins += (
            f" LEFT JOIN ({tags}) AS tags"
            f" ON tags.{join} = {numbered}.{join} AND tags.{line} = {numbered}.{line}"
        )
    return f"SELECT {selected} FROM {joins}"  # noqa: S608


def _parts(sources: Sequence[Source], mapping: KindMapping) -> Mapping[str, Source]:
    """The file of each part; raises Rejected for one that is missing or unknown."""
    by_name = {source.name: source for source in sources}
    missing = [name for name in mapping.files.values() if name not in by_name]
    unknown = [name for name in by_name if name not in mapping.files.values()]
    problems = [
        Problem(ProblemCode.MISSING, f"the mapping names {name!r}, which wasn't given")
        for name in missing
    ] + [
        Problem(
            ProblemCode.INVALID_VALUE, f"the mapping doesn't name the file {name!r}"
        )
        for name in unknown
    ]
    if problems:
        raise Rejected(problems)
    return {part: by_name[name] for part, name in mapping.files.items()}


def _tags(source: Source, header: Sequence[str], mapping: KindMapping) -> str:
    """Each line's tracking as a canonical list: category, its name if known, option."""
    named_by = mapping.tracking
    category, option = named_by["category_id"], named_by["option"]
    _refuse_missing(source, header, [mapping.join, mapping.line, category, option])
    name = _cell("t", named_by["category"]) if "category" in named_by else "''"
    tag = f"[{_cell('t', category)}, {name}, {_cell('t', option)}]"
    join, line = named(mapping.join), named(mapping.line)
    return (
        f"SELECT t.{join}, t.{line},"  # noqa: S608
        f" CAST(to_json(list({tag} ORDER BY t.{LINE})) AS VARCHAR) AS texts"
        f" FROM {_rows(source, header)} AS t GROUP BY ALL"
    )


def _selected(form: Form, columns: Mapping[str, str], line: str, source: str) -> str:
    """The kind's columns by their names; blank where the files have none."""
    id_ = columns.get(form.id.name, "''")
    expressions = []
    for column in form.columns:
        if column.type is Type.POSITION:
            text = (
                f"CAST(row_number() OVER (PARTITION BY {id_} ORDER BY {line}) - 1"
                " AS VARCHAR)"
            )
        elif column.name in columns:
            text = columns[column.name]
            if column.type is Type.LIST:
                text = f"CASE WHEN {text} = '' THEN '[]' ELSE {text} END"
        else:
            text = "'[]'" if column.type is Type.LIST else "''"
        expressions.append(f"{text} AS {named(column.name)}")
    return ", ".join([*expressions, f"{source} AS {SOURCE}", f"{line} AS {LINE}"])


def _cell(table: str, column: str) -> str:
    return f"coalesce({table}.{named(column)}, '')"


def _rows(source: Source, header: Sequence[str]) -> str:
    """A file's rows as text, with their numbers."""
    read = csv_rows(source.path, dict.fromkeys(header, "VARCHAR"), has_header=True)
    return f"(SELECT *, row_number() OVER () AS {LINE} FROM {read})"  # noqa: S608


def _header(source: Source) -> Sequence[str]:
    """The names in a file's first row; raises Rejected if it has none, or one twice."""
    with source.path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            header = next(csv.reader([stream.readline(HEADER_BYTES)]), [])
        except (csv.Error, UnicodeDecodeError) as error:
            raise _refused(source, f"its header can't be read: {error}") from None
    if not any(header):
        raise _refused(source, "it is empty: its first row names the columns")
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise _refused(source, f"its header has {', '.join(sorted(twice))} twice")
    return header


def _refuse_unknown(
    source: Source, found: Sequence[str], known: Collection[str]
) -> None:
    for name in found:
        if name not in known:
            words = did_you_mean(name, known)
            raise _refused(source, f"it has an unknown column {name!r}{words}")


def _refuse_missing(
    source: Source, found: Sequence[str], needed: Sequence[str]
) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise _refused(source, f"it has no column {', '.join(missing)}")


def _refused(source: Source, message: str) -> Rejected:
    problem = Problem(ProblemCode.UNREADABLE, f"{source.name}: {message}")
    return Rejected([problem])
