"""Turns a CSV header and its mapping into one function per field: row in, text out."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from daybook.documents.reading.csv_cells import (
    CELLS_KEPT,
    FieldCells,
    Row,
    Take,
    Taken,
    take_of,
)
from daybook.documents.reading.csv_fields import (
    AMOUNT_FIELDS,
    DATE_FIELDS,
    FIELDS_OF_PARENT,
    HEAD_FIELDS,
    LINE_FIELDS,
)
from daybook.documents.reading.csv_headers import check_header
from daybook.documents.reading.csv_hints import SeenCells
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.mapping_parts import Condition, CsvColumn
from daybook.documents.reading.number_forms import PLAIN, NumberForm
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.errors import ProblemCode

COLUMNS_MAX = 1_000
"""The largest number of columns of a file."""

Values: TypeAlias = list[str | None]
Test: TypeAlias = Callable[[Row, Values], bool]

_NUMBER = re.compile(r"(-?[0-9]{1,18})(?:\.([0-9]{1,18}))?")


class Number(NamedTuple):
    """A decimal number: `digits` / 10 ** `decimals`, exactly."""

    digits: int
    decimals: int


@lru_cache(maxsize=CELLS_KEPT)
def number_of(text: str) -> Number | None:
    """The number that a text of the format's own form is, or None."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    fraction = match[2] or ""
    return Number(int(match[1] + fraction), len(fraction))


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields of a file, head fields first, and how each is taken from a row.

    `late` are the defaults that apply only where neither the row nor its product has a
    value; `filled` are all fields that the mapping may fill in; `sources` name the
    column of each field, for messages; `cells` find the cell that a row's value is
    taken from. `number_forms` are the forms of columns of numbers, and `seen` what
    stood in columns of dates and numbers. `is_mapped` says whether there is a mapping,
    and `drops_terms` whether it drops what a credited line has from its invoice line.
    """

    header: tuple[str, ...]
    names: tuple[str, ...]
    slots: dict[str, int]
    takes: tuple[Take, ...]
    late: dict[str, str]
    filled: frozenset[str]
    sources: dict[str, str]
    cells: dict[str, FieldCells] = field(default_factory=dict)
    number_forms: dict[str, NumberForm] = field(default_factory=dict)
    seen: dict[str, SeenCells] = field(default_factory=dict)
    is_mapped: bool = False
    drops_terms: bool = False

    @property
    def head_width(self) -> int:
        """How many of the fields are the document's own."""
        return sum(name in HEAD_FIELDS for name in self.names)

    def has(self, name: str) -> bool:
        """Whether rows can have the field."""
        return name in self.slots

    def slot(self, name: str) -> int:
        """A field's index among a row's values."""
        return self.slots[name]

    def cell(self, column: str) -> int:
        """A column's index in a row."""
        return self.header.index(column)

    def source(self, name: str) -> str:
        """The column of a field, or the field's own name if it has no column."""
        return self.sources.get(name, name)


def columns_of(
    header: Row, mapping: Mapping | None, problems: Problems, line: int
) -> Columns:
    """Match a header with a mapping; add to the problems what doesn't fit.

    Raises `Unreadable` for more than `COLUMNS_MAX` columns.
    """
    names = tuple(cell.strip() for cell in header)
    if len(names) > COLUMNS_MAX:
        message = f"the header has more than {COLUMNS_MAX:,} columns"
        raise Unreadable(message, line, ProblemCode.TOO_LARGE)
    is_own_form = mapping is None
    mapping = mapping or Mapping()
    taken = {
        name: CsvColumn(column=name)
        for name in names
        if name in (*HEAD_FIELDS, *LINE_FIELDS)
        and name not in mapping.ignore
        and name not in mapping.value_columns
        and not mapping.works_out(name)
    } | mapping.columns
    fields = _fields(taken, mapping)
    check_header(
        *(names, fields, None if is_own_form else mapping, problems, line),
    )
    late = _late_defaults(fields, mapping)
    number_forms = _number_forms(taken, mapping)
    seen = _seen_cells(taken, mapping)
    cells = {
        name: FieldCells.of(column, names)
        for name, column in taken.items()
        if column.column in names
    }
    takes = tuple(
        take_of(
            Taken(name, taken.get(name), mapping, seen),
            None if name in late else mapping.defaults.get(name),
            cells.get(name),
        )
        for name in fields
    )
    sources = {name: column.column for name, column in taken.items()}
    if mapping.amount is not None:
        sources["amount"] = mapping.amount.price
    slots = {name: slot for slot, name in enumerate(fields)}
    of_products = chain.from_iterable(mapping.products.values())
    filled = frozenset((*mapping.defaults, *of_products))
    return Columns(
        header=names,
        names=fields,
        slots=slots,
        takes=takes,
        late=late,
        filled=filled,
        sources=sources,
        cells=cells,
        number_forms=number_forms,
        seen=seen,
        is_mapped=not is_own_form,
        drops_terms=mapping.credit_note is not None and mapping.credit_note.drop_terms,
    )


