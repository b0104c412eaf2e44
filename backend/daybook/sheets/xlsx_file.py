"""A sheet as XLSX, with the columns' titles as its header.

Dates, moments (in UTC) and truth values are typed. Amounts and whole numbers are
numbers up to the 15 digits that spreadsheets keep, and text beyond. Texts that come
from outside are defused.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.money import amount_text, decimals_of
from daybook.sheets.cells import defused
from daybook.sheets.columns import Kind, Money, Row, Sheet
from daybook.sheets.contract import SheetFormat, SheetWriter
from daybook.sheets.xlsx_book import (
    DIGITS,
    EXTRA,
    MEDIA_TYPE,
    ROWS,
    XlsxBook,
    amount_number,
    amount_shown,
)

TITLE_MAX = 31
"""How many characters a sheet's name has at most."""
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
_MOMENT_LENGTH = len("2026-01-31 12:00:00")


class _Writer(SheetWriter[Row], Generic[Row]):
    """Gives the whole file as its footer."""

    def __init__(self, sheet: Sheet[Row], _currency: str) -> None:
        self._columns = sheet.columns
        title = _NOT_IN_TITLES.sub(" ", sheet.title)[:TITLE_MAX]
        self._book = XlsxBook(title, [column.title for column in sheet.columns])
        self._moment = self._book.form("yyyy-mm-dd hh:mm:ss")
        self._count = self._book.form("0")
        self._amounts: dict[str, tuple[int, Any]] = {}
        self._rows = 0
        self._writes: dict[Kind, Callable[[int, int, Any], None]] = {
            Kind.TEXT: self._text,
            Kind.INTEGER: self._integer,
            Kind.MONEY: self._money,
            Kind.DATE: self._book.write_day,
            Kind.TIMESTAMP: self._timestamp,
            Kind.BOOLEAN: self._boolean,
        }

    def add(self, rows: Sequence[Row]) -> Iterable[bytes]:
        """Nothing yet; raises Rejected for more rows than a sheet has."""
        if self._rows + len(rows) > ROWS - 1:
            message = (
                f"a sheet of XLSX holds up to {ROWS - 1:,} rows, and these are more:"
                " choose csv or parquet, or a narrower selection"
            )
            raise Rejected([Problem(ProblemCode.TOO_LARGE, message, ("format",))])
        columns = [
            (number, column.value, self._writes[column.kind])
            for number, column in enumerate(self._columns)
        ]
        for row in rows:
            self._rows += 1
            for number, value_of, write in columns:
                if (value := value_of(row)) is not None:
                    write(self._rows, number, value)
        return ()

    def footer(self) -> Iterable[bytes]:
        """The whole file."""
        return self._book.pieces()

    def close(self) -> None:
        """Remove the temporary files."""
        self._book.close()

    def _text(self, row: int, column: int, text: str) -> None:
        self._book.widen(column, len(text))
        self._book.cells.write_string(row, column, defused(text))

    def _integer(self, row: int, column: int, number: int) -> None:
        self._book.widen(column, len(str(number)))
        if abs(number) >= 10**DIGITS:
            self._book.cells.write_string(row, column, str(number))
        else:
            self._book.cells.write_number(row, column, number, self._count)

    def _money(self, row: int, column: int, money: Money) -> None:
        minor, currency = money
        if currency not in self._amounts:
            decimals = decimals_of(currency)
            self._amounts[currency] = decimals, self._book.amount_form(decimals)
        decimals, form = self._amounts[currency]
        self._book.widen(column, len(amount_shown(minor, decimals)))
        if abs(minor) >= 10**DIGITS:
            text = amount_text(minor, currency)
            self._book.cells.write_string(row, column, text)
        else:
            number = amount_number(minor, decimals)
            self._book.cells.write_number(row, column, number, form)

    def _timestamp(self, row: int, column: int, moment: datetime) -> None:
        self._book.widen(column, _MOMENT_LENGTH)
        naive = moment.astimezone(UTC).replace(tzinfo=None)
        self._book.cells.write_datetime(row, column, naive, self._moment)

    def _boolean(self, row: int, column: int, claim: bool) -> None:  # noqa: FBT001  (a cell's value)
        self._book.cells.write_boolean(row, column, claim)


XLSX = SheetFormat(
    "xlsx", MEDIA_TYPE, _Writer, extra=EXTRA, is_text=False, is_slow=True
)
