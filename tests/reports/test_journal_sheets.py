"""Journals and groups as tables: all of them, in slices of any size."""

import csv
import io

import pytest

from daybook.db.engine import Database
from daybook.ledger.rules import Role, net_change
from daybook.reports.journals import sheets
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.reports.journals.groups import GroupedBy
from daybook.reports.journals.sheets import (
    JournalLine,
    every_group,
    every_journal,
    groups_sheet,
    journals_sheet,
)
from daybook.reports.journals.sorting import ListOrder, SortColumn
from daybook.reports.journals.totals import pair_totals
from daybook.sheets.csv_lines import csv_header, csv_lines
from daybook_factories import invoice, line, pin, record, terms

pytestmark = pytest.mark.anyio

CUSTOMERS = 5
ALL = JournalFilter()


@pytest.fixture
async def sold(database: Database) -> Database:
    """A database with a year's invoice of each of some customers."""
    await sell(database)
    return database


@pytest.fixture(scope="module")
async def shared(module_database: Database) -> Database:
    """The same for all tests that change nothing."""
    await sell(module_database)
    return module_database


async def sell(database: Database) -> None:
    await record(
        database,
        *(
            invoice(f"inv_{number}", line(), customer=f"cus_{number}")
            for number in range(CUSTOMERS)
        ),
    )


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("limit", [None, 1, 8])
async def test_slices_have_every_journal_and_group_once(
    shared: Database, monkeypatch: pytest.MonkeyPatch, size: int, limit: int | None
) -> None:
    monkeypatch.setattr(sheets, "SLICE", size)
    at = await pin(shared)
    by = GroupedBy((Grouping.CUSTOMER, Grouping.DOCUMENT), Granularity.MONTHLY)

    journals = [
        journal
        async for slice_ in every_journal(shared, at, ALL, limit)
        for journal in slice_
    ]
    groups = [
        group
        async for slice_ in every_group(shared, at, ALL, by, limit)
        for group in slice_
    ]

    count = limit or CUSTOMERS * 12
    assert [its.journal.number for its in journals] == [*range(1, count + 1)]
    keys = [its.key for its in groups]
    assert len(keys) == count
    assert len({*keys}) == count
    assert [key[:7] for key in keys] == sorted(key[:7] for key in keys)


@pytest.mark.parametrize("limit", [None, 8])
async def test_slices_in_any_order_make_one_sorted_list(
    sold: Database, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    small = invoice("inv_small", line(its_terms=terms("12.00")), customer="cus_0")
    await record(sold, small)
    at = await pin(sold)

    async def lines(order: ListOrder, most: int | None = None) -> list[JournalLine]:
        slices = every_journal(sold, at, ALL, most, order)
        return [journal async for slice_ in slices for journal in slice_]

    def customer(line: JournalLine) -> str:
        return (line.journal.customer_name or "").lower()

    def recognized(line: JournalLine) -> int:
        return net_change(line.sums.pairs, Role.RECOGNIZED)

    def number(line: JournalLine) -> int:
        return line.journal.number

    every = await lines(ListOrder())
    monkeypatch.setattr(sheets, "SLICE", 7)
    for column, value in (
        (None, number),
        (SortColumn.CUSTOMER, customer),
        (SortColumn.RECOGNIZED, recognized),
    ):
        for is_descending in (False, True):
            expected = sorted(every, key=value)
            if is_descending:
                expected.reverse()
            found = await lines(ListOrder(column, is_descending), limit)
            assert list(map(number, found)) == list(map(number, expected[:limit]))


async def test_columns_add_up_to_the_net_changes_of_the_ledger(
    shared: Database,
) -> None:
    at = await pin(shared)
    by = GroupedBy((Grouping.CUSTOMER,), Granularity.DAILY)
    journals, groups = journals_sheet("USD"), groups_sheet("USD", by)

    texts = [
        csv_header(journals)
        + "".join(
            [
                text
                async for slice_ in every_journal(shared, at, ALL, None)
                for text in csv_lines(journals, slice_)
            ]
        ),
        csv_header(groups)
        + "".join(
            [
                text
                async for slice_ in every_group(shared, at, ALL, by, None)
                for text in csv_lines(groups, slice_)
            ]
        ),
    ]
    async with shared.reads() as session:
        totals = await pair_totals(session, at, ALL)

    for text in texts:
        rows = list(csv.DictReader(io.StringIO(text)))
        for role in Role:
            minor = sum(int(row[role.name.lower()].replace(".", "")) for row in rows)
            assert minor == net_change(totals, role), role
        assert {row["currency"] for row in rows} == {"USD"}
