"""Turns a CSV header and its mapping into one function per field: row in, text out."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from daybook.documents.reading.mapping import (
    HEAD_FIELDS,
    LINE_FIELDS,
    Condition,
    CsvColumn,
    Mapping,
)
from daybook.documents.reading.problems import Problems, Unreadable
from daybook.errors import ProblemCode, did_you_mean

REQUIRED_FIELDS = (
    "type",
    "id",
    "status",
    "currency",
    "customer.id",
    "customer.name",
    "issued_on",
    "amount",
)
"""The fields that every document needs; others depend on its type and method.

A file with a `price` column, of billing schedules, needs no `UNLESS_PRICED`.
"""
UNLESS_PRICED = ("issued_on", "amount")
FIELDS_OF_PARENT = (
    "product.id",
    "product.name",
    "product.category",
    "service_from",
    "service_to",
    "timing",
    "method",
    "strategy",
    "recognized_on",
    "classification",
    "group",
)
"""What a credited line has from its invoice line: defaults don't apply to it."""
COLUMNS_MAX = 1_000
"""The largest number of columns of a file."""
OPEN = "open"
"""The cell of a milestone that isn't completed: null in JSON."""

Row: TypeAlias = Sequence[str]
Values: TypeAlias = list[str | None]
Take: TypeAlias = Callable[[Row], str | None]
Test: TypeAlias = Callable[[Row, Values], bool]

# How many distinct cells of a column are cached, so that equal ones share their text.
_CELLS_KEPT = 32_768
_NUMBER = re.compile(r"(-?[0-9]{1,18})(?:\.([0-9]{1,18}))?")


class NotInForm(ValueError):
    """A cell that doesn't have the form that the mapping requires."""


class Number(NamedTuple):
    """A decimal number: `digits` / 10 ** `decimals`, exactly."""

    digits: int
    decimals: int


@lru_cache(maxsize=_CELLS_KEPT)
def number_of(text: str) -> Number | None:
    """The number that a text is, or None; thousands separators aren't accepted."""
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
    column of each field, for messages.
    """

    header: tuple[str, ...]
    names: tuple[str, ...]
    slots: dict[str, int]
    takes: tuple[Take, ...]
    late: dict[str, str]
    filled: frozenset[str]
    sources: dict[str, str]

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


def columns_of(header: Row, mapping: Mapping, problems: Problems, line: int) -> Columns:
    """Match a header with a mapping; add to the problems what doesn't fit.

    Raises `Unreadable` for more than `COLUMNS_MAX` columns.
    """
    names = tuple(cell.strip() for cell in header)
    if len(names) > COLUMNS_MAX:
        message = f"the header has more than {COLUMNS_MAX:,} columns"
        raise Unreadable(message, line, ProblemCode.TOO_LARGE)
    taken = {
        name: CsvColumn(column=name)
        for name in names
        if name in (*HEAD_FIELDS, *LINE_FIELDS)
        and name not in mapping.ignore
        and name not in mapping.value_columns
        and not mapping.works_out(name)
    } | mapping.columns
    fields = _fields(taken, mapping)
    _check_header(names, fields, mapping, problems, line)
    late = _late_defaults(fields, mapping)
    takes = tuple(
        _take(
            taken.get(name),
            None if name in late else mapping.defaults.get(name),
            names,
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
    )


def _fields(taken: dict[str, CsvColumn], mapping: Mapping) -> tuple[str, ...]:
    """The fields that rows can have, in the order of the format."""
    supplied = {*taken, *mapping.defaults}
    for of_product in mapping.products.values():
        supplied |= of_product.keys()
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


def _check_header(
    names: Row, fields: Sequence[str], mapping: Mapping, problems: Problems, line: int
) -> None:
    """Report missing, unknown and repeated columns, and which are expected."""
    used = mapping.used_columns
    missing = [name for name in used if name not in names]
    missing += [
        name
        for name in REQUIRED_FIELDS
        if name not in fields and not (name in UNLESS_PRICED and "price" in fields)
    ]
    known = {*used, *mapping.ignore, *HEAD_FIELDS, *LINE_FIELDS}
    unknown = [name for name in names if name not in known]
    twice = sorted({name for name in names if names.count(name) > 1})
    expected = ", ".join(
        [*used, *(name for name in fields if name not in mapping.columns)]
    )
    if not mapping.columns:
        expected = ", ".join((*HEAD_FIELDS, *LINE_FIELDS))
    for code, columns, reason, way_out in (
        (ProblemCode.MISSING, missing, "lacks", f"expected are {expected}"),
        (
            ProblemCode.UNKNOWN_FIELD,
            unknown,
            "has unknown columns",
            "leave out what is not a field, or name it under ignore in a mapping file",
        ),
        (ProblemCode.DUPLICATE, twice, "names twice", f"expected are {expected}"),
    ):
        if columns:
            free = known - {*names} if columns is unknown else ()
            shown = ", ".join(_shown(name, free) for name in columns[:50])
            message = f"the header {reason}: {shown}; {way_out}"
            problems.add(code, message, tuple(columns[:1]), line)


def _shown(name: str, free: Iterable[str]) -> str:
    """A column's name, with the missing column that it may be meant for."""
    near = did_you_mean(name, free).removeprefix("; ")
    return (name[:100] or "(no name)") + (f" ({near})" if near else "")


def _take(column: CsvColumn | None, default: str | None, names: Row) -> Take:
    """How a field is taken from a row: cleaned, with the default for an empty cell."""
    if column is None or column.column not in names:
        return lambda _row: default
    index = names.index(column.column)
    clean = _cleaner(column)
    if column.otherwise is not None and column.otherwise in names:
        other = names.index(column.otherwise)
        return lambda row: clean(row[index]) or clean(row[other]) or default
    if default is not None:
        return lambda row: clean(row[index]) or default
    return lambda row: clean(row[index])


def _cleaner(column: CsvColumn) -> Callable[[str], str | None]:
    """The cleaning that a mapping requires; spaces around a cell are always dropped."""

    @lru_cache(maxsize=_CELLS_KEPT)
    def clean(cell: str) -> str | None:
        text = cell.strip().removesuffix(column.strip_suffix or "")
        if not text:
            return None
        if column.date_format is not None and text != OPEN:
            text = _date_text(text, column.date_format)
        return (column.add_prefix or "") + text

    return clean


def _date_text(text: str, date_format: str) -> str:
    try:
        moment = datetime.strptime(text, date_format)  # noqa: DTZ007  (a date alone)
    except ValueError:
        raise NotInForm(f"is not a date of the form {date_format}") from None
    return moment.date().isoformat()


def all_of(conditions: Sequence[Condition], columns: Columns) -> Test:
    """One function that says whether all the conditions hold for a row."""
    tests = [_single_test(condition, columns) for condition in conditions]
    if len(tests) == 1:
        return tests[0]
    return lambda row, values: all(test(row, values) for test in tests)


def _single_test(condition: Condition, columns: Columns) -> Test:
    holds = _claim(condition)
    expected = not condition.not_
    if condition.column is not None:
        index = columns.cell(condition.column)
        return lambda row, _values: holds(row[index].strip()) is expected
    assert condition.field is not None, "a condition names a column or a field"
    if not columns.has(condition.field):
        always = holds("") is expected
        return lambda _row, _values: always
    slot = columns.slot(condition.field)
    return lambda _row, values: holds(values[slot] or "") is expected


def _claim(condition: Condition) -> Callable[[str], bool]:
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
            (number := number_of(text)) is not None and not number.digits
        )
    return lambda text: (number := number_of(text)) is not None and number.digits < 0
