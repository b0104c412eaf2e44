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
    every_group,
    every_journal,
    groups_sheet,
    journals_sheet,
)
from daybook.reports.journals.totals import pair_totals
from daybook.sheets.csv_lines import csv_header, csv_lines
from daybook_factories import invoice, line, pin, record

pytestmark = pytest.mark.anyio

CUSTOMERS = 5
ALL = JournalFilter()


@pytest.fixture
async def sold(database: Database) -> Database:
    """A database with a year's invoice of each of some customers."""
    await record(
        database,
        *(
            invoice(f"inv_{number}", line(), customer=f"cus_{number}")
            for number in range(CUSTOMERS)
        ),
    )
    return database


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("limit", [None, 1, 8])
async def test_slices_have_every_journal_and_group_once(
    sold: Database, monkeypatch: pytest.MonkeyPatch, size: int, limit: int | None
) -> None:
    monkeypatch.setattr(sheets, "SLICE", size)
    at = await pin(sold)
    by = GroupedBy((Grouping.CUSTOMER, Grouping.DOCUMENT), Granularity.MONTHLY)

    journals = [
        journal
        async for slice_ in every_journal(sold, at, ALL, limit)
        for journal in slice_
    ]
    groups = [
        group
        async for slice_ in every_group(sold, at, ALL, by, limit)
        for group in slice_
    ]

    count = limit or CUSTOMERS * 12
    assert [its.journal.number for its in journals] == [*range(1, count + 1)]
    keys = [its.key for its in groups]
    assert len(keys) == count
    assert len({*keys}) == count
    assert [key[:7] for key in keys] == sorted(key[:7] for key in keys)


async def test_columns_add_up_to_the_net_changes_of_the_ledger(sold: Database) -> None:
    at = await pin(sold)
    by = GroupedBy((Grouping.CUSTOMER,), Granularity.DAILY)
    journals, groups = journals_sheet("USD"), groups_sheet("USD", by)

    texts = [
        csv_header(journals)
        + "".join(
            [
                text
                async for slice_ in every_journal(sold, at, ALL, None)
                for text in csv_lines(journals, slice_)
            ]
        ),
        csv_header(groups)
        + "".join(
            [
                text
                async for slice_ in every_group(sold, at, ALL, by, None)
                for text in csv_lines(groups, slice_)
            ]
        ),
    ]
    async with sold.reads() as session:
        totals = await pair_totals(session, at, ALL)

    for text in texts:
        rows = list(csv.DictReader(io.StringIO(text)))
        for role in Role:
            minor = sum(int(row[role.name.lower()].replace(".", "")) for row in rows)
            assert minor == net_change(totals, role), role
        assert {row["currency"] for row in rows} == {"USD"}
