"""The dataset's lines as a file, whole or by pages, with the documented columns."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, NamedTuple

from daybook.columnar.csv_text import csv_statement
from daybook.columnar.engine import named, quoted
from daybook.gl.building.segment import CSV_COLUMNS, ROW_GROUP
from daybook.gl.dataset.filters import Condition, LineFilter, condition_of
from daybook.gl.dataset.lines import Part, lines_of
from daybook.gl.dataset.workbook import LINES_MAX, Workbook, check_lines
from daybook.gl.rules.columns import DatasetColumn

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class FileForm(StrEnum):
    """What a file of the dataset is; also what its name ends with."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


class Place(NamedTuple):
    """Where a line is in the dataset: its connection's number, and its row there."""

    connection: int
    row: int


class FilePage(NamedTuple):
    """A page of the lines that a filter finds: so many at most, after a place."""

    limit: int
    after: Place | None = None


class Span(NamedTuple):
    """Rows of a connection, with both ends."""

    first: int
    last: int


class PageSpans(NamedTuple):
    """The rows of a page by the connections' numbers, and its last place.

    `more_after` is None if no line follows.
    """

    spans: Mapping[int, Span]
    more_after: Place | None


def page_spans(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    page: FilePage,
) -> PageSpans:
    """Where the lines of a page are; a filter may leave out others between them."""
    condition = condition_of(line_filter)
    spans: dict[int, Span] = {}
    left, last = page.limit, page.after
    for part in parts:
        first = 0
        if page.after is not None and part.connection <= page.after.connection:
            if part.connection < page.after.connection:
                continue
            first = page.after.row + 1
        # One line more than wanted shows that there are more.
        found = connection.execute(
            "SELECT count(*), max(_row) FILTER (WHERE place <= ?) FROM"  # noqa: S608
            " (SELECT _row, row_number() OVER (ORDER BY _row) AS place FROM"
            f" (SELECT _row FROM {lines_of([part])} WHERE {condition.text}"
            " AND _row >= ? ORDER BY _row LIMIT ?))",
            [left, *condition.values, first, left + 1],
        ).fetchone()
        assert found is not None, "an aggregate has one row"
        count, row = found
        if row is not None:
            spans[part.connection] = Span(first, row)
            last = Place(part.connection, row)
        if count > left:
            return PageSpans(spans, last)
        left -= count
    return PageSpans(spans, None)


def render(  # noqa: PLR0913, PLR0917  (each is another part of what is written)
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    form: FileForm,
    path: Path,
    spans: Mapping[int, Span] | None = None,
    *,
    workbook_lines_max: int = LINES_MAX,
) -> None:
    """Write all lines that a filter finds, in the dataset's order.

    With `spans`, only lines within them. In CSV and XLSX each amount has its currency's
    decimals; a column of a Parquet file has those of the currency with the most. Raises
    Rejected for a workbook of too many lines, or if none can be made here.
    """
    if form is FileForm.CSV:
        _render_csv(connection, parts, line_filter, path, spans)
        return
    if form is FileForm.XLSX:
        selected = [_selected(part, line_filter, spans) for part in parts]
        _render_workbook(connection, selected, path, workbook_lines_max)
        return
    condition = condition_of(line_filter)
    columns = ", ".join(named(column) for column in DatasetColumn)
    within = " OR ".join(
        f"(_connection = {part.connection} AND {_within(part, spans)})"
        for part in parts
    )
    connection.execute(
        f"COPY (SELECT {columns} FROM {lines_of(parts)}"  # noqa: S608
        f" WHERE {condition.text} AND ({within})) TO {quoted(str(path))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})",
        condition.values,
    )


def _render_csv(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    path: Path,
    spans: Mapping[int, Span] | None,
) -> None:
    """One part after the other: together, amounts would have the most decimals."""
    aside = path.with_name(f"{path.name}.part")
    for place, part in enumerate(parts):
        rows, values = _selected(part, line_filter, spans)
        target = aside if place else path
        statement = csv_statement(
            CSV_COLUMNS, rows, str(target), "_plain", has_header=not place
        )
        connection.execute(statement, values)
        if place:
            with aside.open("rb") as source, path.open("ab") as whole:
                copyfileobj(source, whole)
            aside.unlink()


def _render_workbook(
    connection: "DuckDBPyConnection",
    selected: Sequence[Condition],
    path: Path,
    lines_max: int,
) -> None:
    count = 0
    for rows, values in selected:
        found = connection.execute(f"SELECT count(*) FROM ({rows})", values).fetchone()  # noqa: S608
        assert found is not None, "an aggregate has one row"
        count += found[0]
    check_lines(count, lines_max)
    workbook = Workbook()
    try:
        for rows, values in selected:
            workbook.add(connection, rows, values)
        workbook.save(path)
    finally:
        workbook.close()


def _selected(
    part: Part, line_filter: LineFilter, spans: Mapping[int, Span] | None
) -> Condition:
    """The wanted lines of a part, as a statement with its values.

    They come in the order of its file, which is the dataset's.
    """
    condition = condition_of(line_filter)
    return Condition(
        f"SELECT * FROM {lines_of([part])} WHERE {condition.text}"  # noqa: S608
        f" AND {_within(part, spans)}",
        condition.values,
    )


def _within(part: Part, spans: Mapping[int, Span] | None) -> str:
    """A condition for the rows of a part that are wanted."""
    if spans is None:
        return "true"
    span = spans.get(part.connection)
    return "false" if span is None else f"_row BETWEEN {span.first} AND {span.last}"
