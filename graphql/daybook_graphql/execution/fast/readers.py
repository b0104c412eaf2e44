"""Functions that read the selected fields of objects, generated for each selection.

A page runs them hundreds of times. They never raise: for anything unusual (a missing
attribute, an awaitable, an error, a null where none may be) they return `Undefined`.

    reader       reads the attributes of an object
    of_object    reads an object of one of several classes
    of_list      completes each item of a list
    function_of  completes a value of any kind

What an attribute holds is completed in the same function, and so are the attributes of
an object in it: calling a function for each of them would take as long as reading.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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


class Leaf(NamedTuple):
    """A scalar. A value of the type `unchanged` is the answer as it is."""

    coerce: Read
    unchanged: type | None = None


class Members(NamedTuple):
    """An enum whose answers are the names of its members."""

    origin: type[Enum]


class Fields(NamedTuple):
    """An object of one class, and the selected fields of it."""

    origin: type
    attributes: "Sequence[Attribute]"


class Other(NamedTuple):
    """Anything else, which a function completes."""

    complete: Read


Kind: TypeAlias = Leaf | Members | Fields | Other


class Attribute(NamedTuple):
    """A selected field that is an attribute or the result of a plain method."""

    name: str
    attribute: str
    method: Read | None
    kind: Kind
    is_nullable: bool = False


def enum_kind(kind: CustomGraphQLEnumType) -> Kind:
    """How an enum is completed: by the names of its members, unless it has others."""
    origin: type[Enum] = kind.wrapped_cls  # type: ignore[assignment]  # as all enums are
    if all(kind.coerce_output_value(member) == member.name for member in origin):
        return Members(origin)
    return Leaf(kind.coerce_output_value)


def reader(attributes: Sequence[Attribute], origin: type | None = None) -> Read:
    """A function that reads an object's attributes into answers by name.

    Objects of other classes than `origin` are unusual, if it is given.
    """
    writing = _Writing()
    lines = [] if origin is None else writing.check("source", origin)
    lines += [*writing.read("source", attributes, into="answer"), "return answer"]
    text = _FUNCTION.format(indent("\n".join(lines), " " * 8))
    # Names are GraphQL's and Python's own: letters, digits and underscores.
    exec(text, writing.known)  # noqa: S102  (a loop over the attributes takes twice as long)
    read: Read = writing.known["read"]
    return read


_FUNCTION = """
def read(source):
    try:
{0}
    except Exception:
        return Undefined
"""


class _Writing:
    """Writes the lines of a function; `known` are the values that they name."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {
            "Undefined": Undefined,
            "PLAIN": PLAIN,
            "Enum": Enum,
        }

    def check(self, variable: str, origin: type) -> list[str]:
        """Lines that go on with objects of a class only."""
        return [
            f"if type({variable}) is not {self._known(origin)}:",
            "    return Undefined",
        ]

    def read(
        self, source: str, attributes: Sequence[Attribute], *, into: str
    ) -> Iterator[str]:
        """Lines that read the attributes of an object into a dictionary."""
        values: list[str] = []
        for attribute in attributes:
            value = f"{into}_{len(values)}"
            values.append(f"{attribute.name!r}: {value}")
            if attribute.method:
                yield f"{value} = {self._known(attribute.method)}({source})"
            else:
                yield f"{value} = {source}.{attribute.attribute}"
            lines = self._complete(value, attribute.kind)
            if attribute.is_nullable:
                yield f"if {value} is not None:"
                lines = _indented(lines)
            yield from lines
        yield f"{into} = {{{', '.join(values)}}}"

    def _complete(self, value: str, kind: Kind) -> Iterator[str]:
        """Lines that replace a value by its answer."""
        match kind:
            case Leaf(coerce, unchanged):
                lines = self._coerce(value, coerce)
                if unchanged is not None:
                    yield f"if type({value}) is not {self._known(unchanged)}:"
                    lines = _indented(lines)
                yield from lines
            case Members(origin):
                yield from self.check(value, origin)
                yield f"{value} = {value}._name_"
            case Fields(origin, attributes):
                yield from self.check(value, origin)
                yield from self.read(value, attributes, into=f"{value}_of")
                yield f"{value} = {value}_of"
            case Other(complete):
                yield f"{value} = {self._known(complete)}({value})"
                yield from (f"if {value} is Undefined:", "    return Undefined")

    def _coerce(self, value: str, coerce: Read) -> Iterator[str]:
        yield f"if type({value}) not in PLAIN and not isinstance({value}, Enum):"
        yield "    return Undefined"
        yield f"{value} = {self._known(coerce)}({value})"
        yield from (f"if {value} is None:", "    return Undefined")

    def _known(self, value: Any) -> str:
        name = f"known_{len(self.known)}"
        self.known[name] = value
        return name


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def of_object(readers: Mapping[type, Read]) -> Read:
    """Reads an object by the reader of its class; abstract types have several."""

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


def function_of(kind: Kind) -> Read:
    """A function that completes a value by itself."""
    if isinstance(kind, Other):
        return kind.complete
    if isinstance(kind, Fields):
        return reader(kind.attributes, kind.origin)
    read = reader([Attribute("value", "value", None, kind)])

    def complete(value: Any) -> Any:
        answer = read(_Item(value))
        return Undefined if answer is Undefined else answer["value"]

    return complete


class _Item(NamedTuple):
    value: Any


def unusual(_value: Any) -> Any:
    """Completes nothing."""
    return Undefined
