"""A sheet as Parquet, with the columns' stable names.

Amounts are decimals of 128 bits with the currency's decimals, so every amount of a file
is of one currency. Texts are what they are, formulas too: no spreadsheet opens it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic

from daybook.money import decimals_of
from daybook.sheets.columns import Kind, Money, Row, Sheet, Value
from daybook.sheets.contract import SheetFormat, SheetWriter
from daybook.sheets.parquet_file.columns import (
    CLAIMS,
    DAYS,
    MOMENTS,
    NUMBERS,
    TEXTS,
    Column,
    wide_decimals_of,
)
from daybook.sheets.parquet_file.lines import value_lines
from daybook.sheets.parquet_file.writer import MAGIC, ParquetWriter

ROWS = 2**15
"""How many rows a row group has, but for the last: what is held at a time."""
_VERSION = 1
"""Rises where the same rows give other bytes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Writer(SheetWriter[Row], Generic[Row]):
    """Holds the rows of a row group, and the places of those that are written."""

    def __init__(self, sheet: Sheet[Row], currency: str) -> None:
        self._currency, self._values = currency, sheet.columns
        kinds = {
            Kind.TEXT: TEXTS,
            Kind.INTEGER: NUMBERS,
            Kind.MONEY: wide_decimals_of(decimals_of(currency)),
            Kind.DATE: DAYS,
            Kind.TIMESTAMP: MOMENTS,
            Kind.BOOLEAN: CLAIMS,
        }
        assert set(kinds) == set(Kind), "every kind has its type"
        self._columns = [
            Column(column.name, kinds[column.kind]) for column in sheet.columns
        ]
        self._writer = ParquetWriter(
            self._columns,
            {"sheet": sheet.name, "currency": currency},
            f"daybook version {_VERSION} (build {_VERSION})",
        )
        self._held: list[Row] = []

    def header(self) -> Iterable[bytes]:
        """What says that it is Parquet."""
        return (MAGIC,)

    def add(self, rows: Sequence[Row]) -> Iterator[bytes]:
        """The row groups that the rows complete."""
        self._held += rows
        while len(self._held) >= ROWS:
            group, self._held = self._held[:ROWS], self._held[ROWS:]
            yield from self._row_group(group)

    def footer(self) -> Iterator[bytes]:
        """The last row group, and where all of them are."""
        if self._held:
            yield from self._row_group(self._held)
        yield self._writer.footer()

    def _row_group(self, rows: Sequence[Row]) -> list[bytes]:
        lines = (
            value_lines(kept, self._stored(column.kind, [*map(column.value, rows)]))
            for kept, column in zip(self._columns, self._values, strict=True)
        )
        return self._writer.row_group(len(rows), lines)

    def _stored(self, kind: Kind, values: list[Value]) -> Sequence[Any]:
        """A column's values as their type stores them."""
        if kind is Kind.MONEY:
            return [None if value is None else self._minor(value) for value in values]
        if kind is Kind.TIMESTAMP:
            return [None if value is None else _microseconds(value) for value in values]
        return values

    def _minor(self, money: Any) -> int:
        minor, currency = Money(*money)
        assert currency == self._currency, "a file's amounts are of one currency"
        return minor


def _microseconds(moment: Any) -> int:
    """Microseconds since 1970."""
    return int((moment - _EPOCH) // _MICROSECOND)


PARQUET = SheetFormat(
    "parquet",
    "application/vnd.apache.parquet",
    _Writer,
    is_text=False,
    is_slow=True,
)
