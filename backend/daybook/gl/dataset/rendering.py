"""The dataset's lines as a file: CSV or Parquet, with the documented columns."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

from daybook.columnar.csv_text import csv_statement
from daybook.columnar.engine import named, quoted
from daybook.gl.building.segment import CSV_COLUMNS, ROW_GROUP
from daybook.gl.dataset.filters import LineFilter, condition_of
from daybook.gl.dataset.lines import Part, lines_of
from daybook.gl.rules.columns import DatasetColumn

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class FileForm(StrEnum):
    """What a file of the dataset is."""

    CSV = "csv"
    PARQUET = "parquet"


def render(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    form: FileForm,
    path: Path,
) -> None:
    """Write all lines that a filter finds, in the dataset's order.

    In CSV each amount has its currency's decimals; a column of a Parquet file has those
    of the currency with the most.
    """
    if form is FileForm.CSV:
        _render_csv(connection, parts, line_filter, path)
        return
    condition = condition_of(line_filter)
    columns = ", ".join(named(column) for column in DatasetColumn)
    connection.execute(
        f"COPY (SELECT {columns} FROM {lines_of(parts)} WHERE {condition.text}"  # noqa: S608
        f" ORDER BY _connection, _row) TO {quoted(str(path))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})",
        condition.values,
    )


def _render_csv(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    line_filter: LineFilter,
    path: Path,
) -> None:
    """One part after the other: together, amounts would have the most decimals."""
    condition = condition_of(line_filter)
    aside = path.with_name(f"{path.name}.part")
    for place, part in enumerate(parts):
        rows = (
            f"SELECT * FROM {lines_of([part])} WHERE {condition.text}"  # noqa: S608
            " ORDER BY _row"
        )
        target = aside if place else path
        statement = csv_statement(
            CSV_COLUMNS, rows, str(target), "_plain", has_header=not place
        )
        connection.execute(statement, condition.values)
        if place:
            with aside.open("rb") as source, path.open("ab") as whole:
                copyfileobj(source, whole)
            aside.unlink()
