"""The dataset's lines as a workbook of one sheet, as people open it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daybook.columnar.engine import named
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.rules.columns import AMOUNTS, DatasetColumn
from daybook.settings import Settings
from daybook.sheets.cells import defused
from daybook.sheets.xlsx_book import DIGITS, EXTRA, ROWS, XlsxBook

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINES_MAX = ROWS - 1
"""How many lines a sheet holds beside its header."""
_SLICE = 2_000


def lines_at_a_server(settings: Settings) -> int:
    """How many lines a server puts into a workbook.

    It is made in the server's process, and takes its time from others.
    """
    return min(LINES_MAX, settings.stream_rows_max)


class Workbook:
    """A sheet of lines; amounts are numbers up to the digits that spreadsheets keep."""

    def __init__(self) -> None:
        """Raises Rejected if what makes workbooks isn't installed."""
        if not EXTRA.is_installed():
            message = EXTRA.advice("xlsx")
            raise Rejected([Problem(ProblemCode.UNSUPPORTED, message, ("format",))])
        self._book = XlsxBook("Journals", [*DatasetColumn])
        self._whole = self._book.form("0")
        self._forms: dict[int, Any] = {}
        self._rows = 0

    def add(
        self, connection: "DuckDBPyConnection", rows: str, values: Sequence[object]
    ) -> None:
        """Add the rows of a statement; its amounts keep their decimals."""
        columns = ", ".join(named(column) for column in DatasetColumn)
        found = connection.execute(f"SELECT {columns} FROM ({rows})", [*values])  # noqa: S608
        while some := found.fetchmany(_SLICE):
            for row in some:
                self._rows += 1
                for place, (column, value) in enumerate(
                    zip(DatasetColumn, row, strict=True)
                ):
                    if value is not None:
                        self._write(place, column, value)

    def save(self, path: Path) -> None:
        """Write the file."""
        with path.open("wb") as stream:
            stream.writelines(self._book.pieces())

    def close(self) -> None:
        """Remove the temporary files."""
        self._book.close()

    def _write(self, place: int, column: DatasetColumn, value: Any) -> None:
        cells, book = self._book.cells, self._book
        if column in AMOUNTS:
            digits, decimals = value.as_tuple().digits, -value.as_tuple().exponent
            book.widen(place, len(f"{value:,}"))
            if len(digits) > DIGITS:
                cells.write_string(self._rows, place, str(value))
            else:
                cells.write_number(self._rows, place, value, self._form(decimals))
        elif isinstance(value, int):
            book.widen(place, len(str(value)))
            cells.write_number(self._rows, place, value, self._whole)
        else:
            book.widen(place, len(value))
            cells.write_string(self._rows, place, defused(value))

    def _form(self, decimals: int) -> Any:
        if decimals not in self._forms:
            self._forms[decimals] = self._book.amount_form(decimals)
        return self._forms[decimals]


def check_lines(count: int, most: int = LINES_MAX) -> None:
    """Raise Rejected for more lines than a workbook may have."""
    if count > most:
        message = (
            f"a workbook may have {most:,} lines here, and these are {count:,}: choose"
            " csv or parquet, or fewer lines, such as those of a year"
        )
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message, ("format",))])
