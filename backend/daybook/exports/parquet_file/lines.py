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

Pattern: TypeAlias = tuple[tuple[Any, ...], int]
"""The values of lines that follow each other, and how often they do."""

_PACKED = 8
"""A packed sequence has a multiple of so many indices."""
_ABSENT, _PRESENT = b"\0", b"\1"
"""The levels of lines."""
_LEVELS = (_ABSENT, _PRESENT)
_CODES = {1: "B", 2: "H", 4: "I"}


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
            _SHORT_HEADS[length] if length < _RUNS_KEPT else _run_head(length)
            for length in lengths
        ]
        self.lines = sum(lengths)


class _Dictionary:
    """Distinct values, and the encoded index of each; an empty text is absent."""

    def __init__(self, column: Column, values: Iterable[Any]) -> None:
        distinct = dict.fromkeys(values)
        self.absent = {""} & distinct.keys() if column.is_nullable else ()
        for absent in self.absent:
            del distinct[absent]
        self.values = [*distinct]
        self.size = _index_bytes(len(distinct))
        tokens = _tokens(self.size, len(distinct))
        self.token_of = dict(zip(distinct, tokens, strict=False))

    def lines(self, indices: bytes, levels: bytes = b"", absent: int = 0) -> Lines:
        """Lines with encoded indices, and the levels of those that may be absent."""
        return Lines(self.values, _wide(self.size, indices), levels, absent)


def run_lines(column: Column, values: Sequence[Any], runs: Runs) -> Lines:
    """Lines that come in runs of a value each."""
    dictionary = _Dictionary(column, values)
    token_of = dictionary.token_of
    if not dictionary.absent:
        levels = _run_head(runs.lines) + _PRESENT if column.is_nullable else b""
        tokens = map(token_of.__getitem__, values)
        return dictionary.lines(_joined(runs.heads, tokens), levels)
    present = [bool(value) for value in values]
    tokens = map(token_of.__getitem__, compress(values, present))
    levels = map(_LEVELS.__getitem__, present)
    return dictionary.lines(
        _joined(compress(runs.heads, present), tokens),
        _joined(runs.heads, levels),
        runs.lines - sum(compress(runs.lengths, present)),
    )


def pattern_lines(column: Column, patterns: Sequence[Pattern]) -> Lines:
    """Lines that come in patterns which repeat."""
    distinct = dict.fromkeys(values for values, _ in patterns)
    dictionary = _Dictionary(column, chain.from_iterable(distinct))
    token_of = dictionary.token_of
    made = {
        values: b"".join([token_of.get(value, b"") for value in values])
        for values in distinct
    }
    indices = b"".join([made[values] * times for values, times in patterns])
    encoded = _packed(indices, dictionary.size)
    if not column.is_nullable:
        return dictionary.lines(encoded)
    made = {
        values: b"".join([_LEVELS[bool(value)] for value in values])
        for values in distinct
    }
    levels = b"".join([made[values] * times for values, times in patterns])
    return dictionary.lines(encoded, _bits(levels), levels.count(_ABSENT))


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


@cache
def _tokens(size: int, count: int) -> list[bytes]:
    """So many indices at least, encoded."""
    if count & (count - 1) == 0:  # made for powers of two, so that they are kept
        return [index.to_bytes(size, "little") for index in range(count)]
    return _tokens(size, 1 << count.bit_length())


def _run_head(length: int) -> bytes:
    """What a run of so many lines begins with."""
    return varint(length << 1)


_RUNS_KEPT = 2**10
_SHORT_HEADS = [*map(_run_head, range(_RUNS_KEPT))]


def _joined(heads: Iterable[bytes], values: Iterable[bytes]) -> bytes:
    """Runs of a value each, after their heads."""
    return b"".join(chain.from_iterable(zip(heads, values, strict=True)))


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
