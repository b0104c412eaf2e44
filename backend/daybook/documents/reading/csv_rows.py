"""Applies a mapping to CSV rows: a row in, the values of its fields out."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from daybook.documents.reading.csv_cells import NotInForm, Row
from daybook.documents.reading.csv_columns import (
    Columns,
    Test,
    Values,
    all_of,
    number_in,
)
from daybook.documents.reading.csv_fields import AMOUNT_FIELDS, FIELDS_OF_PARENT
from daybook.documents.reading.json_fields import decimals_or_none
from daybook.documents.reading.mapping import Mapping
from daybook.documents.reading.mapping_parts import CreditNotes
from daybook.documents.reading.number_forms import NumberForm
from daybook.errors import Problem, ProblemCode, quoted
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
        self._credit_note = mapping.credit_note or CreditNotes()
        self._is_credit_note: Test | None = None
        if self._credit_note.when is not None:
            self._is_credit_note = all_of(self._credit_note.when, columns)
        self._signed = [columns.slot(name) for name in _SIGNED if columns.has(name)]
        self._factors: tuple[int, ...] = ()
        self._form = mapping.numbers.form
        self._product_text = _multiplier(self._form)
        if mapping.amount is not None:
            factors = (mapping.amount.quantity, mapping.amount.price)
            self._factors = tuple(columns.cell(column) for column in factors)
        self._signed_fields = [
            (cells, form)
            for name, cells in columns.cells.items()
            if name in AMOUNT_FIELDS
            and (form := mapping.number_form(cells.column)).has_signs
        ]
        self._has_signs = bool(
            self._signed_fields or (self._factors and self._form.has_signs)
        )
        self._fills = bool(
            columns.late or self._products or self._credit_note != CreditNotes()
        )

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
        if self._fills:
            self._fill(values)
        if self._has_signs:
            found += self._take_currency(row, values, line)
        if self._factors:
            found += self._multiply(row, values, line)
        if self._is_credit_note is not None:
            is_credit_note = self._is_credit_note(row, values)
            values[columns.slot("type")] = (
                "credit_note" if is_credit_note else "invoice"
            )
        if self._credit_note.negate and values[columns.slot("type")] == "credit_note":
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
        columns = self._columns
        values: Values = []
        found = []
        for name, take in zip(columns.names, columns.takes, strict=True):
            try:
                values.append(take(row))
            except NotInForm as error:
                values.append(None)
                place = columns.cells[name].place(row)
                source, value = columns.header[place], quoted(row[place].strip())
                message = f"{name} {value} {error}"
                found.append(Problem(error.code, message, (source,), line, value))
        return values, found

    def _fill(self, values: Values) -> None:
        """Fill in what the row leaves open: from its product, else from defaults."""
        columns = self._columns
        is_of_parent = self._names_parent(values)
        if is_of_parent and self._credit_note.drop_terms:
            for name in FIELDS_OF_PARENT:
                if columns.has(name):
                    values[columns.slot(name)] = None
        product = columns.has("product.id") and values[columns.slot("product.id")]
        of_product = self._products.get(product, {}) if product else {}
        for name, text in (columns.late | of_product).items():
            slot = columns.slot(name)
            if values[slot] is None and not (is_of_parent and name in FIELDS_OF_PARENT):
                values[slot] = text

    def _names_parent(self, values: Values) -> bool:
        """Whether a row credits a line of an invoice, which the mapping may name."""
        columns = self._columns
        if not columns.has("invoice_line_id"):
            return False
        slot = columns.slot("invoice_line_id")
        if (
            values[slot] is None
            and columns.has("invoice_id")
            and values[columns.slot("invoice_id")] is not None
        ):
            values[slot] = self._credit_note.invoice_line_id
        return values[slot] is not None

    def _take_currency(self, row: Row, values: Values, line: int) -> list[Problem]:
        """Compare the currency signs of a row with its currency, or take it by them."""
        slot = self._columns.slot("currency")
        found = []
        for index, currency in self._currencies_by_sign(row):
            if values[slot] is None:
                values[slot] = currency
            elif values[slot] != currency:
                value, source = quoted(row[index].strip()), self._columns.header[index]
                message = f"{value} is in {currency}, the row in {values[slot]}"
                found.append(
                    Problem(ProblemCode.MISMATCH, message, (source,), line, value)
                )
        return found

    def _currencies_by_sign(self, row: Row) -> Iterator[tuple[int, str]]:
        """The cells of a row's numbers that have a sign, each with its currency."""
        texts = []
        for cells, form in self._signed_fields:
            place = cells.place(row)
            texts.append((place, cells.cleaned(row[place]), form))
        texts += [(index, row[index].strip(), self._form) for index in self._factors]
        for index, text, form in texts:
            number = form.read(text)
            if number is not None and number.currency is not None:
                yield index, number.currency

    def _multiply(self, row: Row, values: Values, line: int) -> list[Problem]:
        """Set the amount to quantity times price."""
        columns = self._columns
        cells = [row[index].strip() for index in self._factors]
        decimals = decimals_or_none(values[columns.slot("currency")] or "")
        slot = columns.slot("amount")
        quantity, price = cells
        values[slot] = self._product_text(
            quantity, price, _USUAL_DECIMALS if decimals is None else decimals
        )
        if values[slot] is not None:
            return []
        found = []
        for index, cell in zip(self._factors, cells, strict=True):
            if number_in(self._form, cell) is None:
                source, value = columns.header[index], quoted(cell)
                columns.seen[source].note(cell)
                message = f"{value} {self._form.refusal(cell)}"
                found.append(
                    Problem(ProblemCode.INVALID_AMOUNT, message, (source,), line, value)
                )
        return found


def _multiplier(form: NumberForm) -> Callable[[str, str, int], str | None]:
    """The product of two numbers, rounded half up; None if either is not a number."""

    @lru_cache(maxsize=65_536)
    def product_text(quantity: str, price: str, decimals: int) -> str | None:
        left, other = number_in(form, quantity), number_in(form, price)
        if left is None or other is None:
            return None
        minor = divide_half_up(
            left.digits * other.digits * 10**decimals,
            10 ** (left.decimals + other.decimals),
        )
        return decimal_text(minor, decimals)

    return product_text


def _negated(amount: str | None) -> str | None:
    if amount is None:
        return None
    return amount[1:] if amount.startswith("-") else f"-{amount}"
