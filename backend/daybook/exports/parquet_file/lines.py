"""The lines of a column in a row group: distinct values once, and each line's index.

Indices take 8, 16 or 32 bits, so that they are plain arrays. In Parquet's hybrid
encoding they are either runs of equal ones, or one packed sequence.
"""

import struct
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, compress
from typing import Any, NamedTuple, TypeAlias

from daybook.exports.parquet_file.columns import Column
from daybook.exports.parquet_file.thrift import varint

Pattern: TypeAlias = tuple[tuple[int, ...], int]
"""The numbers of values of lines that follow each other, and how often they do."""

_PACKED = 8
"""A packed sequence has a multiple of so many indices."""
_ABSENT, _PRESENT = b"\0", b"\1"
"""The levels of lines."""
_CODES = {1: "B", 2: "H", 4: "I"}
_RUNS_KEPT = 2**12


class Values(dict[Any, int]):
    """Distinct values, numbered in the order in which they are looked up."""

    def __missing__(self, value: Any) -> int:
        number = self[value] = len(self)
        return number


class Lines(NamedTuple):
    """The distinct values of a column's lines, and the encoded index of each line.

    Absent lines have none; `levels` say which they are, if the column may have some.
    """

    values: Sequence[Any]
    indices: bytes
    levels: bytes = b""
    absent: int = 0


class _Places:
    """Where numbered values are in the dictionary; an empty text is absent."""

    def __init__(self, column: Column, values: Iterable[Any]) -> None:
        self.known = Values()
        places = [
            None if column.is_nullable and value == "" else self.known[value]  # noqa: PLC1901  (0 is a value)
            for value in values
        ]
        self.size = _index_bytes(len(self.known))
        self.indices = [
            b"" if place is None else place.to_bytes(self.size, "little")
            for place in places
        ]
        self.levels = [_ABSENT if place is None else _PRESENT for place in places]
        self.has_absent = None in places

    def lines(self, indices: bytes, levels: bytes = b"", absent: int = 0) -> Lines:
        """Encoded indices, after how many bits each of them has."""
        return Lines([*self.known], _wide(self.size, indices), levels, absent)


def run_lines(
    column: Column, values: Iterable[Any], numbers: Sequence[int], lengths: list[int]
) -> Lines:
    """Lines that come in runs: the number of each run's value, and its length."""
    places = _Places(column, values)
    heads = map(_run_head, lengths)
    if not places.has_absent:
        levels = _run_head(sum(lengths)) + _PRESENT if column.is_nullable else b""
        indices = map(places.indices.__getitem__, numbers)
        return places.lines(_runs(heads, indices), levels)
    kept = [places.levels[number] is _PRESENT for number in numbers]
    present = map(places.indices.__getitem__, compress(numbers, kept))
    return places.lines(
        _runs(compress(heads, kept), present),
        _runs(map(_run_head, lengths), map(places.levels.__getitem__, numbers)),
        sum(lengths) - sum(compress(lengths, kept)),
    )


def pattern_lines(
    column: Column, values: Iterable[Any], patterns: Sequence[Pattern]
) -> Lines:
    """Lines that come in patterns which repeat."""
    places = _Places(column, values)
    indices = _packed(_repeated(places.indices, patterns), places.size)
    if not column.is_nullable:
        return places.lines(indices)
    levels = _repeated(places.levels, patterns)
    return places.lines(indices, _bits(levels), levels.count(_ABSENT))


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
        if lines == 2:  # noqa: PLR2004  (as the table has them)
            pieces.append(pairs[place : place + days * pair])
        else:
            pieces.append(pairs[place : place + size] * lines)
    return Lines(values, _wide(size, _packed(b"".join(pieces), size)))


def _index_bytes(count: int) -> int:
    """How many bytes an index of so many values takes."""
    return 1 if count <= 2**8 else 2 if count <= 2**16 else 4


def _wide(size: int, indices: bytes) -> bytes:
    return bytes([8 * size]) + indices


@cache
def _pairs(size: int) -> bytes:
    """Each index of a day twice."""
    indices = [index for index in range(2 ** (8 * size)) for _ in range(2)]
    return struct.pack(f"<{len(indices)}{_CODES[size]}", *indices)


def _run_head(length: int) -> bytes:
    """What a run of so many lines begins with."""
    return _SHORT_RUNS[length] if length < _RUNS_KEPT else varint(length << 1)


_SHORT_RUNS = [varint(length << 1) for length in range(_RUNS_KEPT)]


def _runs(heads: Iterable[bytes], values: Iterable[bytes]) -> bytes:
    """Runs of a value each, after their heads."""
    return b"".join(chain.from_iterable(zip(heads, values, strict=True)))


def _repeated(values: Sequence[bytes], patterns: Sequence[Pattern]) -> bytes:
    """The values of patterns as often as they repeat."""
    made = {
        numbers: b"".join([values[number] for number in numbers])
        for numbers in {numbers for numbers, _ in patterns}
    }
    return b"".join([made[numbers] * times for numbers, times in patterns])


def _packed(indices: bytes, size: int) -> bytes:
    """One sequence of indices of so many bytes."""
    groups = -(-len(indices) // (size * _PACKED))
    return varint(groups << 1 | 1) + indices.ljust(groups * size * _PACKED, b"\0")


def _bits(levels: bytes) -> bytes:
    """One sequence of levels of a byte each, as bits."""
    # As the digits of a number in base two: Python reads a million in a millisecond.
    digits = levels[::-1].translate(b"01" + bytes(254))
    count = -(-len(levels) // _PACKED)
    return varint(count << 1 | 1) + int(digits, 2).to_bytes(count, "little")
