"""Turns the cells of a field into its text: which cell, cleaned and read. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from daybook.documents.reading.csv_fields import AMOUNT_FIELDS, DATE_FIELDS
from daybook.documents.reading.csv_hints import SeenCells
from daybook.documents.reading.date_forms import NotADate, date_in
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.mapping_parts import CsvColumn
from daybook.documents.reading.number_forms import PLAIN, NumberForm
from daybook.errors import ProblemCode
from daybook.folding import folded

CELLS_KEPT = 32_768
"""How many distinct cells of a column are cached, so that equal ones share a text."""
OPEN = "open"
"""The cell of a milestone that isn't completed: null in JSON."""

Row: TypeAlias = Sequence[str]
Take: TypeAlias = Callable[[Row], str | None]


class NotInForm(ValueError):
    """A cell that doesn't have the form that the mapping requires."""

    def __init__(self, code: ProblemCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class FieldCells:
    """The cells that a field is taken from: its column's, or the other one's.

    The other one counts where the first is empty once it is cleaned.
    """

    column: CsvColumn
    index: int
    other: int | None = None

    @classmethod
    def of(cls, column: CsvColumn, names: Row) -> "FieldCells":
        """The cells of a column that is in the header."""
        other = column.otherwise
        at = names.index(other) if other is not None and other in names else None
        return cls(column, names.index(column.column), at)

    def place(self, row: Row) -> int:
        """The index of the cell that the row's value is taken from."""
        if self.other is None or self.cleaned(row[self.index]):
            return self.index
        return self.other

    def cleaned(self, cell: str) -> str:
        """A cell's text as the mapping cleans it, before it is read."""
        column = self.column
        text = cell.strip().removesuffix(column.strip_suffix or "")
        if column.values:
            text = column.by_folded.get(folded(text), text)
        return folded(text) if column.fold and text else text


class Taken(NamedTuple):
    """A field with its column, if it has one, and what its cells are read by."""

    name: str
    column: CsvColumn | None
    mapping: Mapping
    seen: dict[str, SeenCells]


def take_of(taken: Taken, default: str | None, cells: FieldCells | None) -> Take:
    """How a field is taken from a row: cleaned, with the default for an empty cell."""
    if cells is None:
        return lambda _row: default
    index, other = cells.index, cells.other
    column = cells.column
    read = _texts_of(taken, cells, (column.column,))
    if other is not None:
        # Problems that the document's check finds name the first column.
        read_other = _texts_of(taken, cells, column.names)
        return lambda row: read(row[index]) or read_other(row[other]) or default
    if default is not None:
        return lambda row: read(row[index]) or default
    return lambda row: read(row[index])


def _texts_of(
    taken: Taken, cells: FieldCells, seen_in: Sequence[str]
) -> Callable[[str], str | None]:
    """The reading of a column's cells; spaces around a cell are always dropped."""
    convert = _reader(taken, cells.column, seen_in)
    prefix = cells.column.add_prefix or ""

    @lru_cache(maxsize=CELLS_KEPT)
    def read(cell: str) -> str | None:
        text = cells.cleaned(cell)
        if not text:
            return None
        return prefix + (text if convert is None else convert(text))

    return read


def _reader(
    taken: Taken, column: CsvColumn, seen_in: Sequence[str]
) -> Callable[[str], str] | None:
    """How a text of a column of dates or numbers is read; None for other columns.

    Each text is noted, so that a refusal can say which form the column has.
    """
    if taken.name in DATE_FIELDS:
        convert = _date_reader(column.date_format)
    elif taken.name in AMOUNT_FIELDS:
        convert = _number_reader(taken.mapping.number_form(column))
    else:
        return None
    notes = [taken.seen[name].note for name in seen_in]

    def read(text: str) -> str:
        for note in notes:
            note(text)
        return convert(text)

    return read


def _date_reader(date_formats: Sequence[str] | None) -> Callable[[str], str]:
    if date_formats is None:
        return str

    def convert(text: str) -> str:
        try:
            return text if text == OPEN else date_in(text, date_formats)
        except NotADate as error:
            raise NotInForm(ProblemCode.INVALID_DATE, str(error)) from None

    return convert


def _number_reader(form: NumberForm) -> Callable[[str], str]:
    """The reading of numbers; the format's own form is checked with the document."""
    if form == PLAIN:
        return str

    def convert(text: str) -> str:
        number = form.read(text)
        if number is None:
            raise NotInForm(ProblemCode.INVALID_AMOUNT, form.refusal(text))
        return number.text

    return convert
