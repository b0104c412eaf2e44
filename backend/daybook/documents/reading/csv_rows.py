"""Applies a mapping to CSV rows: a row in, the values of its fields out."""

from functools import lru_cache

from daybook.documents.reading.csv_columns import (
    FIELDS_OF_PARENT,
    Columns,
    NotInForm,
    Row,
    Test,
    Values,
    all_of,
    number_of,
)
from daybook.documents.reading.json_fields import decimals_or_none
from daybook.documents.reading.mapping import Mapping
from daybook.errors import Problem, ProblemCode
from daybook.money import decimal_text, divide_half_up

# An unknown currency is reported as such; its amounts are still multiplied out.
_USUAL_DECIMALS = 2
_SIGNED = ("amount", "usage.amount", "milestones.amount")


class Mapper:
    """A mapping, prepared for the columns of one file."""

    def __init__(self, columns: Columns, mapping: Mapping) -> None:
        self._columns = columns
        self._products = mapping.products
        self._leave_out: list[tuple[str, Test]] = [
            (rule.reason, all_of(rule.when, columns)) for rule in mapping.leave_out
        ]
        self._is_credit_note: Test | None = None
        if mapping.credit_note is not None:
            self._is_credit_note = all_of(mapping.credit_note.when, columns)
        self._negates = mapping.credit_note is not None and mapping.credit_note.negate
        self._signed = [columns.slot(name) for name in _SIGNED if columns.has(name)]
        self._factors: tuple[int, ...] = ()
        if mapping.amount is not None:
            factors = (mapping.amount.quantity, mapping.amount.price)
            self._factors = tuple(columns.cell(column) for column in factors)

    def mapped(self, row: Row, line: int) -> tuple[Values, list[Problem]]:
        """The row's values in the order of the fields, and the problems of its cells.

        A cell with a problem has no value.
        """
        columns = self._columns
        found: list[Problem] = []
        try:
            values = [take(row) for take in columns.takes]
        except NotInForm:
            values, found = self._one_by_one(row, line)
        if columns.late or self._products:
            self._fill(values)
        if self._factors:
            found += self._multiply(row, values, line)
        if self._is_credit_note is not None:
            is_credit_note = self._is_credit_note(row, values)
            values[columns.slot("type")] = (
                "credit_note" if is_credit_note else "invoice"
            )
            if is_credit_note and self._negates:
                for slot in self._signed:
                    values[slot] = _negated(values[slot])
        return values, found

    def reason_to_leave_out(self, row: Row, values: Values) -> str | None:
        """The reason of the first rule that holds for the row, if any does."""
        for reason, holds in self._leave_out:
            if holds(row, values):
                return reason
        return None

    def _one_by_one(self, row: Row, line: int) -> tuple[Values, list[Problem]]:
        """All values, with a problem for each cell that doesn't fit."""
        values: Values = []
        found = []
        for name, take in zip(self._columns.names, self._columns.takes, strict=True):
            try:
                values.append(take(row))
            except NotInForm as error:
                values.append(None)
                path = (self._columns.source(name),)
                message = f"{name} {error}"
                found.append(Problem(ProblemCode.INVALID_DATE, message, path, line))
        return values, found

    def _fill(self, values: Values) -> None:
        """Fill in what the row leaves open: from its product, else from defaults."""
        columns = self._columns
        is_of_parent = (
            columns.has("invoice_line_id")
            and values[columns.slot("invoice_line_id")] is not None
        )
        product = columns.has("product.id") and values[columns.slot("product.id")]
        of_product = self._products.get(product, {}) if product else {}
        for name, text in (columns.late | of_product).items():
            slot = columns.slot(name)
            if values[slot] is None and not (is_of_parent and name in FIELDS_OF_PARENT):
                values[slot] = text

    def _multiply(self, row: Row, values: Values, line: int) -> list[Problem]:
        """Set the amount to quantity times price."""
        columns = self._columns
        cells = [row[index].strip() for index in self._factors]
        decimals = decimals_or_none(values[columns.slot("currency")] or "")
        slot = columns.slot("amount")
        values[slot] = _product_text(
            *cells, _USUAL_DECIMALS if decimals is None else decimals
        )
        if values[slot] is not None:
            return []
        return [
            Problem(
                ProblemCode.INVALID_AMOUNT,
                f"{cell[:100]!r} is not a number like 1234.50",
                (columns.header[index],),
                line,
            )
            for index, cell in zip(self._factors, cells, strict=True)
            if number_of(cell) is None
        ]


@lru_cache(maxsize=65_536)
def _product_text(quantity: str, price: str, decimals: int) -> str | None:
    """The product of two numbers, rounded half up; None if either is not a number."""
    left, other = number_of(quantity), number_of(price)
    if left is None or other is None:
        return None
    minor = divide_half_up(
        left.digits * other.digits * 10**decimals,
        10 ** (left.decimals + other.decimals),
    )
    return decimal_text(minor, decimals)


def _negated(amount: str | None) -> str | None:
    if amount is None:
        return None
    return amount[1:] if amount.startswith("-") else f"-{amount}"
