"""The dataset's pages, totals and sums, over two connections."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import day_of, parse_month
from daybook.columnar.csv_text import csv_statement
from daybook.columnar.engine import Columnar
from daybook.gl.building.segment import CSV_COLUMNS
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.lines import (
    DatasetLine,
    Part,
    line_page,
    line_totals,
    lines_of,
)
from daybook.gl.dataset.sums import (
    Exposure,
    ProfitCell,
    RateFilter,
    exposure_on,
    profit_and_loss,
    rates_used,
)
from daybook.gl.kinds import Kind
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook.gl.rules.journal_types import JournalType
from daybook.paging import PageRequest
from daybook_gl_made import journal, made, rates

RATES = {f"_{day:02}": f"1.{20 + day}" for day in range(1, 29)}
NUMBERS = range(1, 21)


class Asked:
    """A dataset of two connections, and an engine for it."""

    def __init__(self, folder: Path) -> None:
        self.parts = []
        for connection in (1, 2):
            own = folder / f"{connection}"
            own.mkdir()
            journals = [
                journal(
                    number,
                    f"2026-10-{number:02}",
                    ("bank", number * connection),
                    ("sales" if number % 3 else "gst", -number * connection),
                    Reference=f"Ref, {number}",
                    SourceType="CASHREC" if number % 2 else "MANJOURNAL",
                )
                for number in NUMBERS
            ]
            lines = made(
                own,
                rates(**RATES),
                {Kind.JOURNALS: journals, Kind.INVOICES: [OPEN]},
                number=connection,
                reporting_currency="USD",
            )
            self.parts.append(
                Part(connection, lines.built.lines, lines.built.positions)
            )
        self._connection = duckdb.connect(":memory:")

    def __call__(self, work: Callable[..., Any], *values: Any) -> Any:
        return work(self._connection, self.parts, *values)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement over `lines`."""
        lines = f"(SELECT * FROM {lines_of(self.parts)})"  # noqa: S608
        return self._connection.execute(statement.replace("lines", lines)).fetchall()


