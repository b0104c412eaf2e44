"""The lines of a column in a row group: distinct values once, and each line's index.

Indices take 8, 16 or 32 bits, so that they are plain arrays. In Parquet's hybrid
encoding they are either runs of equal ones, or one packed sequence.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, compress
from typing import Any, NamedTuple, TypeAlias

from daybook.sheets.parquet_file.columns import Column
from daybook.sheets.parquet_file.thrift import varint

Pattern: TypeAlias = tuple[tuple[Any, ...], int]
"""The values of lines that follow each other, and how often they do."""

_PACKED = 8
"""A packed sequence has a multiple of so many indices."""
_ABSENT, _PRESENT = _LEVELS = b"\0", b"\1"
"""The levels of lines."""
_CODES = {1: "B", 2: "H"}
_HEADS_KEPT = 2**10


class Lines(NamedTuple):
    """The distinct values of a column's lines, and the encoded index of each line.

    Absent lines have none; `levels` say which they are, if the column may have some.
    """

    values: Sequence[Any]
    indices: bytes
    levels: bytes = b""
    absent: int = 0


class Runs:
    """The lengths of runs, which several columns may share."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = lengths
        self.heads = [
            _HEADS[length] if length < _HEADS_KEPT else _head(length)
            for length in lengths
        ]
        self.lines = sum(lengths)


class _Dictionary:
    """Distinct values, and the encoded index of each: that of an absent one is empty.

    Where the column may have absent lines, they have the value `absent`.
    """

    def __init__(
        self, column: Column, values: Iterable[Any], *, absent: str | None = ""
    ) -> None:
        distinct = dict.fromkeys(values)
        self.has_absent = column.is_nullable and absent in distinct
        if self.has_absent:
            del distinct[absent]
        self.values = [*distinct]
        self.size = _index_bytes(len(distinct))
        indices = _indices(self.size, (len(distinct) - 1).bit_length())
        self.index_of = dict(zip(distinct, indices, strict=False))
        if self.has_absent:
            self.index_of[absent] = b""

    def lines(self, indices: bytes, levels: bytes = b"", absent: int = 0) -> Lines:
        """Lines with encoded indices, and the levels of those that may be absent."""
        return Lines(self.values, _with_width(self.size, indices), levels, absent)


def run_lines(column: Column, values: Sequence[Any], runs: Runs) -> Lines:
    """Lines that come in runs of a value each."""
    dictionary = _Dictionary(column, values)
    indices = map(dictionary.index_of.__getitem__, values)
    if not dictionary.has_absent:
        levels = _head(runs.lines) + _PRESENT if column.is_nullable else b""
        return dictionary.lines(_joined(runs.heads, indices), levels)
    kept = [*map(bool, values)]
    return dictionary.lines(
        _joined(compress(runs.heads, kept), compress(indices, kept)),
        _joined(runs.heads, map(_LEVELS.__getitem__, kept)),
        runs.lines - sum(compress(runs.lengths, kept)),
    )


def pattern_lines(column: Column, patterns: Sequence[Pattern]) -> Lines:
    """Lines that come in patterns which repeat."""
    values = {*chain.from_iterable(values for values, _ in patterns)}
    dictionary = _Dictionary(column, sorted(values))
    indices = _repeated(dictionary.index_of, patterns)
    encoded = _packed(indices, dictionary.size)
    if not column.is_nullable:
        return dictionary.lines(encoded)
    levels = _repeated({value: _LEVELS[bool(value)] for value in values}, patterns)
    return dictionary.lines(encoded, _bits(levels), levels.count(_ABSENT))


def value_lines(column: Column, values: Sequence[Any]) -> Lines:
    """Lines with a value each; None is absent."""
    levels = bytes([value is not None for value in values])
    absent = levels.count(_ABSENT)
    kept = [value for value in values if value is not None] if absent else values
    encoded_levels = _bits(levels) if column.is_nullable else b""
    if not column.kind.has_dictionary:
        ends = sorted(set(kept))
        return Lines(ends, _plain_bits(bytes(kept)), encoded_levels, absent)
    dictionary = _Dictionary(column, kept, absent=None)
    indices = b"".join([dictionary.index_of[value] for value in kept])
    packed = _packed(indices, dictionary.size)
    return dictionary.lines(packed, encoded_levels, absent)


def day_lines(ranges: Sequence[tuple[int, int, int]]) -> Lines:
    """Days that follow each other: the first, how many, and the lines of each of them.

    The lines of each are two where the days are several.
    """
    values: list[int] = []
    places = {}
    for first, days, _ in sorted({*ranges}):
        end = first + days
        begin = max(first, values[-1] + 1) if values else first
        values.extend(range(begin, end))
        places[first] = len(values) - (values[-1] + 1 - first)
    size = _index_bytes(len(values))
    pairs, pair = _pairs(size), 2 * size
    pieces = []
    for first, days, lines in ranges:
        place = places[first] * pair
        if lines == 2:  # as the table has them
            pieces.append(pairs[place : place + days * pair])
        else:
            pieces.append(pairs[place : place + size] * lines)
    return Lines(values, _with_width(size, _packed(b"".join(pieces), size)))


def _index_bytes(count: int) -> int:
    """The bytes that each index into this many values takes."""
    return 1 if count <= 2**8 else 2 if count <= 2**16 else 4


def _with_width(size: int, indices: bytes) -> bytes:
    """Indices of `size` bytes each, after their width in bits."""
    return bytes([8 * size]) + indices


@cache
def _pairs(size: int) -> bytes:
    """Each index of `size` bytes twice; all days fit into indices of two bytes."""
    indices = [index for index in range(2 ** (8 * size)) for _ in range(2)]
    return struct.pack(f"<{len(indices)}{_CODES[size]}", *indices)


@cache
def _indices(size: int, bits: int) -> list[bytes]:
    """All indices of `bits` bits, encoded in `size` bytes each."""
    return [index.to_bytes(size, "little") for index in range(2**bits)]


def _head(length: int) -> bytes:
    """The header of a run of this length."""
    return varint(length << 1)


_HEADS = [*map(_head, range(_HEADS_KEPT))]


def _joined(heads: Iterable[bytes], values: Iterable[bytes]) -> bytes:
    """Runs of a value each, after their heads."""
    return b"".join(chain.from_iterable(zip(heads, values, strict=True)))


def _repeated(encoded: Mapping[Any, bytes], patterns: Sequence[Pattern]) -> bytes:
    """The encoded values of patterns, as often as they repeat."""
    made = {
        values: b"".join([encoded[value] for value in values])
        for values in {values for values, _ in patterns}
    }
    return b"".join([made[values] * times for values, times in patterns])


def _packed(indices: bytes, size: int) -> bytes:
    """One sequence of indices of `size` bytes each."""
    groups = -(-len(indices) // (size * _PACKED))
    return varint(groups << 1 | 1) + indices.ljust(groups * size * _PACKED, b"\0")


def _bits(levels: bytes) -> bytes:
    """One sequence of levels of a byte each, as bits."""
    return varint(-(-len(levels) // _PACKED) << 1 | 1) + _plain_bits(levels)


def _plain_bits(claims: bytes) -> bytes:
    """Bytes of 0 and 1 as bits, the first one lowest."""
    # As the digits of a number in base two: Python reads a million in a millisecond.
    digits = claims[::-1].translate(b"01" + bytes(254))
    return int(digits or b"0", 2).to_bytes(-(-len(claims) // _PACKED), "little")
