"""The mapping file, which turns the columns of a CSV file into fields of documents."""

import re
import tomllib
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from daybook.documents.reading.json_fields import wrong
from daybook.documents.reading.pydantic_problems import problems_of
from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean

HEAD_FIELDS = (
    "type",
    "id",
    "number",
    "status",
    "currency",
    "customer.id",
    "customer.name",
    "customer.legal_name",
    "issued_on",
    "accounting_date",
    "billing_schedule_id",
    "discount",
    "invoice_id",
    "treatment",
    "frequency",
    "price",
    "cancelled_on",
)
"""The fields of a document: the same in all of its rows."""
PART_FIELDS = {
    "usage": ("usage.day", "usage.amount"),
    "milestones": (
        "milestones.id",
        "milestones.name",
        "milestones.amount",
        "milestones.percent",
        "milestones.completed_on",
    ),
}
"""The fields of a usage day or of a milestone that a row adds to its line item."""
LINE_FIELDS = (
    "line.id",
    "product.id",
    "product.name",
    "product.category",
    "description",
    "amount",
    "service_from",
    "service_to",
    "timing",
    "method",
    "strategy",
    "group",
    "classification",
    "recognized_on",
    "invoice_line_id",
    "credit_grant.id",
    "credit_grant.expires_on",
    "credit_grant_id",
    *PART_FIELDS["usage"],
    *PART_FIELDS["milestones"],
)
"""The fields of a line item."""
DATE_FIELDS = (
    "issued_on",
    "accounting_date",
    "service_from",
    "service_to",
    "recognized_on",
    "cancelled_on",
    "credit_grant.expires_on",
    "usage.day",
    "milestones.completed_on",
)

_FILE_BYTES_MAX = 2**20
_GROUPS = ("customer", "product", "line", "credit_grant", *PART_FIELDS)
_SOME_DATE = datetime(2011, 12, 25)  # noqa: DTZ001  (a calendar date, no moment)
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


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


def _flat(value: object) -> object:
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


def _column(value: object) -> object:
    """Expand the short form of a column, which is its name alone."""
    return {"column": value} if isinstance(value, str) else value


def _date_format(value: str) -> str:
    if not _tells_dates_apart(value):
        raise wrong(
            ProblemCode.INVALID_VALUE,
            'must hold day, month and year, like "%d/%m/%Y" or "%Y-%m-%d %H:%M:%S"',
        )
    return value


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
FieldName: TypeAlias = Annotated[str, AfterValidator(_field_name)]
ProductFieldName: TypeAlias = Annotated[str, AfterValidator(_of_a_product)]


class CsvColumn(MappingPart):
    """The column of a field's value, and how its cells are cleaned, in this order."""

    column: Text
    otherwise: Text | None = None
    strip_suffix: Text | None = None
    add_prefix: Text | None = None
    date_format: Annotated[Text, AfterValidator(_date_format)] | None = None


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
    """The rows of credit notes; `negate` turns the sign of their amounts."""

    when: Conditions
    negate: bool = False


class LeaveOut(MappingPart):
    """Rows that are not line items, with the reason under which they are counted."""

    reason: Text
    when: Conditions


class Mapping(MappingPart):
    """A mapping file. Columns that it doesn't name are fields of the same name."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    ignore: list[Text] = []
    columns: Annotated[
        dict[FieldName, Annotated[CsvColumn, BeforeValidator(_column)]],
        BeforeValidator(_flat),
    ] = {}
    defaults: Annotated[dict[FieldName, Text], BeforeValidator(_flat)] = {}
    products: dict[
        str, Annotated[dict[ProductFieldName, Text], BeforeValidator(_flat)]
    ] = {}
    amount: QuantityTimesPrice | None = None
    credit_note: CreditNotes | None = None
    leave_out: list[LeaveOut] = []

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns with the values of fields, each once."""
        names = [
            name
            for column in self.columns.values()
            for name in (column.column, column.otherwise)
        ]
        if self.amount is not None:
            names += [self.amount.quantity, self.amount.price]
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def used_columns(self) -> tuple[str, ...]:
        """The columns that a file must have, each once, with those of conditions."""
        rules = [rule.when for rule in self.leave_out]
        if self.credit_note is not None:
            rules.append(self.credit_note.when)
        tested = [
            condition.column
            for rule in rules
            for condition in rule
            if condition.column is not None
        ]
        return tuple(dict.fromkeys([*self.value_columns, *tested]))

    def works_out(self, name: str) -> bool:
        """Whether the mapping computes a field, even if a column has its name."""
        return (name == "amount" and self.amount is not None) or (
            name == "type" and self.credit_note is not None
        )

    @model_validator(mode="after")
    def _each_field_once(self) -> "Mapping":
        for name, part in (("amount", "[amount]"), ("type", "[credit_note]")):
            if self.works_out(name) and name in {*self.columns, *self.defaults}:
                raise wrong(
                    ProblemCode.INVALID_VALUE,
                    f"gives {name} twice: {part} says it already",
                )
        return self

    @model_validator(mode="after")
    def _date_formats_of_dates(self) -> "Mapping":
        for name, column in self.columns.items():
            if column.date_format is not None and name not in DATE_FIELDS:
                raise wrong(
                    ProblemCode.INVALID_VALUE,
                    f"gives {name} a date_format, but it is not a date",
                )
        return self


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises `Rejected` with every problem; each path leads to its place in the TOML.
    """
    with path.open("rb") as file:
        raw = file.read(_FILE_BYTES_MAX + 1)
    if len(raw) > _FILE_BYTES_MAX:
        message = f"a mapping file has at most {_FILE_BYTES_MAX:,} bytes"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    try:
        value = tomllib.loads(raw.decode())
    except UnicodeDecodeError:
        message = "the mapping is not UTF-8; save it as UTF-8"
        raise Rejected([Problem(ProblemCode.UNREADABLE, message)]) from None
    except tomllib.TOMLDecodeError as error:
        raise Rejected([_not_toml(str(error))]) from None
    try:
        return Mapping.model_validate(value)
    except ValidationError as error:
        problems, total = problems_of(error, Mapping, None)
        raise Rejected([_in_toml(problem) for problem in problems], total) from None


def _not_toml(text: str) -> Problem:
    """Why the file isn't TOML, at its line and column if there is one."""
    place = _PLACE.search(text)
    if place is None:
        return Problem(ProblemCode.UNREADABLE, f"the mapping is not TOML: {text}")
    message = f"column {place[2]}: not TOML: {text[: place.start()].strip()}"
    return Problem(ProblemCode.UNREADABLE, message, line=int(place[1]))


def _in_toml(problem: Problem) -> Problem:
    """A problem in the words of TOML, whose tables are JSON's objects."""
    return replace(problem, message=problem.message.replace("an object {…}", "a table"))
