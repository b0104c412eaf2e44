"""XLSX: the generic CSV's lines as a sheet with typed dates and numbers.

Texts are written as text only, so nothing that came from outside becomes a formula, a
number or a link. Rows go to a temporary file as they come, and the zipped file is made
of it at the end; its time stamps are fixed.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Any

from daybook.calendar import EPOCH
from daybook.exports.formats.contract import (
    Extra,
    FileFacts,
    Format,
    Limits,
    Renderer,
)
from daybook.exports.formats.generic import CODE_COLUMN, COLUMNS
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Movements,
    Units,
    alike,
    code_of,
)
from daybook.money import decimal_text
from daybook.sheets.cells import defused

ROWS = 2**20
"""How many rows a sheet has, its header included."""
DIGITS = 15
"""How many digits of a number spreadsheets keep."""
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  (the file format knows no time zones)
"""The time stamp of each file, so that the same export is the same bytes."""

NARROWEST, WIDEST = 10, 60
"""The widths of columns of text, in characters."""
_PIECE_BYTES = 2**18
_DAY_ZERO = date(1899, 12, 30).toordinal() - EPOCH
"""The day from which a sheet's dates count."""
_DATE, _DIRECTION, _ACCOUNT, _AMOUNT = 1, 6, 7, 8


class _Renderer(Renderer):
    """Keeps the number of rows, and how wide the columns have to be."""

    def __init__(self, facts: FileFacts) -> None:
        import xlsxwriter  # noqa: PLC0415  (an extra, imported where it is used)

        self._folder = TemporaryDirectory(
            prefix="daybook-xlsx-",
            ignore_cleanup_errors=True,  # a thread may still write, and nobody reads
        )
        self._path = f"{self._folder.name}/journals.xlsx"
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
        self._sheet: Any = self._book.add_worksheet(f"Journals {facts.currency}")
        self._sheet.freeze_panes(1, 0)
        self._decimals, self._has_text_keys = facts.decimals, facts.has_text_keys
        decimals = f".{'0' * facts.decimals}" if facts.decimals else ""
        self._amount = self._book.add_format({"num_format": f"#,##0{decimals}"})
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        names = (*COLUMNS, CODE_COLUMN) if facts.has_codes else COLUMNS
        self._has_codes = facts.has_codes
        self._widths = [max(NARROWEST, len(name) + 2) for name in names]
        self._largest = 0
        self._rows = 0
        bold = self._book.add_format({"bold": True})
        for column, name in enumerate(names):
            self._sheet.write_string(0, column, name, bold)

    def render(self, units: Units) -> Iterator[bytes]:
        """Nothing yet: the file is made at the end."""
        if isinstance(units, Movements):
            for movement in units.units:
                self._add_movement(movement)
        else:
            for group in units.units:
                for part in alike(group):
                    self._add_group(part)
        return iter(())

    def footer(self) -> Iterable[bytes]:
        """The whole file."""
        self._widths[_AMOUNT] = max(
            self._widths[_AMOUNT], len(_shown(self._largest, self._decimals)) + 2
        )
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, width)
        self._book.close()
        with open(self._path, "rb") as file:  # noqa: PTH123  (a name, not a path)
            while piece := file.read(_PIECE_BYTES):
                yield piece

    def close(self) -> None:
        """Remove the temporary files."""
        self._sheet.row_data_fh.close()
        self._folder.cleanup()

    def _add_movement(self, movement: ExportMovement) -> None:
        first, last = movement.first_day, movement.last_day
        share = movement.last_share
        names = self._names(movement)
        accounts = (
            (defused(movement.debit_account), code_of(movement.debit_target)),
            (defused(movement.credit_account), code_of(movement.credit_target)),
        )
        if movement.daily:
            for day in range(first, last):
                self._add_entry(movement.journal, day, names, accounts, movement.daily)
        if share:
            self._add_entry(movement.journal, last, names, accounts, share)

    def _add_entry(
        self,
        journal: int,
        day: int,
        names: list[tuple[int, str]],
        accounts: tuple[tuple[str, str], tuple[str, str]],
        amount: int,
    ) -> None:
        self._add_line(journal, day, names, "DEBIT", accounts[0], amount)
        self._add_line(journal, day, names, "CREDIT", accounts[1], amount)

    def _add_group(self, group: ExportGroup) -> None:
        names = self._names(group)
        key = defused(group.key) if self._has_text_keys else int(group.key)
        for line in group.lines:
            side = "DEBIT" if line.is_debit else "CREDIT"
            account = (defused(line.account), code_of(line.target))
            self._add_line(key, group.day, names, side, account, line.amount)

    def _names(self, unit: ExportMovement | ExportGroup) -> list[tuple[int, str]]:
        """The cells that are alike in all lines of a unit, by their columns."""
        texts = {
            2: unit.narrative,
            3: unit.product_name,
            4: unit.customer_id,
            5: unit.customer_name,
            9: unit.invoice_id,
            10: unit.invoice_number,
        }
        cells = [(column, defused(text)) for column, text in texts.items() if text]
        for column, text in cells:
            self._widen(column, len(text))
        return cells

    def _widen(self, column: int, length: int) -> None:
        if length + 2 > self._widths[column]:
            self._widths[column] = min(length + 2, WIDEST)

    def _add_line(  # noqa: PLR0913, PLR0917  (the cells of a line)
        self,
        key: int | str,
        day: int,
        names: list[tuple[int, str]],
        side: str,
        account: tuple[str, str],
        amount: int,
    ) -> None:
        self._rows += 1
        row, sheet = self._rows, self._sheet
        if isinstance(key, int):
            sheet.write_number(row, 0, key)
        else:
            self._widen(0, len(key))
            sheet.write_string(row, 0, key)
        sheet.write_number(row, _DATE, day - _DAY_ZERO, self._date)
        for column, text in names:
            sheet.write_string(row, column, text)
        sheet.write_string(row, _DIRECTION, side)
        name, code = account
        self._widen(_ACCOUNT, len(name))
        sheet.write_string(row, _ACCOUNT, name)
        if code and self._has_codes:
            sheet.write_string(row, len(COLUMNS), defused(code))
        self._largest = max(self._largest, amount)
        number = _number(amount, self._decimals)
        sheet.write_number(row, _AMOUNT, number, self._amount)


@lru_cache(maxsize=4_096)
def _number(minor: int, decimals: int) -> Decimal:
    """An amount that is written with its own digits, as no binary number would be."""
    return Decimal(minor).scaleb(-decimals)


def _shown(minor: int, decimals: int) -> str:
    """An amount as the sheet shows it: `1,234.50`."""
    whole, point, fraction = decimal_text(minor, decimals).partition(".")
    return f"{int(whole):,}{point}{fraction}"


XLSX = Format(
    name="XLSX",
    number=7,
    description="A spreadsheet with the columns of `SEQUENCE`, in dates and numbers: up"
    " to 1,048,575 rows, and amounts of up to 15 digits.",
    suffix="xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    version=1,
    renderer=_Renderer,
    has_safe_texts=True,
    limits=Limits(rows=ROWS - 1, digits=DIGITS),
    extra=Extra("xlsx", "xlsxwriter"),
    is_text=False,
    is_slow=True,
)
