"""A sheet as Parquet: what pyarrow and DuckDB find in it."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.calendar import date_of, parse_day
from daybook.money import amount_text
from daybook.sheets import parquet_table
from daybook.sheets.columns import Money
from daybook.sheets.parquet_table import PARQUET
from daybook_services.faults import examples
from daybook_sheets import Fact, file_of, parquet_rows

NOON = datetime(2026, 1, 31, 13, 5, 7, 9, tzinfo=timezone(timedelta(hours=1)))
WIDEST = 10**37

facts = st.builds(
    Fact,
    st.none() | st.text(st.characters(codec="utf-8"), max_size=9),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.builds(Money, st.integers(-WIDEST, WIDEST), st.just("USD")),
    st.none() | st.integers(0, 40_000),
    st.none() | st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1970),
    st.none() | st.booleans(),
)


def seen(fact: Fact) -> tuple[Any, ...]:
    """A fact as readers of Parquet see it."""
    amount = None if fact.amount is None else Decimal(amount_text(*fact.amount))
    return (
        *(fact.name, fact.number, amount),
        *(None if fact.day is None else date_of(fact.day), fact.moment, fact.is_so),
    )


def read_by_duckdb(content: bytes, folder: Path) -> list[tuple[Any, ...]]:
    file = folder / "file.parquet"
    file.write_bytes(content)
    with duckdb.connect() as connection:
        # As a number, since it gives moments only with another package.
        found = connection.execute(
            "SELECT * REPLACE (epoch_us(moment) AS moment) FROM read_parquet(?)",
            [str(file)],
        ).fetchall()
    return [(*row[:4], row[4] and at_microsecond(row[4]), row[5]) for row in found]


def at_microsecond(number: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=number)


def test_each_type_has_its_own() -> None:
    fact = Fact(
        "a", -1_000, Money(-5, "BHD"), parse_day("2026-01-31"), NOON, is_so=True
    )

    table = pyarrow.parquet.read_table(io.BytesIO(file_of(PARQUET, [[fact]], "BHD")))

    assert [(field.name, field.type) for field in table.schema] == [
        ("name", pa.dictionary(pa.int32(), pa.string())),
        ("number", pa.int64()),
        ("amount", pa.decimal128(38, 3)),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("is_so", pa.bool_()),
    ]
    assert table.to_pylist() == [
        {
            "name": "a",
            "number": -1_000,
            "amount": Decimal("-0.005"),
            "day": date(2026, 1, 31),
            "moment": datetime(2026, 1, 31, 12, 5, 7, 9, tzinfo=UTC),
            "is_so": True,
        }
    ]
    assert table.schema.metadata == {b"sheet": b"facts", b"currency": b"BHD"}


@settings(max_examples=examples(15))
@given(st.lists(facts, max_size=30), st.integers(1, 9))
def test_both_readers_find_every_value(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Fact], size: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parquet_table, "ROWS", size)
        content = file_of(PARQUET, [rows])

    assert parquet_rows(content) == [*map(seen, rows)]
    folder = tmp_path_factory.mktemp("duckdb")
    assert read_by_duckdb(content, folder) == [*map(seen, rows)]


@pytest.mark.parametrize(
    "rows", [[], [Fact()], [Fact(is_so=False, number=0)], [Fact(name="")] * 3]
)
def test_files_with_hardly_anything(tmp_path: Path, rows: Sequence[Fact]) -> None:
    content = file_of(PARQUET, [rows])

    assert parquet_rows(content) == [*map(seen, rows)]
    assert read_by_duckdb(content, tmp_path) == [*map(seen, rows)]


def test_row_groups_and_statistics_are_those_of_the_rows(tmp_path: Path) -> None:
    rows = [
        Fact(str(number), number, Money(-number, "USD"), number, is_so=number > 3)
        for number in range(70_000)
    ]

    content = file_of(PARQUET, [rows[:10], rows[10:]])

    file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    groups = [file.metadata.row_group(number) for number in range(3)]
    assert [group.num_rows for group in groups] == [2**15, 2**15, 70_000 - 2**16]
    least = [group.column(2).statistics.min for group in groups]
    assert least == [
        Decimal(-number).scaleb(-2) for number in (2**15 - 1, 2**16 - 1, 69_999)
    ]
    assert groups[0].column(5).statistics.null_count == 0
    (path := tmp_path / "file.parquet").write_bytes(content)
    with duckdb.connect() as connection:
        (found,) = connection.execute(
            "SELECT count(*), sum(amount), sum(number) FROM read_parquet(?)"
            " WHERE is_so AND amount < -0.05",
            [str(path)],
        ).fetchall()
    over = range(6, 70_000)
    assert found == (len(over), Decimal(-sum(over)).scaleb(-2), sum(over))


@given(st.lists(st.integers(0, 9), max_size=9))
def test_the_same_rows_are_the_same_bytes_however_they_are_sliced(
    sizes: list[int],
) -> None:
    rows = [Fact(str(number), number, moment=NOON) for number in range(sum(sizes))]
    left = iter(rows)
    slices = [[next(left) for _ in range(size)] for size in sizes]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parquet_table, "ROWS", 4)
        assert file_of(PARQUET, slices) == file_of(PARQUET, [rows])
