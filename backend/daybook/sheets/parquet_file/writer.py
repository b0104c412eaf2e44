"""Row groups and the footer of a Parquet file: each column a dictionary and a page.

Fields have their numbers in `parquet.thrift`, which names them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import zstandard

from daybook.sheets.parquet_file.arrow_schema import (
    ARROW_SCHEMA,
    ArrowField,
    arrow_schema,
)
from daybook.sheets.parquet_file.columns import Column
from daybook.sheets.parquet_file.lines import Lines
from daybook.sheets.parquet_file.thrift import (
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
"""The longest text that is told as the least or the greatest of a row group."""

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
        begin, pieces, chunks, plain_size = self._at, list[bytes](), [], 0
        for column, its in zip(self._columns, columns, strict=True):
            pages = self._pages(column, its, lines)
            chunks.append(_chunk(column, its, lines, pages, self._at))
            for page in pages:
                pieces.append(page.content)
                self._at += len(page.content)
                plain_size += page.plain_size
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
            4: listed(self._row_groups),
            5: listed(
                struct({1: binary(key), 2: binary(value)})
                for key, value in self._metadata.items()
            ),
            6: binary(self._made_by),
            7: listed(struct({1: struct({})}) for _ in self._columns),
        }
        content = struct(fields).content
        return content + len(content).to_bytes(4, "little") + MAGIC

    def _pages(self, column: Column, its: Lines, lines: int) -> list[_Page]:
        """A page of distinct values, if the column has one, and that of the lines."""
        data = self._data(column, its, lines)
        if not column.kind.has_dictionary:
            return [data]
        return [self._dictionary(column, its), data]

    def _dictionary(self, column: Column, its: Lines) -> _Page:
        header = struct({1: i32(len(its.values)), 2: i32(_PLAIN)})
        content = column.kind.encode(its.values)
        return self._page(_DICTIONARY_PAGE, {7: header}, content)

    def _data(self, column: Column, its: Lines, lines: int) -> _Page:
        encoding = _RLE_DICTIONARY if column.kind.has_dictionary else _PLAIN
        header = struct({1: i32(lines), 2: i32(encoding), 3: i32(_RLE), 4: i32(_RLE)})
        content = its.indices
        if column.is_nullable:
            content = len(its.levels).to_bytes(4, "little") + its.levels + content
        return self._page(_DATA_PAGE, {5: header}, content)

    def _page(self, type_: int, header: Mapping[int, Value], content: bytes) -> _Page:
        compressed = self._zstd.compress(content)
        sizes = {2: i32(len(content)), 3: i32(len(compressed))}
        head = struct({1: i32(type_), **sizes, **header}).content
        return _Page(head + compressed, len(head) + len(content))


def _chunk(
    column: Column, its: Lines, lines: int, pages: Sequence[_Page], at: int
) -> Value:
    """What the footer says of a column in a row group, whose pages begin there."""
    *dictionaries, data = pages
    encodings = (_PLAIN, _RLE, _RLE_DICTIONARY) if dictionaries else (_PLAIN, _RLE)
    size = sum(len(page.content) for page in pages)
    fields = {
        1: i32(column.kind.physical),
        2: listed(map(i32, encodings)),
        3: listed([binary(column.name)]),
        4: i32(_ZSTD),
        5: i64(lines),
        6: i64(sum(page.plain_size for page in pages)),
        7: i64(size),
        9: i64(at + size - len(data.content)),
    }
    if dictionaries:
        fields[11] = i64(at)
    fields[12] = struct(_statistics(column, its))
    return struct({2: i64(0), 3: struct(fields)})


def _statistics(column: Column, its: Lines) -> dict[int, Value]:
    """How many lines are absent, and the least and the greatest value."""
    told = {3: i64(its.absent)}
    if its.values:
        # Texts in the order of their characters are in that of their bytes too.
        least, greatest = map(column.kind.end, (min(its.values), max(its.values)))
        if max(len(least), len(greatest)) <= STATISTICS_BYTES:
            exact = flag(is_set=True)
            told |= {5: binary(greatest), 6: binary(least), 7: exact, 8: exact}
    return told


def _schema(columns: Sequence[Column]) -> list[Value]:
    """The root and its columns."""
    return [
        struct({4: binary("schema"), 5: i32(len(columns))}),
        *map(_described, columns),
    ]


def _described(column: Column) -> Value:
    """A column's type in the schema."""
    fields = {
        1: i32(column.kind.physical),
        3: i32(_OPTIONAL if column.is_nullable else _REQUIRED),
        4: binary(column.name),
        **column.kind.annotation,
    }
    return struct(dict(sorted(fields.items())))
