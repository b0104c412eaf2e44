"""The columns of a Parquet file, and the types of their values."""

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from daybook.sheets.parquet_file import thrift
from daybook.sheets.parquet_file.arrow_schema import ArrowType
from daybook.sheets.parquet_file.thrift import Value


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
    has_dictionary: bool = True
    """Whether distinct values are stored once; else a page has every line's."""


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


_BOOLEAN, _INT32, _INT64, _BYTE_ARRAY, _FIXED_BYTES = 0, 1, 2, 6, 7
_SIZE, _CONVERTED, _SCALE, _PRECISION, _LOGICAL = 2, 6, 7, 8, 10
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

MOMENTS = Kind(
    _INT64,
    {
        _CONVERTED: thrift.i32(10),
        _LOGICAL: thrift.struct(
            {
                8: thrift.struct(
                    {
                        1: thrift.flag(is_set=True),
                        2: thrift.struct({2: thrift.struct({})}),
                    }
                )
            }
        ),
    },
    _int64s,
    lambda moment: _int64s([moment]),
    ArrowType(10, {0: ("h", 2), 1: "UTC"}),
)
"""Moments, as microseconds since 1970 in UTC."""
CLAIMS = Kind(
    _BOOLEAN,
    {},
    bytes,
    lambda claim: bytes([claim]),
    ArrowType(6, {}),
    has_dictionary=False,
)
"""True and false; readers take no dictionaries of them."""


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


WIDE_DIGITS, _WIDE_BYTES = 38, 16
"""The digits of a decimal of 128 bits."""


def wide_decimals_of(decimals: int) -> Kind:
    """Amounts of up to 38 digits, as whole numbers of their smallest unit."""

    def encoded(amounts: Sequence[int]) -> bytes:
        return b"".join(map(_wide, amounts))

    narrow = decimals_of(WIDE_DIGITS, decimals)
    return narrow._replace(
        physical=_FIXED_BYTES,
        annotation={_SIZE: thrift.i32(_WIDE_BYTES), **narrow.annotation},
        encode=encoded,
        end=_wide,
    )


def _wide(amount: int) -> bytes:
    return amount.to_bytes(_WIDE_BYTES, "big", signed=True)


class Column(NamedTuple):
    """A column of the file."""

    name: str
    kind: Kind
    is_nullable: bool = True
