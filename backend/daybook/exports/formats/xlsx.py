"""XLSX: the generic CSV's lines as a sheet with typed dates and numbers."""

from collections.abc import Iterable, Iterator

from daybook.exports.formats.contract import FileFacts, Format, Limits, Renderer
from daybook.exports.formats.generic import COLUMNS, columns_of, status_of
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Movements,
    Units,
    alike,
    code_of,
)
from daybook.sheets.cells import defused
from daybook.sheets.xlsx_book import (
    DIGITS,
    EXTRA,
    MEDIA_TYPE,
    ROWS,
    XlsxBook,
    amount_number,
    amount_shown,
)

_DATE, _DIRECTION, _ACCOUNT, _AMOUNT, _STATUS = 1, 6, 7, 8, len(COLUMNS)


class _Renderer(Renderer):
    """Keeps the number of rows, and how wide the columns have to be."""

    def __init__(self, facts: FileFacts) -> None:
        names = columns_of(facts)
        self._book = XlsxBook(f"Journals {facts.currency}", names)
        self._decimals, self._has_text_keys = facts.decimals, facts.has_text_keys
        self._amount = self._book.amount_form(facts.decimals)
        self._has_codes, self._divides_on = facts.has_codes, facts.divides_on
        self._code = len(names) - 1
        """The column of codes, if there is one."""
        self._largest = 0
        self._rows = 0

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
        self._book.widen(_AMOUNT, len(amount_shown(self._largest, self._decimals)))
        return self._book.pieces()

    def close(self) -> None:
        """Remove the temporary files."""
        self._book.close()

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
            _STATUS: self._status(unit),
        }
        cells = [(column, defused(text)) for column, text in texts.items() if text]
        for column, text in cells:
            self._book.widen(column, len(text))
        return cells

    def _status(self, unit: ExportMovement | ExportGroup) -> str:
        """The status of all lines of a unit, if there is one."""
        day = unit.day if isinstance(unit, ExportGroup) else unit.last_day
        return status_of(day, self._divides_on)

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
        row, sheet = self._rows, self._book.cells
        if isinstance(key, int):
            sheet.write_number(row, 0, key)
        else:
            self._book.widen(0, len(key))
            sheet.write_string(row, 0, key)
        self._book.write_day(row, _DATE, day)
        for column, text in names:
            sheet.write_string(row, column, text)
        sheet.write_string(row, _DIRECTION, side)
        name, code = account
        self._book.widen(_ACCOUNT, len(name))
        sheet.write_string(row, _ACCOUNT, name)
        if code and self._has_codes:
            sheet.write_string(row, self._code, defused(code))
        self._largest = max(self._largest, amount)
        number = amount_number(amount, self._decimals)
        sheet.write_number(row, _AMOUNT, number, self._amount)


XLSX = Format(
    name="XLSX",
    number=7,
    description="A spreadsheet with the columns of `SEQUENCE`, in dates and numbers: up"
    " to 1,048,575 rows, and amounts of up to 15 digits.",
    suffix="xlsx",
    media_type=MEDIA_TYPE,
    version=2,
    status_version=3,
    renderer=_Renderer,
    has_safe_texts=True,
    limits=Limits(rows=ROWS - 1, digits=DIGITS),
    extra=EXTRA,
    is_text=False,
    is_slow=True,
)
