"""Parquet files: the generic CSV's lines in types, whatever the slices were."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as reading
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY, date_of, parse_day
from daybook.exports.formats import parquet
from daybook.exports.formats.contract import FileFacts
from daybook.exports.formats.generic import SEQUENCE
from daybook.exports.formats.parquet import PARQUET
from daybook.exports.mapping.rules import TargetLine
from daybook.exports.rules import ExportGroup, ExportLine, Groups, Movements
from daybook.ledger.rules import Role
from daybook.sheets.cells import defused
from daybook_files import csv_lines, exported, file_of, parquet_lines

TEXTS = [
    *("narrative", "product_name", "customer_id", "customer_name"),
    *("invoice_id", "invoice_number", "xero_ledger_account_code"),
]
MAY = parse_day("2025-05-01")
DOLLARS = FileFacts("USD", 2)
BILLED = (Role.BILLED, Role.DEFERRED)


def table_of(content: bytes) -> Any:
    """What pyarrow reads."""
    return reading.read_table(io.BytesIO(content))


def texts_of(content: bytes) -> list[tuple[str, ...]]:
    """The texts of a Parquet file's lines as CSV has them, empty where absent."""
    rows = table_of(content).select(TEXTS).to_pylist()
    return [tuple(defused(row[name] or "") for name in TEXTS) for row in rows]


