"""Values in Thrift's compact protocol, which Parquet's headers and footer are in."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

_TRUE, _FALSE = 1, 2
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_SHORT_LIST = 15
"""From so many elements on, a list's size has bytes of its own."""


class Value(NamedTuple):
    """An encoded value and its type."""

    type: int
    content: bytes


def varint(number: int) -> bytes:
    """A natural number, seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def i32(number: int) -> Value:
    """A number of 32 bits."""
    return Value(_I32, _zigzag(number))


def i64(number: int) -> Value:
    """A number of 64 bits."""
    return Value(_I64, _zigzag(number))


def flag(*, is_set: bool) -> Value:
    """A truth value, as a field of a struct."""
    return Value(_TRUE if is_set else _FALSE, b"")


def binary(content: bytes | str) -> Value:
    """Bytes, or a text."""
    encoded = content.encode() if isinstance(content, str) else content
    return Value(_BINARY, varint(len(encoded)) + encoded)


def listed(values: Iterable[Value]) -> Value:
    """A list of values of one type, which are structs if there are none."""
    every = [*values]
    (type_,) = {value.type for value in every} or {_STRUCT}
    size = len(every)
    head = (
        bytes([size << 4 | type_])
        if size < _SHORT_LIST
        else bytes([_SHORT_LIST << 4 | type_]) + varint(size)
    )
    return Value(_LIST, head + b"".join(value.content for value in every))


def struct(fields: Mapping[int, Value]) -> Value:
    """A struct of fields by their numbers, which ascend by 15 at most."""
    pieces = []
    before = 0
    for number, value in fields.items():
        pieces += [bytes([(number - before) << 4 | value.type]), value.content]
        before = number
    return Value(_STRUCT, b"".join(pieces) + b"\0")


def _zigzag(number: int) -> bytes:
    return varint(2 * number if number >= 0 else -2 * number - 1)
