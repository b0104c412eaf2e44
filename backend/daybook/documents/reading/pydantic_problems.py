"""Turns Pydantic's errors into problems, with our codes and in plain words."""

from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from daybook.documents.reading.json_fields import (
    DESCRIPTION_PATTERN,
    ID_PATTERN,
    NAME_PATTERN,
)
from daybook.documents.reading.json_wording import kind_of
from daybook.documents.reading.problems import KEPT_MAX
from daybook.errors import Problem, ProblemCode, did_you_mean, quoted

LISTED_MAX = 200_000
"""The largest number of errors of one document that are listed."""

_NAME_SHOWN_MAX = 100
_ABOUT_NO_VALUE = {
    ProblemCode.MISSING,
    ProblemCode.UNKNOWN_FIELD,
    ProblemCode.INVALID_PERIOD,
}
"""What is wrong with a field, or with two of them: there is no value to quote."""

Context = Mapping[str, Any]


def _too_many(context: Context) -> str:
    return f"has more than {context['max_length']:,} items; split the document"


_PATTERNS = {
    ID_PATTERN: "must not begin or end with a space, or hold control characters",
    NAME_PATTERN: "must not be blank, or hold control characters",
    DESCRIPTION_PATTERN: "must not hold control characters but tabs and line ends",
}
_PLAIN: dict[str, tuple[ProblemCode, Callable[[Context], str]]] = {
    "missing": (ProblemCode.MISSING, lambda _: "is missing"),
    "string_type": (ProblemCode.INVALID_VALUE, lambda _: "must be text in quotes"),
    "string_unicode": (
        ProblemCode.INVALID_VALUE,
        lambda _: "holds half a character (a lone surrogate)",
    ),
    "string_too_short": (ProblemCode.INVALID_VALUE, lambda _: "must not be empty"),
    "string_too_long": (
        ProblemCode.TOO_LARGE,
        lambda context: f"is longer than {context['max_length']:,} characters",
    ),
    "string_pattern_mismatch": (
        ProblemCode.INVALID_VALUE,
        lambda context: _PATTERNS[context["pattern"]],
    ),
    "bool_type": (ProblemCode.INVALID_VALUE, lambda _: "must be true or false"),
    "literal_error": (
        ProblemCode.INVALID_VALUE,
        lambda context: f"must be {context['expected']}",
    ),
    "dict_type": (ProblemCode.INVALID_VALUE, lambda _: "must be a table"),
    "model_type": (ProblemCode.INVALID_VALUE, lambda _: "must be an object {…}"),
    "list_type": (ProblemCode.INVALID_VALUE, lambda _: "must be a list […]"),
    "too_short": (ProblemCode.MISSING, lambda _: "must have at least one item"),
    "too_long": (ProblemCode.TOO_LARGE, _too_many),
    "none_required": (ProblemCode.INVALID_VALUE, lambda _: "must be left out"),
    "invalid_key": (
        ProblemCode.UNKNOWN_FIELD,
        lambda _: "is not the name of a field: names are texts",
    ),
}


def problems_of(
    error: ValidationError, form: type[BaseModel], line: int | None
) -> tuple[list[Problem], int]:
    """The problems that a form's validation found, and their total number."""
    count = error.error_count()
    if count > LISTED_MAX:
        message = f"the document has {count:,} problems, too many to list"
        return [Problem(ProblemCode.TOO_LARGE, message, line=line)], count
    details = error.errors(include_url=False)[:KEPT_MAX]
    return [_problem(detail, form, line) for detail in details], count


def _problem(detail: Any, form: type[BaseModel], line: int | None) -> Problem:
    steps = [step for step in detail["loc"] if step != "[key]"]
    path = tuple(str(step)[:_NAME_SHOWN_MAX] for step in steps)
    code, predicate = _code_and_predicate(detail, form)
    value = None if code in _ABOUT_NO_VALUE else quoted(detail["input"])
    words = predicate if value is None else f"{value} {predicate}"
    return Problem(code, f"{_subject(path)} {words}", path, line, value)


def _subject(path: tuple[str, ...]) -> str:
    """The subject of a message: a field with its object, an item with its list."""
    is_item_field = len(path) > 1 and path[-2].isdigit()
    return ".".join(path[-1:] if is_item_field else path[-2:]) or "the mapping"


def _code_and_predicate(detail: Any, form: type[BaseModel]) -> tuple[ProblemCode, str]:
    kind = detail["type"]
    if kind in ProblemCode.__members__:
        return ProblemCode(kind), detail["msg"]
    if kind == "extra_forbidden":
        fields = _fields_at(form, detail["loc"][:-1])
        near = did_you_mean(str(detail["loc"][-1]), fields)
        those = near or f"; those here are {', '.join(fields)}"
        return ProblemCode.UNKNOWN_FIELD, f"is not a field{those}"
    if detail["input"] is None and kind.endswith("_type"):
        return ProblemCode.MISSING, "is missing"
    if kind in _PLAIN:
        code, predicate = _PLAIN[kind]
        got = f", not {kind_of(detail['input'])}" if kind.endswith("_type") else ""
        return code, predicate(detail.get("ctx", {})) + got
    return ProblemCode.INVALID_VALUE, "is not what belongs here"


def _fields_at(form: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The names of the fields of the form at the end of a path."""
    place: Any = form
    for step in path:
        place = _model_or_container(_inside(place, step))
    fields = place.model_fields.items()
    return [field.alias or name for name, field in fields if not _must_be_absent(field)]


def _must_be_absent(field: FieldInfo) -> bool:
    """Whether a form has the field only to refuse it with a message of its own."""
    return field.annotation is NoneType and bool(field.metadata)


def _inside(place: Any, step: str | int) -> Any:
    """The annotation a step leads to: a form's field, or an item of a list or table."""
    if hasattr(place, "model_fields"):
        return place.model_fields[step].annotation
    return get_args(place)[-1]


def _model_or_container(annotation: Any) -> Any:
    """An annotation without its validators, and without None."""
    while get_origin(annotation) in {Annotated, UnionType, Union}:
        annotation = get_args(annotation)[0]
    return annotation