def cells_of(content: bytes) -> list[tuple[str, ...]]:
    """The same of a generic CSV."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    next(rows)
    places = (*range(2, 6), 9, 10, -1)
    return [tuple(row[place] for place in places) for row in rows]


def statuses_of(content: bytes) -> list[str]:
    """The status of each line of a Parquet file; none where lines have none."""
    table = table_of(content)
    return table["status"].to_pylist() if "status" in table.column_names else []


def csv_statuses(content: bytes) -> list[str]:
    """The same of a generic CSV."""
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [row["Status"] for row in rows if "Status" in row]


def test_columns_have_types_and_the_file_its_currency() -> None:
    table = table_of(file_of(PARQUET, DOLLARS, Movements([exported()])))

    text = pa.dictionary(pa.int32(), pa.string())
    assert {field.name: field.type for field in table.schema} == {
        "journal_number": pa.int64(),
        "date": pa.date32(),
        "narrative": text,
        "product_name": text,
        "customer_id": text,
        "customer_name": text,
        "direction": text,
        "ledger_account_name": text,
        "amount": pa.decimal128(18, 2),
        "invoice_id": text,
        "invoice_number": text,
    }
    assert table.schema.metadata[b"currency"] == b"USD"
    assert table.num_rows == 62
    assert table.slice(0, 1).to_pylist() == [
        {
            "journal_number": 7,
            "date": date(2025, 5, 1),
            "narrative": "Platform: recognized (INV-1)",
            "product_name": "Platform",
            "customer_id": "cus_1",
            "customer_name": "Acme Ltd",
            "direction": "DEBIT",
            "ledger_account_name": "Deferred Revenue",
            "amount": Decimal("2.90"),
            "invoice_id": "inv_1",
            "invoice_number": "INV-1",
        }
    ]


def test_absent_texts_are_null_and_names_are_not_defused() -> None:
    absent = exported(customer="", product="=1+1", document="")

    (row, *_) = table_of(file_of(PARQUET, DOLLARS, Movements([absent]))).to_pylist()

    assert row["product_name"] == "=1+1"
    for name in ("customer_id", "customer_name", "invoice_id", "invoice_number"):
        assert row[name] is None


def test_xeros_codes_are_a_last_column_while_xero_is_enabled() -> None:
    mapped = exported()._replace(debit_target=TargetLine(("2400",)))

    coded = file_of(PARQUET, DOLLARS._replace(has_codes=True), Movements([mapped]))

    table = table_of(coded)
    assert table.column_names[-1] == "xero_ledger_account_code"
    assert table["xero_ledger_account_code"].to_pylist() == ["2400", None] * 31
    plain = table_of(file_of(PARQUET, DOLLARS, Movements([mapped])))
    assert plain.column_names == table.column_names[:-1]


def test_a_status_comes_before_the_codes_and_is_never_null() -> None:
    facts = DOLLARS._replace(has_codes=True, divides_on=MAY + 30)

    file = file_of(PARQUET, facts, Movements([exported(), exported(journal=8)]))

    table = table_of(file)
    assert table.column_names[-2:] == ["status", "xero_ledger_account_code"]
    assert table["status"].to_pylist() == ["Posted"] * 124
    assert not table.schema.field("status").nullable
    earlier = file_of(
        PARQUET, facts._replace(divides_on=MAY + 29), Movements([exported()])
    )
    assert set(table_of(earlier)["status"].to_pylist()) == {"Scheduled"}


def test_groups_have_their_keys_as_texts() -> None:
    lines = [
        ExportLine(
            is_debit=True, role=Role.DEFERRED, account="Deferred", amount=10**18 - 1
        ),
        ExportLine(
            is_debit=False, role=Role.RECOGNIZED, account="Sales", amount=10**18 - 1
        ),
    ]
    groups = Groups([ExportGroup("2025-05 cus_1", MAY, "May", lines)])

    table = table_of(file_of(PARQUET, DOLLARS._replace(has_text_keys=True), groups))

    assert table["journal_number"].to_pylist() == ["2025-05 cus_1"] * 2
    assert table["amount"].to_pylist() == [Decimal("9999999999999999.99")] * 2


movements = st.builds(
    lambda number, start, span, daily, last, roles, name, code: exported(
        *(daily * span + last, daily, (MAY + start, MAY + start + span)),
        journal=number,
        roles=roles,
        customer=name,
        narrative=name or "Nobody",
    )._replace(debit_target=code),
    st.integers(1, 5),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 10**6),
    st.integers(0, 10**15),
    st.tuples(st.sampled_from(Role), st.sampled_from(Role)),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9),
    st.sampled_from([None, TargetLine(("2400",)), TargetLine(("200",))]),
)


@given(
    st.lists(movements, max_size=8),
    st.integers(1, 100),
    st.integers(1, 8),
    st.sampled_from([("USD", 2), ("JPY", 0), ("BHD", 3)]),
    st.none() | st.integers(MAY - 31, MAY + 62),
)
def test_lines_are_those_of_the_csv_in_any_row_groups_and_slices(
    its_movements: Sequence[Any],
    lines: int,
    size: int,
    currency: tuple[str, int],
    divides_on: int | None,
) -> None:
    facts = FileFacts(*currency, has_codes=True, divides_on=divides_on)
    slices = [
        Movements(its_movements[start : start + size])
        for start in range(0, len(its_movements), size)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "LINES", lines)

        file = file_of(PARQUET, facts, *slices)

        assert file == file_of(PARQUET, facts, Movements(its_movements))
    plain = file_of(SEQUENCE, facts, Movements(its_movements))
    assert parquet_lines(file, facts.decimals) == csv_lines(plain, facts.decimals)
    assert texts_of(file) == cells_of(plain)
    assert statuses_of(file) == csv_statuses(plain)


groups = st.builds(
    lambda key, day, name, lines: ExportGroup(
        str(key),
        MAY + day,
        name or "Nobody",
        [
            ExportLine(is_debit, Role.DEFERRED, account, amount, target)
            for is_debit, account, amount, target in lines
        ],
        customer_name=name,
    ),
    st.integers(1, 10**6),
    st.integers(-9_000, 20_000),
    st.sampled_from(["", "Acme", "Bolt"]),
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["Deferred", "Sales", "売上"]),
            st.integers(1, 10**18 - 1),
            st.sampled_from([None, TargetLine(("200",))]),
        ),
        max_size=4,
    ),
)


@given(
    its_groups=st.lists(groups, max_size=12),
    lines=st.integers(1, 20),
    has_text_keys=st.booleans(),
    divides_on=st.none() | st.integers(MAY - 9_000, MAY + 20_000),
)
def test_groups_are_those_of_the_csv_whatever_their_lines(
    its_groups: Sequence[ExportGroup],
    lines: int,
    *,
    has_text_keys: bool,
    divides_on: int | None,
) -> None:
    facts = FileFacts("USD", 2, has_codes=True, has_text_keys=has_text_keys)
    facts = facts._replace(divides_on=divides_on)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "LINES", lines)

        file = file_of(PARQUET, facts, Groups(its_groups))

    plain = file_of(SEQUENCE, facts, Groups(its_groups))
    assert parquet_lines(file) == csv_lines(plain)
    assert texts_of(file) == cells_of(plain)
    assert statuses_of(file) == csv_statuses(plain)


def test_the_most_days_that_a_row_group_may_have_are_all_there() -> None:
    days = range(FIRST_DAY, LAST_DAY + 1)
    movement = exported(len(days), 1, (days[0], days[-1]))

    dates = table_of(file_of(PARQUET, DOLLARS, Movements([movement])))["date"]

    assert dates.to_pylist() == [date_of(day) for day in days for _ in range(2)]


def test_row_groups_end_with_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "LINES", 100)

    units = Movements([exported(journal=number) for number in range(1, 6)])
    metadata = reading.ParquetFile(
        io.BytesIO(file_of(PARQUET, DOLLARS, units))
    ).metadata

    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    assert [group.num_rows for group in groups] == [124, 124, 62]


def test_pieces_are_given_as_row_groups_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet, "LINES", 1)
    renderer = PARQUET.renderer(DOLLARS)

    header = b"".join(renderer.header())
    first = b"".join(renderer.render(Movements([exported()])))
    rest = b"".join(renderer.footer())
    renderer.close()

    assert header == b"PAR1"
    assert first.count(exported().narrative.encode()) == 1
    assert rest.endswith(b"PAR1")
    assert table_of(header + first + rest).num_rows == 62


def test_duckdb_reads_texts_dates_and_decimals(tmp_path: Path) -> None:
    file = tmp_path / "journals.parquet"
    billed = exported(9000, 9000, (MAY, MAY), roles=BILLED, customer="")
    file.write_bytes(file_of(PARQUET, DOLLARS, Movements([billed, exported()])))

    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT ledger_account_name, direction, sum(amount), max(date)::VARCHAR,"
            " count(customer_name), typeof(any_value(amount)),"
            " typeof(any_value(narrative)) FROM read_parquet(?)"
            " GROUP BY ALL ORDER BY ALL",
            [str(file)],
        ).fetchall()

    types = ("DECIMAL(18,2)", "VARCHAR")
    ninety = Decimal("90.00")
    assert rows == [
        ("Billed Revenue", "DEBIT", ninety, "2025-05-01", 0, *types),
        ("Deferred Revenue", "CREDIT", ninety, "2025-05-01", 0, *types),
        ("Deferred Revenue", "DEBIT", ninety, "2025-05-31", 31, *types),
        ("Recognized Revenue", "CREDIT", ninety, "2025-05-31", 31, *types),
    ]
