"""A sheet as CSV (RFC 4180), with the columns' stable names as its header.

Dates and moments are in ISO 8601, amounts have their currency's decimals, empty cells
are empty text, and no spreadsheet runs a text as a formula.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic

from daybook.calendar import day_text
from daybook.money import amount_text, decimal_text, decimals_of
from daybook.sheets.cells import cell
from daybook.sheets.columns import Column, Kind, Row, Sheet
from daybook.sheets.contract import SheetFormat, SheetWriter

LINE_END = "\r\n"
_ROWS = 1_000
"""How many rows are rendered at a time."""


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TEXTS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: cell,
    Kind.INTEGER: str,
    Kind.DATE: day_text,
    Kind.TIMESTAMP: _utc,
    Kind.BOOLEAN: lambda claim: "true" if claim else "false",
}
"""The text of a value; amounts have a function of their own."""


def csv_header(sheet: Sheet[Any], line_end: str = LINE_END) -> str:
    """The names of a sheet's columns as a line."""
    return ",".join(cell(column.name) for column in sheet.columns) + line_end


def csv_lines(
    sheet: Sheet[Row], rows: Iterable[Row], line_end: str = LINE_END
) -> Iterator[str]:
    """A line for each row, rendered lazily."""
    left = iter(rows)
    while some := [*islice(left, _ROWS)]:
        # By columns, since a cell would take as long again as its text.
        columns = [_texts(column, some) for column in sheet.columns]
        for cells in zip(*columns, strict=True):
            yield ",".join(cells) + line_end


def _texts(column: Column[Row], rows: Sequence[Row]) -> Sequence[str]:
    """The texts of a column's cells."""
    if column.minor is not None:
        return _amounts([*map(column.minor, rows)], decimals_of(column.currency))
    values = [*map(column.value, rows)]
    if column.kind is Kind.MONEY:
        amounts: Sequence[Any] = values
        return ["" if value is None else amount_text(*value) for value in amounts]
    # Many rows have the same customer, day or method: its text is made once.
    text_of = _TEXTS[column.kind]
    texts = {value: text_of(value) for value in {*values} if value is not None}
    return ["" if value is None else texts[value] for value in values]


def _amounts(minors: Sequence[int], decimals: int) -> list[str]:
    """The texts of amounts; of the usual two decimals without a call for each."""
    if decimals != 2:
        return [decimal_text(minor, decimals) for minor in minors]
    return [
        f"{minor // 100}.{minor % 100:02}" if minor >= 0 else decimal_text(minor, 2)
        for minor in minors
    ]


class CsvRows(ABC):
    """Rows of a sheet that make their lines themselves, quicker than by columns."""

    @abstractmethod
    def csv_text(self, currency: str) -> str:
        """The lines that `csv_lines` makes of these rows."""


class _Writer(SheetWriter[Row], Generic[Row]):
    """Gives each slice as it comes."""

    def __init__(self, sheet: Sheet[Row], currency: str) -> None:
        self._sheet = sheet
        self._currency = currency

    def header(self) -> Iterable[bytes]:
        """The names of the columns."""
        return (csv_header(self._sheet).encode(),)

    def add(self, rows: Sequence[Row]) -> Iterable[bytes]:
        """The lines of the rows."""
        if isinstance(rows, CsvRows):
            return (rows.csv_text(self._currency).encode(),)
        return ("".join(csv_lines(self._sheet, rows)).encode(),) if rows else ()


CSV = SheetFormat("csv", "text/csv; charset=utf-8", _Writer)
