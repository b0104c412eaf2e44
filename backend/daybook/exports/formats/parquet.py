"""Parquet: the generic CSV's lines in typed columns, for databases and data frames.

Texts are dictionaries, so each is stored once in a row group, and absent texts are
null. Columns are gathered as plain arrays: a movement adds all of its days at once, and
nothing is done per line. Row groups end with a unit, by their number of lines alone, so
that the same units give the same file however they were sliced.
"""

from array import array
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from daybook.calendar import FIRST_DAY, LAST_DAY
from daybook.exports.formats.contract import (
    Extra,
    FileFacts,
    Format,
    Limits,
    Renderer,
)
from daybook.exports.rules import (
    ExportGroup,
    ExportMovement,
    Movements,
    Units,
    code_of,
)

LINES = 2**17
"""How many lines a row group has at least, but for the last."""
DIGITS = 18
"""As many as fit into 64 bits, which all readers know as a decimal."""
DICTIONARY_BYTES = 2**24
"""Large enough for the texts of a row group: else they were stored again and again."""

_CODE = "xero_ledger_account_code"
"""The last column while Xero is enabled."""
_ABSENT = -1
_AMOUNT_BYTES = 16
_DIRECTIONS = ("DEBIT", "CREDIT")
_BOTH = array("i", (0, 1))
"""The lines of an entry: a debit and a credit."""


@cache
def _day_pairs() -> "array[int]":
    """Each day twice, for the two lines of an entry; both count from 1970."""
    return array("i", (day for day in range(FIRST_DAY, LAST_DAY + 1) for _ in _BOTH))


class _Texts:
    """A column of texts: each distinct text once, and a number for each line."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.numbers = array("i")
        self.has_absent = False

    def add(self, text: str, lines: int) -> None:
        """Add a text for some lines; an empty one is absent."""
        self.numbers.extend(array("i", (self._number(text),)) * lines)

    def add_pairs(self, first: str, second: str, pairs: int) -> None:
        """Add two texts in turn."""
        numbers = array("i", (self._number(first), self._number(second)))
        self.numbers.extend(numbers * pairs)

    def _number(self, text: str) -> int:
        known = self.known
        if text:
            return known.setdefault(text, len(known))
        self.has_absent = True
        return _ABSENT


class _Columns:
    """The lines of a row group, column by column in the order of the file."""

    def __init__(self) -> None:
        self.journals = array("q")
        self.days = array("i")
        self.directions = array("i")
        self.amounts = bytearray()
        self.keys = _Texts()
        self.accounts = _Texts()
        self.codes = _Texts()
        self.others = {name: _Texts() for name in _OTHERS}

    def add_movement(self, movement: ExportMovement) -> None:
        """Add two lines for each day on which a movement has an amount."""
        first, last = movement.first_day, movement.last_day
        share = movement.last_share
        days = (last - first if movement.daily else 0) + bool(share)
        start = first if movement.daily else last
        pairs = 2 * (start - FIRST_DAY)
        self.days.extend(_day_pairs()[pairs : pairs + 2 * days])
        self.journals.extend(array("q", (movement.journal,)) * (2 * days))
        self.directions.extend(_BOTH * days)
        if movement.daily:
            self.amounts += _amount(movement.daily) * (2 * (last - first))
        if share:
            self.amounts += _amount(share) * 2
        self.accounts.add_pairs(movement.debit_account, movement.credit_account, days)
        codes = code_of(movement.debit_target), code_of(movement.credit_target)
        self.codes.add_pairs(*codes, days)
        self._add_names(movement, 2 * days)

    def add_group(self, group: ExportGroup, *, is_journal: bool) -> None:
        """Add the lines of a group, or of a journal's month."""
        count = len(group.lines)
        pair = 2 * (group.day - FIRST_DAY)
        self.days.extend(_day_pairs()[pair : pair + 1] * count)
        if is_journal:
            self.journals.extend(array("q", (int(group.key),)) * count)
        else:
            self.keys.add(group.key, count)
        for line in group.lines:
            self.directions.append(not line.is_debit)
            self.accounts.add(line.account, 1)
            self.codes.add(code_of(line.target), 1)
            self.amounts += _amount(line.amount)
        self._add_names(group, count)

    def _add_names(self, unit: ExportMovement | ExportGroup, lines: int) -> None:
        for name, texts in self.others.items():
            texts.add(getattr(unit, name), lines)


_OTHERS = (
    *("narrative", "product_name", "customer_id", "customer_name"),
    *("invoice_id", "invoice_number"),
)
"""The columns that are alike in all lines of a unit, by the unit's own names."""


def _amount(minor: int) -> bytes:
    """An amount as Arrow's decimal of 128 bits."""
    return minor.to_bytes(_AMOUNT_BYTES, "little", signed=True)


