"""Parquet's layout: what is written is what two other programs read."""

import base64
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as reading
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.sheets.parquet_file.columns import (
    DAYS,
    NUMBERS,
    TEXTS,
    Column,
    decimals_of,
)
from daybook.sheets.parquet_file.lines import (
    Lines,
    Runs,
    day_lines,
    pattern_lines,
    run_lines,
)
from daybook.sheets.parquet_file.writer import MAGIC, ParquetWriter

NUMBER = Column("number", NUMBERS, is_nullable=False)
TEXT, REQUIRED = Column("text", TEXTS), Column("text", TEXTS, is_nullable=False)
DAY = Column("day", DAYS, is_nullable=False)

texts = st.sampled_from(["", "a", "é", "日本", "a longer text"])


class RowGroup(NamedTuple):
    """The lines of a row group, and how many they are."""

    lines: Lines
    size: int


def file_of(column: Column, *row_groups: RowGroup) -> bytes:
    """A file of one column."""
    writer = ParquetWriter([column], {"kept": "ü"}, "tests version 1 (build 1)")
    pieces = [MAGIC]
    for lines, size in row_groups:
        pieces += writer.row_group(size, [lines])
    return b"".join([*pieces, writer.footer()])


def read(content: bytes) -> list[Any]:
    """What pyarrow reads."""
    (column,) = reading.read_table(io.BytesIO(content)).columns
    values: list[Any] = column.to_pylist()
    return values


def read_by_duckdb(content: bytes, folder: Path) -> list[Any]:
    """What DuckDB reads."""
    file = folder / "file.parquet"
    file.write_bytes(content)
    with duckdb.connect() as connection:
        rows = connection.execute("FROM read_parquet(?)", [str(file)]).fetchall()
    return [value for (value,) in rows]


def in_runs(column: Column, runs: Sequence[tuple[Any, int]]) -> RowGroup:
    values, lengths = [value for value, _ in runs], [length for _, length in runs]
    return RowGroup(run_lines(column, values, Runs(lengths)), sum(lengths))


@given(
    st.lists(
        st.lists(st.tuples(texts, st.integers(1, 3_000)), min_size=1, max_size=9),
        max_size=3,
    )
)
def test_runs_of_texts_are_read_and_empty_ones_are_absent(
    row_groups: list[list[tuple[str, int]]],
) -> None:
    lines = [
        text for runs in row_groups for text, length in runs for _ in range(length)
    ]

    absent = file_of(TEXT, *[in_runs(TEXT, runs) for runs in row_groups])
    required = file_of(REQUIRED, *[in_runs(REQUIRED, runs) for runs in row_groups])

    assert read(absent) == [text or None for text in lines]
    assert read(required) == lines


@given(
    patterns=st.lists(
        st.tuples(st.lists(texts, min_size=1, max_size=5), st.integers(1, 40)),
        min_size=1,
        max_size=9,
    ),
    is_nullable=st.booleans(),
)
def test_patterns_of_texts_are_read_as_often_as_they_repeat(
    patterns: list[tuple[list[str], int]], *, is_nullable: bool
) -> None:
    column = TEXT if is_nullable else REQUIRED
    lines = [text for its, times in patterns for text in its * times]
    repeated = pattern_lines(column, [(tuple(its), times) for its, times in patterns])

    content = file_of(column, RowGroup(repeated, len(lines)))

    absent = None if is_nullable else ""
    assert read(content) == [text or absent for text in lines]


ranges = st.tuples(st.integers(-20_000, 20_000), st.integers(1, 400))


