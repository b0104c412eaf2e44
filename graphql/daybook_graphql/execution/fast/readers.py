"""Functions that read the selected fields of objects, generated for each selection.

A page runs them hundreds of times. They never raise: for anything unusual (a missing
attribute, an awaitable, an error, a null where none may be) they return `Undefined`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from textwrap import indent
from typing import Any, NamedTuple, TypeAlias

from graphql import Undefined
from strawberry.schema.schema_converter import CustomGraphQLEnumType

Read: TypeAlias = Callable[[Any], Any]
"""Converts an object or a value to its result; `Undefined` for unusual ones."""

PLAIN = frozenset({str, int, bool, date, datetime, dict})
"""Types of values that are neither awaited nor raised."""


class Attribute(NamedTuple):
    """A selected field that is an attribute or the result of a plain method.

    A value of the type `unchanged` is the answer as it is, as None is of a nullable
    field; any other is completed.
    """

    name: str
    attribute: str
    method: Read | None
    unchanged: type | None
    complete: Read
    is_nullable: bool = False


def reader(attributes: Sequence[Attribute]) -> Read:
    """A function that reads an object's attributes into answers by name."""
    known: dict[str, Any] = {"Undefined": Undefined}
    lines: list[str] = []
    for at, attribute in enumerate(attributes):
        known[f"method{at}"] = attribute.method
        known[f"unchanged{at}"] = attribute.unchanged
        known[f"complete{at}"] = attribute.complete
        lines += _lines(at, attribute)
    # Names are GraphQL's and Python's own: letters, digits and underscores.
    answer = ", ".join(
        f"{attribute.name!r}: v{at}" for at, attribute in enumerate(attributes)
    )
    text = _FUNCTION.format(indent("\n".join(lines), " " * 8), answer)
    exec(text, known)  # noqa: S102  (a loop over the attributes takes twice as long)
    read: Read = known["read"]
    return read


_FUNCTION = """
def read(source):
    try:
{0}
        return {{{1}}}
    except Exception:
        return Undefined
"""


def _lines(at: int, attribute: Attribute) -> list[str]:
    """The lines that read a field into a variable and complete it."""
    value = (
        f"method{at}(source)" if attribute.method else f"source.{attribute.attribute}"
    )
    unusual = [f"type(v{at}) is not unchanged{at}"] if attribute.unchanged else []
    unusual += [f"v{at} is not None"] if attribute.is_nullable else []
    return [
        f"v{at} = {value}",
        f"if {' and '.join(unusual) or True}:",
        f"    v{at} = complete{at}(v{at})",
        f"    if v{at} is Undefined:",
        "        return Undefined",
    ]


def of_leaf(coerce: Read) -> Read:
    """Completes a scalar by its own coercion."""

    def complete(value: Any) -> Any:
        if type(value) not in PLAIN and not isinstance(value, Enum):
            return Undefined
        completed = coerce(value)
        return Undefined if completed is None else completed

    return complete


def of_enum(kind: CustomGraphQLEnumType) -> Read:
    """Completes an enum by a table: searching all values takes longest."""
    members: Iterable[Enum] = kind.wrapped_cls
    names = {member: member.name for member in members}
    if any(kind.coerce_output_value(member) != name for member, name in names.items()):
        return of_leaf(kind.coerce_output_value)
    origin = kind.wrapped_cls

    def complete(value: Any) -> Any:
        return names[value] if type(value) is origin else Undefined

    return complete


def of_object(readers: Mapping[type, Read]) -> Read:
    """Completes an object by the reader of its class; abstract types have several."""

    def complete(value: Any) -> Any:
        read = readers.get(type(value))
        return Undefined if read is None else read(value)

    return complete


def of_list(complete_item: Read) -> Read:
    """Completes each item of a list."""

    def complete(value: Any) -> Any:
        if type(value) is not list:
            return Undefined
        items = []
        for item in value:
            completed = complete_item(item)
            if completed is Undefined:
                return Undefined
            items.append(completed)
        return items

    return complete


def unusual(_value: Any) -> Any:
    """Completes nothing."""
    return Undefined
