"""The columns of a Parquet file, and the types of their values."""

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from daybook.exports.parquet_file import thrift
from daybook.exports.parquet_file.arrow_schema import ArrowType
from daybook.exports.parquet_file.thrift import Value


class Kind(NamedTuple):
    """A type of values: Parquet's own, and how a dictionary has them."""

    physical: int
    annotation: dict[int, Value]
    """The schema's fields that say what the values mean."""
    encode: Callable[[Sequence[Any]], bytes]
    """All values, as a dictionary has them."""
    end: Callable[[Any], bytes]
    """A single value, as statistics have it."""
    arrow: ArrowType


def _texts(texts: Sequence[str]) -> bytes:
    pieces: list[bytes] = []
    for text in texts:
        encoded = text.encode()
        pieces += (len(encoded).to_bytes(4, "little"), encoded)
    return b"".join(pieces)


def _int32s(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}i", *numbers)


def _int64s(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)


_INT32, _INT64, _BYTE_ARRAY = 1, 2, 6
_CONVERTED, _SCALE, _PRECISION, _LOGICAL = 6, 7, 8, 10
"""The numbers of a column's fields in the schema."""

NUMBERS = Kind(
    _INT64,
    {},
    _int64s,
    lambda number: _int64s([number]),
    ArrowType(2, {0: ("i", 64), 1: ("?", 1)}),
)
"""Whole numbers of 64 bits."""
DAYS = Kind(
    _INT32,
    {
        _CONVERTED: thrift.i32(6),
        _LOGICAL: thrift.struct({6: thrift.struct({})}),
    },
    _int32s,
    lambda day: _int32s([day]),
    ArrowType(8, {0: ("h", 0)}),
)
"""Dates, as days since 1970."""
TEXTS = Kind(
    _BYTE_ARRAY,
    {
        _CONVERTED: thrift.i32(0),
        _LOGICAL: thrift.struct({1: thrift.struct({})}),
    },
    _texts,
    str.encode,
    ArrowType(5, {}, is_dictionary=True),
)


def decimals_of(digits: int, decimals: int) -> Kind:
    """Amounts of 18 digits at most, as whole numbers of their smallest unit."""
    scale, precision = thrift.i32(decimals), thrift.i32(digits)
    decimal = thrift.struct({5: thrift.struct({1: scale, 2: precision})})
    return NUMBERS._replace(
        annotation={
            _CONVERTED: thrift.i32(5),
            _SCALE: scale,
            _PRECISION: precision,
            _LOGICAL: decimal,
        },
        arrow=ArrowType(7, {0: ("i", digits), 1: ("i", decimals)}),
    )


class Column(NamedTuple):
    """A column of the file."""

    name: str
    kind: Kind
    is_nullable: bool = True
