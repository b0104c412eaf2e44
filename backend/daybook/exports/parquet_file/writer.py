"""Row groups and the footer of a Parquet file: each column a dictionary and a page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import zstandard

from daybook.exports.parquet_file.arrow_schema import (
    ARROW_SCHEMA,
    ArrowField,
    arrow_schema,
)
from daybook.exports.parquet_file.columns import Column
from daybook.exports.parquet_file.lines import Lines
from daybook.exports.parquet_file.thrift import (
    Value,
    binary,
    flag,
    i32,
    i64,
    listed,
    struct,
)

MAGIC = b"PAR1"
LEVEL = 3
"""Of zstd: lines are so alike that more takes long and gains little."""
STATISTICS_BYTES = 256
"""The longest text that is told as a row group's first or last."""

_PLAIN, _RLE, _RLE_DICTIONARY = 0, 3, 8
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_ZSTD = 6
_REQUIRED, _OPTIONAL = 0, 1
_VERSION = 2


class _Page(NamedTuple):
    """A page with its header, and its size without compression."""

    content: bytes
    plain_size: int


class ParquetWriter:
    """Encodes a file's row groups one after another, then the footer."""

    def __init__(
        self, columns: Sequence[Column], metadata: Mapping[str, str], made_by: str
    ) -> None:
        self._columns, self._made_by = columns, made_by
        fields = [ArrowField(name, kind.arrow, null) for name, kind, null in columns]
        schema = arrow_schema(fields, metadata)
        self._metadata = {**metadata, ARROW_SCHEMA: schema}
        self._zstd = zstandard.ZstdCompressor(level=LEVEL)
        self._row_groups: list[Value] = []
        self._at = len(MAGIC)
        self._lines = 0

    def row_group(self, lines: int, columns: Iterable[Lines]) -> list[bytes]:
        """The bytes of a row group with these lines of every column."""
        begin, pieces, chunks, plain_size = self._at, [], [], 0
        for column, its in zip(self._columns, columns, strict=True):
            smallest, dictionary = self._dictionary(column, its)
            data = self._data(column, its, lines)
            chunks.append(
                _chunk(column, its, lines, self._at, (dictionary, data), smallest)
            )
            pieces += [dictionary.content, data.content]
            self._at += len(dictionary.content) + len(data.content)
            plain_size += dictionary.plain_size + data.plain_size
        group = {
            1: listed(chunks),
            2: i64(plain_size),
            3: i64(lines),
            5: i64(begin),
            6: i64(self._at - begin),
        }
        self._row_groups.append(struct(group))
        self._lines += lines
        return pieces

    def footer(self) -> bytes:
        """What the file ends with."""
        fields = {
            1: i32(_VERSION),
            2: listed(_schema(self._columns)),
            3: i64(self._lines),
            # An empty list has no type to tell.
            4: listed(self._row_groups) if self._row_groups else Value(9, b"\x0c"),
            5: listed(
                struct({1: binary(key), 2: binary(value)})
                for key, value in self._metadata.items()
            ),
            6: binary(self._made_by),
            7: listed(struct({1: struct({})}) for _ in self._columns),
        }
        content = struct(fields).content
        return content + len(content).to_bytes(4, "little") + MAGIC

    def _dictionary(
        self, column: Column, its: Lines
    ) -> tuple[tuple[bytes, bytes] | None, _Page]:
        """A page of all values, after the smallest and the largest of them."""
        kind = column.kind
        ends = None
        if its.values:  # texts in the order of their characters are in that of UTF-8
            ends = kind.end(min(its.values)), kind.end(max(its.values))
        header = struct({1: i32(len(its.values)), 2: i32(_PLAIN)})
        content = kind.encode(its.values)
        return ends, self._page(_DICTIONARY_PAGE, {7: header}, content)

    def _data(self, column: Column, its: Lines, lines: int) -> _Page:
        header = struct(
            {1: i32(lines), 2: i32(_RLE_DICTIONARY), 3: i32(_RLE), 4: i32(_RLE)}
        )
        content = its.indices
        if column.is_nullable:
            content = len(its.levels).to_bytes(4, "little") + its.levels + content
        return self._page(_DATA_PAGE, {5: header}, content)

    def _page(self, type_: int, header: Mapping[int, Value], content: bytes) -> _Page:
        compressed = self._zstd.compress(content)
        sizes = {2: i32(len(content)), 3: i32(len(compressed))}
        head = struct({1: i32(type_), **sizes, **header}).content
        return _Page(head + compressed, len(head) + len(content))


def _chunk(  # noqa: PLR0913, PLR0917  (all that a reader looks for)
    column: Column,
    its: Lines,
    lines: int,
    at: int,
    pages: tuple[_Page, _Page],
    ends: tuple[bytes, bytes] | None,
) -> Value:
    """What the footer says of a column in a row group."""
    dictionary, data = pages
    statistics = {3: i64(its.absent)}
    if ends is not None and max(map(len, ends)) <= STATISTICS_BYTES:
        exact = flag(is_set=True)
        statistics |= {5: binary(ends[1]), 6: binary(ends[0]), 7: exact, 8: exact}
    encodings = (_PLAIN, _RLE, _RLE_DICTIONARY)
    fields = {
        1: i32(column.kind.physical),
        2: listed(map(i32, encodings)),
        3: listed([binary(column.name)]),
        4: i32(_ZSTD),
        5: i64(lines),
        6: i64(dictionary.plain_size + data.plain_size),
        7: i64(len(dictionary.content) + len(data.content)),
        9: i64(at + len(dictionary.content)),
        11: i64(at),
        12: struct(statistics),
    }
    return struct({2: i64(0), 3: struct(fields)})


def _schema(columns: Sequence[Column]) -> list[Value]:
    """The root and its columns."""
    return [
        struct({4: binary("schema"), 5: i32(len(columns))}),
        *(
            struct(
                {
                    1: i32(column.kind.physical),
                    3: i32(_OPTIONAL if column.is_nullable else _REQUIRED),
                    4: binary(column.name),
                    **column.kind.annotation,
                }
            )
            for column in columns
        ),
    ]
