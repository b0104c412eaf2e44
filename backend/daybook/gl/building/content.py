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
ROWS = 4 * ROW_GROUP
"""How many lines are held at a time, of several groups, which threads share."""
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
    # The file has the lines in their order, and the engine reads them in the file's.
    statement = (
        f"SELECT {csv_line(CSV_COLUMNS, '_plain')}"  # noqa: S608
        f" FROM read_parquet({quoted(str(lines))}) WHERE _row >= ? AND _row < ?"
    )
    first = 0
    while texts := connection.execute(statement, [first, first + ROWS]).fetchall():
        whole = LINE_END.join([text for (text,) in texts])
        digest.update(f"{whole}{LINE_END}".encode())
        first += ROWS
        progress(len(texts))
    return digest.digest()


def missing_journals(connection: "DuckDBPyConnection") -> list[Notice]:
    """The numbers of journals that didn't come in, up to the last that did."""
    rows = connection.execute(
        "SELECT before + 1, number - 1 FROM (SELECT number, lag(number) OVER"
        " (ORDER BY number) AS before FROM (SELECT DISTINCT number FROM journals))"
        " WHERE number > before + 1 ORDER BY number LIMIT ?",
        [GAPS_MAX],
    ).fetchall()
    return [gap(first, last) for first, last in rows]
