"""A segment's content as a hash, and the gaps in what it is made from."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from daybook.columnar.csv_text import csv_line
from daybook.columnar.engine import quoted
from daybook.gl.building.segment import CSV_COLUMNS, ROW_GROUP
from daybook.gl.rules.notices import Notice, gap
from daybook.sheets.cells import cell

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINE_END = "\r\n"
GAPS_MAX = 100
"""How many gaps are named."""


def content_hash(
    connection: "DuckDBPyConnection",
    lines: Path,
    progress: Callable[[int], None] = lambda _rows: None,
) -> bytes:
    """The SHA-256 of the lines as a CSV file with a header, which isn't written.

    Other versions of the engine may write another columnar file of the same lines.
    """
    header = ",".join(cell(column.name) for column in CSV_COLUMNS)
    digest = sha256(f"{header}{LINE_END}".encode())
    end = "chr(13) || chr(10)"
    statement = (
        f"SELECT count(*), string_agg({csv_line(CSV_COLUMNS, '_plain')} || {end}, ''"  # noqa: S608
        f" ORDER BY _row) FROM read_parquet({quoted(str(lines))})"
        " WHERE _row >= ? AND _row < ?"
    )
    first = 0
    while True:
        row = connection.execute(statement, [first, first + ROW_GROUP]).fetchone()
        assert row is not None, "a sum has a row"
        count, text = row
        if not count:
            return digest.digest()
        digest.update(text.encode())
        first += ROW_GROUP
        progress(count)


def missing_journals(connection: "DuckDBPyConnection") -> list[Notice]:
    """The numbers of journals that didn't come in, up to the last that did."""
    rows = connection.execute(
        "SELECT before + 1, number - 1 FROM (SELECT number, lag(number) OVER"
        " (ORDER BY number) AS before FROM (SELECT DISTINCT number FROM journals))"
        " WHERE number > before + 1 ORDER BY number LIMIT ?",
        [GAPS_MAX],
    ).fetchall()
    return [gap(first, last) for first, last in rows]
