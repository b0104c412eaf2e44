"""A sheet as CSV (RFC 4180), with the columns' stable names as its header.

Dates and moments are in ISO 8601, amounts have their currency's decimals, empty cells
are empty text, and no spreadsheet runs a text as a formula.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from daybook.calendar import day_text
from daybook.money import amount_text
from daybook.sheets.cells import cell
from daybook.sheets.columns import Kind, Row, Sheet

LINE_END = "\r\n"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TEXTS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: cell,
    Kind.INTEGER: str,
    Kind.MONEY: lambda money: amount_text(*money),
    Kind.DATE: day_text,
    Kind.TIMESTAMP: _utc,
    Kind.BOOLEAN: lambda claim: "true" if claim else "false",
}


def csv_header(sheet: Sheet[Any], line_end: str = LINE_END) -> str:
    """The names of a sheet's columns as a line."""
    return ",".join(cell(column.name) for column in sheet.columns) + line_end


def csv_lines(
    sheet: Sheet[Row], rows: Iterable[Row], line_end: str = LINE_END
) -> Iterator[str]:
    """A line for each row, rendered lazily."""
    columns = [(column.value, _TEXTS[column.kind]) for column in sheet.columns]
    for row in rows:
        values = ((value(row), text_of) for value, text_of in columns)
        cells = ("" if value is None else text_of(value) for value, text_of in values)
        yield ",".join(cells) + line_end
