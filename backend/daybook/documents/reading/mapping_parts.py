"""The parts of a mapping file, each with its checks."""

import re
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from daybook.documents.reading.csv_fields import (
    HEAD_FIELDS,
    LINE_FIELDS,
    PART_FIELDS,
)
from daybook.documents.reading.json_fields import Currency, wrong
from daybook.documents.reading.number_forms import NumberForm, together
from daybook.errors import ProblemCode, did_you_mean
from daybook.folding import folded

_GROUPS = ("customer", "product", "line", "credit_grant", *PART_FIELDS)
_SOME_DATE = datetime(2011, 12, 25)  # noqa: DTZ001  (a calendar date, no moment)
_NO_SIGN = re.compile(r"[0-9.,'()\-\u2212\s]")


def _currency_sign(value: str) -> str:
    if _NO_SIGN.search(value):
        raise wrong(
            ProblemCode.INVALID_VALUE,
            "must not hold digits, separators, spaces, minus or parentheses",
        )
    return value


def _field_name(name: str) -> str:
    fields = (*HEAD_FIELDS, *LINE_FIELDS)
    if name not in fields:
        those = did_you_mean(name, fields) or f"; those are {', '.join(fields)}"
        raise wrong(ProblemCode.UNKNOWN_FIELD, f"is not a field{those}")
    return name


def _of_a_product(name: str) -> str:
    of_rows = {"line.id", "product.id", *chain.from_iterable(PART_FIELDS.values())}
    if name not in LINE_FIELDS or name in of_rows:
        near = did_you_mean(
            name, [field for field in LINE_FIELDS if field not in of_rows]
        )
        message = f"is not a field that follows from a product{near}"
        raise wrong(ProblemCode.UNKNOWN_FIELD, message)
    return name


def flat(value: object) -> object:
    """Flatten tables: in TOML, `customer.id = …` without quotes is one; here a name."""
    if not isinstance(value, dict):
        return value
    flat: dict[str, object] = {}
    for name, inner in value.items():
        if name in _GROUPS and isinstance(inner, dict):
            flat |= {f"{name}.{key}": item for key, item in inner.items()}
        else:
            flat[name] = inner
    return flat


def as_column(value: object) -> object:
    """Expand the short form of a column, which is its name alone."""
    return {"column": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    """Expand the short form of a list, which is its only item."""
    return [value] if isinstance(value, str) else value


def _date_formats(values: list[str]) -> list[str]:
    if not values or not all(map(_tells_dates_apart, values)):
        raise wrong(
            ProblemCode.INVALID_VALUE,
            'must hold day, month and year, like "%d/%m/%Y" or "%Y-%m-%d %H:%M:%S"',
        )
    return values


def _tells_dates_apart(date_format: str) -> bool:
    """Whether a format has day, month and year, so that dates can be read back."""
    others = (
        _SOME_DATE.replace(day=24),
        _SOME_DATE.replace(month=11),
        _SOME_DATE.replace(year=2012),
    )
    text = _SOME_DATE.strftime(date_format)
    if any(text == other.strftime(date_format) for other in others):
        return False
    try:
        return datetime.strptime(text, date_format) == _SOME_DATE  # noqa: DTZ007  (a date has no zone)
    except ValueError:
        return False


class MappingPart(BaseModel):
    """What all parts of a mapping share: unknown keys are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Text: TypeAlias = Annotated[str, Field(min_length=1)]
CurrencySign: TypeAlias = Annotated[Text, AfterValidator(_currency_sign)]
DateFormats: TypeAlias = Annotated[
    list[Text], BeforeValidator(_listed), AfterValidator(_date_formats)
]
FieldName: TypeAlias = Annotated[str, AfterValidator(_field_name)]
ProductFieldName: TypeAlias = Annotated[str, AfterValidator(_of_a_product)]


class NumbersOfForm(MappingPart):
    """One form of numbers: separators, negatives, currency signs."""

    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    parentheses: bool = False
    trailing_minus: bool = False
    currency_signs: dict[CurrencySign, Currency] = {}

    @property
    def own_form(self) -> NumberForm:
        """The form that the table itself says."""
        return NumberForm(
            self.decimal,
            self.thousands,
            self.parentheses,
            self.trailing_minus,
            tuple(self.currency_signs.items()),
        )

    @model_validator(mode="after")
    def _two_separators(self) -> Self:
        if self.decimal == self.thousands:
            raise wrong(
                ProblemCode.INVALID_VALUE,
                "gives one separator for decimals and thousands; give two",
            )
        return self


class Numbers(NumbersOfForm):
    """How numbers are written, if not all in one form: in which others, too."""

    also: list[NumbersOfForm] = []

    @cached_property
    def form(self) -> NumberForm:
        """The form that numbers are read by."""
        return together([self.own_form, *(numbers.own_form for numbers in self.also)])


class CsvColumn(MappingPart):
    """The column of a field's value, and how its cells are cleaned, in this order."""

    column: Text
    otherwise: Text | None = None
    strip_suffix: Text | None = None
    fold: bool = False
    values: dict[Text, str] = {}
    date_format: DateFormats | None = None
    numbers: Numbers | None = None
    add_prefix: Text | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The column, and the one that stands in for its empty cells."""
        if self.otherwise is None:
            return (self.column,)
        return (self.column, self.otherwise)

    @cached_property
    def by_folded(self) -> dict[str, str]:
        """`values` by their cells without differences of case and spaces."""
        return {folded(cell): value for cell, value in self.values.items()}

    @model_validator(mode="after")
    def _each_cell_once(self) -> "CsvColumn":
        if len(self.by_folded) < len(self.values):
            raise wrong(
                ProblemCode.INVALID_VALUE,
                "has a cell twice under values: case and spaces don't count",
            )
        return self


class Condition(MappingPart):
    """One test of a column's cell, or of a field as it was mapped."""

    column: Text | None = None
    field: FieldName | None = None
    is_: Literal["empty", "zero", "negative"] | None = Field(default=None, alias="is")
    equals: str | None = None
    starts_with: Text | None = None
    not_: bool = Field(default=False, alias="not")

    @model_validator(mode="after")
    def _one_of_each(self) -> "Condition":
        if (self.column is None) == (self.field is None):
            raise wrong(ProblemCode.INVALID_VALUE, "must name one column or one field")
        if [self.is_, self.equals, self.starts_with].count(None) != 2:
            raise wrong(
                ProblemCode.INVALID_VALUE, "must have one of is, equals and starts_with"
            )
        return self


Conditions: TypeAlias = Annotated[list[Condition], Field(min_length=1)]


class QuantityTimesPrice(MappingPart):
    """An amount that is the product of two columns, rounded half up."""

    quantity: Text
    price: Text


class CreditNotes(MappingPart):
    """The rows of credit notes, by `when` or else by their type.

    `negate` turns the sign of their amounts. `invoice_line_id` is the line that a row
    with an `invoice_id` credits if it names none. With `drop_terms`, the product, dates
    and method of a row that credits a line aren't read: they are that line's.
    """

    when: Conditions | None = None
    negate: bool = False
    invoice_line_id: Text | None = None
    drop_terms: bool = False


class LeaveOut(MappingPart):
    """Rows that are not line items, with the reason under which they are counted."""

    reason: Text
    when: Conditions
