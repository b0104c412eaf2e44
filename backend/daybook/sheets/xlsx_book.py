"""A workbook of one sheet, whose rows go to a temporary file as they come.

Texts are written as text only, so nothing that came from outside becomes a formula, a
number or a link. The zipped file is made at the end; its time stamps are fixed, so that
the same cells are the same bytes.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from daybook.calendar import EPOCH, Day
from daybook.money import decimal_text
from daybook.sheets.contract import Extra
from daybook.temporary import temporary_folder

ROWS = 2**20
"""How many rows a sheet has, its header included."""
DIGITS = 15
"""How many digits of a number spreadsheets keep."""
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTRA = Extra("xlsx", "xlsxwriter")
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  (the file format knows no time zones)
"""The time stamp of each file, so that the same cells are the same bytes."""

_NARROWEST, _WIDEST = 10, 60
"""The widths of columns, in characters."""
_PIECE_BYTES = 2**18
_DAY_ZERO = date(1899, 12, 30).toordinal() - EPOCH
"""The day from which a sheet's dates count."""


class XlsxBook:
    """A sheet with a header of names in bold, which stays in view.

    `cells` is its worksheet, whose rows are written in order: texts with
    `write_string`, numbers with `write_number` and one of the book's forms.
    """

    def __init__(self, title: str, names: Sequence[str]) -> None:
        import xlsxwriter  # noqa: PLC0415  (an extra, imported where it is used)

        self._folder = temporary_folder()
        self._path = f"{self._folder.name}/book.xlsx"
        self._book: Any = xlsxwriter.Workbook(
            self._path,
            {
                "constant_memory": True,
                "tmpdir": self._folder.name,
                "use_zip64": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._book.set_properties({"created": CREATED})
        self.cells: Any = self._book.add_worksheet(title)
        self.cells.freeze_panes(1, 0)
        self.date_form: Any = self.form("yyyy-mm-dd")
        self._widths = [max(_NARROWEST, len(name) + 2) for name in names]
        bold = self._book.add_format({"bold": True})
        for column, name in enumerate(names):
            self.cells.write_string(0, column, name, bold)

    def form(self, shown: str) -> Any:
        """A form of numbers, as `write_number` takes it."""
        return self._book.add_format({"num_format": shown})

    def amount_form(self, decimals: int) -> Any:
        """The form of amounts with this number of decimals."""
        point = f".{'0' * decimals}" if decimals else ""
        return self.form(f"#,##0{point}")

    def write_day(self, row: int, column: int, day: Day) -> None:
        """Write a date."""
        self.cells.write_number(row, column, day - _DAY_ZERO, self.date_form)

    def widen(self, column: int, length: int) -> None:
        """Make a column wide enough for so many characters, within reason."""
        if length + 2 > self._widths[column]:
            self._widths[column] = min(length + 2, _WIDEST)

    def pieces(self) -> Iterator[bytes]:
        """The whole file; no row is written after this."""
        for column, width in enumerate(self._widths):
            self.cells.set_column(column, column, width)
        self._book.close()
        with open(self._path, "rb") as file:  # noqa: PTH123  (a name, not a path)
            while piece := file.read(_PIECE_BYTES):
                yield piece

    def close(self) -> None:
        """Remove the temporary files."""
        self.cells.row_data_fh.close()
        self._folder.cleanup()


@lru_cache(maxsize=4_096)
def amount_number(minor: int, decimals: int) -> Decimal:
    """An amount that is written with its own digits, as no binary number would be."""
    return Decimal(minor).scaleb(-decimals)


def amount_shown(minor: int, decimals: int) -> str:
    """An amount as the sheet shows it: `1,234.50`."""
    whole, point, fraction = decimal_text(abs(minor), decimals).partition(".")
    return f"{'-' * (minor < 0)}{int(whole):,}{point}{fraction}"