@given(
    st.lists(
        st.one_of(
            st.tuples(ranges, st.just(2)),
            st.tuples(ranges.map(lambda its: (its[0], 1)), st.integers(1, 30)),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_days_are_read_however_they_overlap(
    ranges: list[tuple[tuple[int, int], int]],
) -> None:
    lines = day_lines([(*its, copies) for its, copies in ranges])
    days = [
        first + later
        for (first, count), copies in ranges
        for later in range(count)
        for _ in range(copies)
    ]

    content = file_of(DAY, RowGroup(lines, len(days)))

    table = reading.read_table(io.BytesIO(content))
    assert table["day"].cast(pa.int32()).to_pylist() == days
    assert lines.values == sorted({*days})


@pytest.mark.parametrize("count", [1, 2**8, 2**8 + 1, 2**16, 2**16 + 1])
def test_as_many_values_are_read_as_there_are(count: int, tmp_path: Path) -> None:
    numbers = [number * (-1) ** number for number in range(count)]

    content = file_of(NUMBER, in_runs(NUMBER, [(number, 1) for number in numbers]))

    assert read(content) == numbers
    assert read_by_duckdb(content, tmp_path) == numbers


def test_duckdb_reads_what_is_absent(tmp_path: Path) -> None:
    runs = [("", 3), ("a", 2), ("", 2_000), ("b", 1)]
    every = [("", 7)]
    lines = pattern_lines(TEXT, [(("", "a"), 9), (("b",), 1)])

    content = file_of(
        TEXT, in_runs(TEXT, runs), in_runs(TEXT, every), RowGroup(lines, 19)
    )

    expected = [None] * 3 + ["a"] * 2 + [None] * 2_000 + ["b"] + [None] * 7
    expected += [None, "a"] * 9 + ["b"]
    assert read_by_duckdb(content, tmp_path) == read(content) == expected


def test_a_file_without_lines_has_its_columns(tmp_path: Path) -> None:
    content = file_of(TEXT)

    assert read(content) == read_by_duckdb(content, tmp_path) == []
    assert reading.read_schema(io.BytesIO(content)).names == ["text"]


@pytest.mark.parametrize(
    ("column", "runs", "expected"),
    [
        (NUMBER, [(-5, 2), (300, 1), (7, 1)], (-5, 300, 0)),
        (DAY, [(-1, 1), (20_000, 1)], (date(1969, 12, 31), date(2024, 10, 4), 0)),
        (TEXT, [("é", 1), ("", 4), ("z", 1), ("日", 1)], ("z", "日", 4)),
        (TEXT, [("", 4)], (None, None, 4)),
        (TEXT, [("a", 1), ("é" * 129, 1)], (None, None, 0)),
        (
            Column("amount", decimals_of(18, 2), is_nullable=False),
            [(10**18 - 1, 1), (1, 1)],
            (Decimal("0.01"), Decimal("9999999999999999.99"), 0),
        ),
    ],
    ids=["numbers", "days", "texts", "absent", "long", "amounts"],
)
def test_row_groups_tell_their_least_and_greatest_value(
    column: Column, runs: Sequence[tuple[Any, int]], expected: tuple[Any, ...]
) -> None:
    content = file_of(column, in_runs(column, runs))

    statistics = reading.read_metadata(io.BytesIO(content)).row_group(0).column(0)
    told = statistics.statistics
    assert (told.min, told.max, told.null_count) == expected


def test_row_groups_are_found_on_their_own() -> None:
    content = file_of(
        NUMBER, in_runs(NUMBER, [(1, 2)]), in_runs(NUMBER, [(2, 1), (3, 5)])
    )

    file = reading.ParquetFile(io.BytesIO(content))

    assert file.metadata.num_rows == 8
    assert file.read_row_group(1)["number"].to_pylist() == [2, 3, 3, 3, 3, 3]


def test_the_schema_is_the_one_that_arrow_would_write() -> None:
    columns = [NUMBER, TEXT, DAY, Column("amount", decimals_of(18, 3))]
    schema = pa.schema(
        [
            pa.field("number", pa.int64(), nullable=False),
            pa.field("text", pa.dictionary(pa.int32(), pa.string())),
            pa.field("day", pa.date32(), nullable=False),
            pa.field("amount", pa.decimal128(18, 3)),
        ],
        metadata={"currency": "BHD"},
    )

    writer = ParquetWriter(columns, {"currency": "BHD"}, "tests")
    content = MAGIC + writer.footer()

    metadata = reading.read_metadata(io.BytesIO(content)).metadata
    told = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(metadata[b"ARROW:schema"])))
    assert told.equals(schema, check_metadata=True)
    assert reading.read_schema(io.BytesIO(content)).equals(schema, check_metadata=True)


def test_dictionaries_are_in_an_order_of_their_own() -> None:
    texts = [f"text {number}" for number in range(99)]

    patterns = pattern_lines(TEXT, [(tuple(texts), 1), (("text 99",), 5)])
    runs = run_lines(TEXT, [*texts, "text 0"], Runs([1] * 100))

    assert patterns.values == sorted([*texts, "text 99"])  # and not by their hashes
    assert runs.values == texts