OPEN = {
    "InvoiceID": "i-1",
    "Type": "ACCREC",
    "InvoiceNumber": "INV-1",
    "Status": "AUTHORISED",
    "Date": "2026-10-01",
    "CurrencyCode": "USD",
    "Total": 1210.0,
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The dataset."""
    return Asked(tmp_path_factory.mktemp("dataset"))


FILTERS = st.builds(
    LineFilter,
    connections=st.none() | st.sets(st.sampled_from([1, 2, 3])),
    types=st.none() | st.sets(st.sampled_from([*JournalType])),
    first=st.none() | st.integers(1, 31).map(lambda day: day_of(date(2026, 10, day))),
    last=st.none() | st.integers(1, 31).map(lambda day: day_of(date(2026, 10, day))),
    account_classes=st.none() | st.sets(st.sampled_from(["ASSET", "REVENUE"])),
    account_codes=st.none() | st.sets(st.sampled_from(["", "200", "610"])),
    source_tables=st.none() | st.sets(st.sampled_from(["", "Bank Transactions"])),
    search=st.sampled_from(["", "ref, 1", "BANK", "zzz"]),
)


@given(FILTERS, st.integers(1, 30), st.booleans())
def test_pages_join_to_all_lines_in_order(
    asked: Asked,
    line_filter: LineFilter,
    size: int,
    is_backward: bool,  # noqa: FBT001
) -> None:
    whole = asked(line_page, line_filter, PageRequest(1_000), [Column.NET]).items
    found: list[DatasetLine] = []
    request = PageRequest(size, None, is_backward)
    while True:
        page = asked(line_page, line_filter, request, [Column.NET])
        found = page.items + found if is_backward else found + page.items
        if not (page.has_previous if is_backward else page.has_next):
            break
        edge = page.items[0 if is_backward else -1]
        request = PageRequest(size, (edge.connection, edge.row), is_backward)

    assert found == whole
    assert [(line.connection, line.row) for line in whole] == sorted(
        (line.connection, line.row) for line in whole
    )
    totals = asked(line_totals, line_filter)
    assert totals.lines == len(whole)
    sides = sum((abs(line.columns[Column.NET]) for line in whole), Decimal())
    assert (totals.debit or 0) + (totals.credit or 0) == sides


def test_a_filter_finds_what_its_words_say(asked: Asked) -> None:
    def numbers(**wanted: Any) -> set[int]:
        columns = [Column.JOURNAL_NUMBER]
        page = asked(line_page, LineFilter(**wanted), PageRequest(1_000), columns)
        return {line.columns[Column.JOURNAL_NUMBER] for line in page.items}

    actual = {*NUMBERS}
    assert numbers(types=[JournalType.ACTUAL]) == actual
    assert numbers(account_codes=["820"]) == {3, 6, 9, 12, 15, 18}
    assert numbers(search="REF, 1", last=day_of(date(2026, 10, 12))) == {1, 10, 11, 12}
    assert numbers(source_tables=["Bank Transactions"]) == {*range(1, 21, 2)}
    assert numbers(connections=[]) == set()


def test_only_the_columns_that_are_asked_for_are_read(asked: Asked) -> None:
    page = asked(
        line_page, LineFilter(), PageRequest(2), [Column.NET, Column.REFERENCE]
    )

    assert [line.columns for line in page.items] == [
        {Column.NET: Decimal("-1.00"), Column.REFERENCE: "Ref, 1"},
        {Column.NET: Decimal("1.00"), Column.REFERENCE: "Ref, 1"},
    ]


def test_totals_are_by_type(asked: Asked) -> None:
    totals = asked(line_totals, LineFilter(account_classes=["ASSET"]))
    expected = dict(
        asked.rows(
            'SELECT _type, sum("Net Amount (RC)") FROM lines'
            " WHERE _account_class = 'ASSET' GROUP BY 1"
        )
    )

    assert totals.by_type == expected
    assert totals.net_rc == sum(expected.values())


def test_profit_and_loss_is_income_and_expense_by_month(asked: Asked) -> None:
    october = parse_month("2026-10")
    cells = asked(profit_and_loss, LineFilter(types=[JournalType.ACTUAL]))
    (sold,) = asked.rows(
        'SELECT sum("Net Amount (RC)") FROM lines'
        " WHERE _account_id = 'sales' AND _type = 1"
    )

    assert cells == [
        ProfitCell(
            account_class="REVENUE",
            account_code="200",
            account_name="Sales",
            month=october,
            type=JournalType.ACTUAL,
            amount=sold[0],
            connections=[1, 2],
        )
    ]


def test_exposure_is_what_is_open_and_what_it_gained(asked: Asked) -> None:
    on, before = (day_of(date(2026, 10, day)) for day in (2, 1))
    zero = Decimal("0.00")

    # 1,210.00 dollars are 1,000.00 euros at 1.21, and 991.80 at 1.22.
    assert asked(exposure_on, on) == [
        Exposure(
            connection,
            "USD",
            "EUR",
            Decimal("1210.0000"),
            Decimal("991.80"),
            1,
            Decimal("-8.20"),
            zero,
            zero,
        )
        for connection in (1, 2)
    ]
    assert [its.valuation for its in asked(exposure_on, before)] == [1000, 1000]
    assert [its.unrealised for its in asked(exposure_on, before)] == [zero, zero]
    # A period that begins later has its own gains only: 983.74 less 991.80.
    third = day_of(date(2026, 10, 3))
    assert [its.unrealised for its in asked(exposure_on, third, third)] == [
        Decimal("-8.06")
    ] * 2


def test_rates_that_were_used_are_told_with_their_days(asked: Asked) -> None:
    used = asked(rates_used)

    assert {(rate.day.day, str(rate.rate)) for rate in used} == {
        (day, f"1.{20 + day}000000") for day in NUMBERS
    }
    assert (
        sum(rate.lines for rate in used)
        == asked.rows("SELECT count(*) FROM lines")[0][0]
    )
    assert asked(rates_used, RateFilter("GBP")) == []
    assert asked(rates_used, RateFilter(is_manual=True)) == []
    assert asked(rates_used, RateFilter(is_manual=False)) == used
    first, *_, last = sorted(day_of(rate.day) for rate in used)
    assert asked(rates_used, RateFilter(first=last)) == used[:1]
    assert asked(rates_used, RateFilter(last=first)) == used[-1:]
    assert [rate.day for rate in used] == sorted(
        (rate.day for rate in used), reverse=True
    )


def test_a_plain_flag_changes_no_byte(asked: Asked, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("cell.csv", "plain.csv")]
    rows = f"SELECT * FROM {lines_of(asked.parts)} ORDER BY _connection, _row"  # noqa: S608
    with duckdb.connect(":memory:") as connection:
        for path, flag in zip(paths, ("false", "_plain"), strict=True):
            connection.execute(csv_statement(CSV_COLUMNS, rows, str(path), flag))

    whole = paths[0].read_bytes()
    assert whole == paths[1].read_bytes()
    assert whole.splitlines()[0].decode() == ",".join(Column)
    assert b',"Ref, 1",' in whole
    assert whole.count(b"\r\n") == asked.rows("SELECT count(*) FROM lines")[0][0] + 1


@pytest.mark.anyio
async def test_an_empty_dataset_has_nothing(tmp_path: Path) -> None:
    columnar = Columnar([tmp_path], tmp_path / "scratch")

    def work(cursor: duckdb.DuckDBPyConnection) -> Any:
        return (
            line_page(cursor, [], LineFilter(), PageRequest(5), [Column.NET]).items,
            line_totals(cursor, [], LineFilter()).lines,
            profit_and_loss(cursor, [], LineFilter()),
            exposure_on(cursor, [], 0),
            rates_used(cursor, []),
        )

    assert await columnar.run(work) == ([], 0, [], [], [])
    columnar.close()
