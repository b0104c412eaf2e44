"""A sheet with a column of each type, and files of it as other programs read them."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow.parquet
from openpyxl import load_workbook

from daybook.sheets.columns import (
    Money,
    Row,
    Sheet,
    boolean,
    date,
    integer,
    money,
    text,
    timestamp,
)
from daybook.sheets.contract import SheetFormat


class Fact(NamedTuple):
    """A row with a value of each type."""

    name: str | None = None
    number: int | None = None
    amount: Money | None = None
    day: int | None = None
    moment: datetime | None = None
    is_so: bool | None = None


FACTS: Sheet[Fact] = Sheet(
    "facts",
    "Facts",
    (
        text("name", "Name", lambda fact: fact.name),
        integer("number", "How many", lambda fact: fact.number),
        money("amount", "Amount", lambda fact: fact.amount),
        date("day", "Day", lambda fact: fact.day),
        timestamp("moment", "Moment", lambda fact: fact.moment),
        boolean("is_so", "Is it so", lambda fact: fact.is_so),
    ),
)


def file_of(
    file_format: SheetFormat,
    slices: Iterable[Sequence[Row]],
    currency: str = "USD",
    sheet: Sheet[Any] = FACTS,
) -> bytes:
    """A file of rows that come in slices."""
    writer = file_format.writer(sheet, currency)
    try:
        pieces = [*writer.header()]
        for rows in slices:
            pieces += writer.add(rows)
        pieces += writer.footer()
    finally:
        writer.close()
    return b"".join(pieces)


def xlsx_rows(content: bytes) -> list[tuple[Any, ...]]:
    """The cells of a workbook's sheet, its header included."""
    book = load_workbook(io.BytesIO(content))
    (cells,) = book.worksheets
    return [tuple(row) for row in cells.iter_rows(values_only=True)]


def parquet_rows(content: bytes) -> list[tuple[Any, ...]]:
    """The rows that pyarrow reads."""
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    return [tuple(row.values()) for row in table.to_pylist()]