class _Written:
    """Takes what the writer writes, until somebody takes it away."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> list[bytes]:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces


class _Renderer(Renderer):
    """Holds the lines of a row group, and the places of those that are written."""

    def __init__(self, facts: FileFacts) -> None:
        import pyarrow as pa  # noqa: PLC0415  (an extra, imported where it is used)
        from pyarrow import compute, parquet  # noqa: PLC0415  (as above)

        self._arrow: Any = pa
        self._compute: Any = compute
        self._has_text_keys = facts.has_text_keys
        self._columns = _Columns()
        self._written = _Written()
        self._schema = _schema(pa, facts)
        self._writer: Any = parquet.ParquetWriter(
            pa.PythonFile(self._written, mode="w"),
            self._schema,
            compression="zstd",
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            store_decimal_as_integer=True,
        )

    def render(self, units: Units) -> Iterator[bytes]:
        """The row groups that the slice completes."""
        if isinstance(units, Movements):
            for movement in units.units:
                self._columns.add_movement(movement)
                yield from self._full()
        else:
            for group in units.units:
                self._columns.add_group(group, is_journal=not self._has_text_keys)
                yield from self._full()

    def footer(self) -> Iterable[bytes]:
        """The last row group, and where all of them are."""
        if self._columns.days:
            self._write()
        self._writer.close()
        return self._written.take()

    def close(self) -> None:
        """Let go of the writer, which else does so at any time."""
        self._writer.close()

    def _full(self) -> list[bytes]:
        if len(self._columns.days) < LINES:
            return []
        self._write()
        return self._written.take()

    def _write(self) -> None:
        """Write a row group of the lines that are held, and hold none."""
        held, self._columns = self._columns, _Columns()
        arrow, lines = self._arrow, len(held.days)

        def numbers(type_: Any, values: Any) -> Any:
            buffers = [None, arrow.py_buffer(values)]
            return arrow.Array.from_buffers(type_, lines, buffers)

        def texts(column: _Texts) -> Any:
            found = numbers(arrow.int32(), column.numbers)
            if column.has_absent:
                nothing = arrow.scalar(None, arrow.int32())
                is_absent = self._compute.equal(found, _ABSENT)
                found = self._compute.if_else(is_absent, nothing, found)
            known = arrow.array(list(column.known), arrow.string())
            return arrow.DictionaryArray.from_arrays(found, known)

        directions = arrow.DictionaryArray.from_arrays(
            numbers(arrow.int32(), held.directions), list(_DIRECTIONS)
        )
        columns = {name: texts(column) for name, column in held.others.items()}
        columns["journal_number"] = (
            texts(held.keys)
            if self._has_text_keys
            else numbers(arrow.int64(), held.journals)
        )
        columns["date"] = numbers(arrow.date32(), held.days)
        columns["direction"] = directions
        columns["ledger_account_name"] = texts(held.accounts)
        columns[_CODE] = texts(held.codes)
        amount = self._schema.field("amount").type
        columns["amount"] = numbers(amount, held.amounts)
        table = arrow.Table.from_arrays(
            [columns[field.name] for field in self._schema], schema=self._schema
        )
        self._writer.write_table(table, row_group_size=lines)


def _schema(arrow: Any, facts: FileFacts) -> Any:
    """The columns of the generic CSV, in its order, by names without spaces."""
    text = arrow.dictionary(arrow.int32(), arrow.string())
    number = text if facts.has_text_keys else arrow.int64()
    return arrow.schema(
        [
            arrow.field("journal_number", number, nullable=False),
            arrow.field("date", arrow.date32(), nullable=False),
            arrow.field("narrative", text, nullable=False),
            arrow.field("product_name", text),
            arrow.field("customer_id", text),
            arrow.field("customer_name", text),
            arrow.field("direction", text, nullable=False),
            arrow.field("ledger_account_name", text, nullable=False),
            arrow.field(
                "amount", arrow.decimal128(DIGITS, facts.decimals), nullable=False
            ),
            arrow.field("invoice_id", text),
            arrow.field("invoice_number", text),
            *([arrow.field(_CODE, text)] if facts.has_codes else []),
        ],
        metadata={"currency": facts.currency},
    )


PARQUET = Format(
    name="PARQUET",
    number=6,
    description="Parquet with the columns of `SEQUENCE` in types, for databases and"
    " data frames.",
    suffix="parquet",
    media_type="application/vnd.apache.parquet",
    version=1,
    renderer=_Renderer,
    limits=Limits(digits=DIGITS),
    extra=Extra("parquet", "pyarrow"),
    is_text=False,
    is_slow=True,
)
