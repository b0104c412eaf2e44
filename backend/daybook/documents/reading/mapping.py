"""The mapping file, which turns the columns of a CSV file into fields of documents."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from daybook.documents.reading.csv_fields import AMOUNT_FIELDS, DATE_FIELDS
from daybook.documents.reading.json_fields import wrong
from daybook.documents.reading.mapping_parts import (
    CreditNotes,
    CsvColumn,
    FieldName,
    LeaveOut,
    MappingPart,
    Numbers,
    ProductFieldName,
    QuantityTimesPrice,
    Text,
    as_column,
    flat,
)
from daybook.documents.reading.number_forms import NumberForm
from daybook.documents.reading.pydantic_problems import problems_of
from daybook.errors import Problem, ProblemCode, Rejected

_FILE_BYTES_MAX = 2**20
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


class Mapping(MappingPart):
    """A mapping file. Columns that it doesn't name are fields of the same name."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    numbers: Numbers = Numbers()
    ignore: list[Text] = Field(default_factory=list)
    columns: Annotated[
        dict[FieldName, Annotated[CsvColumn, BeforeValidator(as_column)]],
        BeforeValidator(flat),
    ] = Field(default_factory=dict)
    defaults: Annotated[dict[FieldName, Text], BeforeValidator(flat)] = Field(
        default_factory=dict
    )
    products: dict[
        str, Annotated[dict[ProductFieldName, Text], BeforeValidator(flat)]
    ] = Field(default_factory=dict)
    amount: QuantityTimesPrice | None = None
    credit_note: CreditNotes | None = None
    leave_out: list[LeaveOut] = Field(default_factory=list)

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
        if self.credit_note is not None and self.credit_note.when is not None:
            rules.append(self.credit_note.when)
        tested = [
            condition.column
            for rule in rules
            for condition in rule
            if condition.column is not None
        ]
        return tuple(dict.fromkeys([*self.value_columns, *tested]))

    @property
    def has_signs(self) -> bool:
        """Whether amounts may have currency signs."""
        return any(form.has_signs for form in self._forms)

    def works_out(self, name: str) -> bool:
        """Whether the mapping computes a field, even if a column has its name."""
        return (name == "amount" and self.amount is not None) or (
            name == "type"
            and self.credit_note is not None
            and self.credit_note.when is not None
        )

    def number_form(self, column: CsvColumn | None) -> NumberForm:
        """The form of a column's numbers: its own, or that of the file."""
        own = column.numbers if column is not None else None
        return (own or self.numbers).form

    @property
    def _forms(self) -> Iterator[NumberForm]:
        yield self.numbers.form
        yield from map(self.number_form, self.columns.values())

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
    def _forms_of_dates_and_numbers(self) -> "Mapping":
        for name, column in self.columns.items():
            if column.date_format is not None and name not in DATE_FIELDS:
                raise wrong(
                    ProblemCode.INVALID_VALUE,
                    f"gives {name} a date_format, but it is not a date",
                )
            if column.numbers is not None and name not in AMOUNT_FIELDS:
                raise wrong(
                    ProblemCode.INVALID_VALUE,
                    f"gives {name} a form of numbers, but it is not a number",
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