def _fields(taken: dict[str, CsvColumn], mapping: Mapping) -> tuple[str, ...]:
    """The fields that rows can have, in the order of the format."""
    supplied = {*taken, *mapping.defaults}
    for of_product in mapping.products.values():
        supplied |= of_product.keys()
    if mapping.has_signs:
        supplied.add("currency")
    if mapping.credit_note is not None and mapping.credit_note.invoice_line_id:
        supplied.add("invoice_line_id")
    return tuple(
        name
        for name in (*HEAD_FIELDS, *LINE_FIELDS)
        if name in supplied or mapping.works_out(name)
    )


def _late_defaults(fields: Iterable[str], mapping: Mapping) -> dict[str, str]:
    late = {name for of_product in mapping.products.values() for name in of_product}
    if "invoice_line_id" in fields:
        late.update(FIELDS_OF_PARENT)
    return {name: text for name, text in mapping.defaults.items() if name in late}


def _number_forms(
    taken: dict[str, CsvColumn], mapping: Mapping
) -> dict[str, NumberForm]:
    """The forms of the columns of numbers, also of those that are multiplied."""
    forms = {}
    for name, column in taken.items():
        if name in AMOUNT_FIELDS:
            forms[column.column] = mapping.number_form(column)
            if column.otherwise is not None:
                forms.setdefault(column.otherwise, mapping.number_form(column))
    if mapping.amount is not None:
        for column_name in (mapping.amount.quantity, mapping.amount.price):
            forms[column_name] = mapping.numbers.form
    return forms


def _seen_cells(taken: dict[str, CsvColumn], mapping: Mapping) -> dict[str, SeenCells]:
    seen = {
        column_name: SeenCells(is_of_dates=name in DATE_FIELDS)
        for name, column in taken.items()
        if name in {*DATE_FIELDS, *AMOUNT_FIELDS}
        for column_name in column.names
    }
    if mapping.amount is not None:
        for column_name in (mapping.amount.quantity, mapping.amount.price):
            seen[column_name] = SeenCells(is_of_dates=False)
    return seen


def all_of(conditions: Sequence[Condition], columns: Columns) -> Test:
    """One function that says whether all the conditions hold for a row."""
    tests = [_single_test(condition, columns) for condition in conditions]
    if len(tests) == 1:
        return tests[0]
    return lambda row, values: all(test(row, values) for test in tests)


def _single_test(condition: Condition, columns: Columns) -> Test:
    expected = not condition.not_
    if condition.column is not None:
        form = columns.number_forms.get(condition.column, PLAIN)
        holds = _claim(condition, form)
        index = columns.cell(condition.column)
        return lambda row, _values: holds(row[index].strip()) is expected
    assert condition.field is not None, "a condition names a column or a field"
    holds = _claim(condition, PLAIN)
    if not columns.has(condition.field):
        always = holds("") is expected
        return lambda _row, _values: always
    slot = columns.slot(condition.field)
    return lambda _row, values: holds(values[slot] or "") is expected


def _claim(condition: Condition, form: NumberForm) -> Callable[[str], bool]:
    """Whether a text meets a condition; non-numbers are neither zero nor negative."""
    if condition.equals is not None:
        return condition.equals.__eq__
    prefix = condition.starts_with
    if prefix is not None:
        return lambda text: text.startswith(prefix)
    if condition.is_ == "empty":
        return lambda text: not text
    if condition.is_ == "zero":
        return lambda text: (
            (number := number_in(form, text)) is not None and not number.digits
        )
    return lambda text: (
        (number := number_in(form, text)) is not None and number.digits < 0
    )


def number_in(form: NumberForm, text: str) -> Number | None:
    """The number that a text of a column's form is, or None."""
    if form == PLAIN:
        return number_of(text)
    read = form.read(text)
    return None if read is None else number_of(read.text)
