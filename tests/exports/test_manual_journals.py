"""Files of manual journals: empty cells, and the accounts of both sides' products."""

from csv import reader
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.writing.streaming import render_file
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_factories import ORGANISATION, invoice, noon, pin, record
from daybook_manual import WORDS, Moved, a_ledger_with_manual_journals, record_manual

pytestmark = pytest.mark.anyio

EVERY = JournalFilter(sources=(SourceKind.STANDALONE,))
MANUAL = replace(
    EVERY, posted_from=parse_day("2025-03-01"), posted_to=parse_day("2025-03-31")
)
DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY


@pytest.fixture(autouse=True)
async def manual(database: Database) -> None:
    """The ledger with its manual journals."""
    await a_ledger_with_manual_journals(database)


async def csv(
    database: Database, at: Pin, granularity: Granularity, **more: Any
) -> str:
    spec = FileSpec(at, more.pop("wanted", MANUAL), granularity, **more)
    pieces = [piece async for piece in render_file(database, spec)]
    return b"".join(pieces).decode()


async def split_revenue(database: Database) -> Pin:
    for product, name in (("prod_1", "Platform sales"), ("prod_2", "Seat sales")):
        await rename_account(
            *(database, ORGANISATION, "USD"),
            role=Role.RECOGNIZED,
            scope=f"product:{product}",
            name=name,
            code=None,
            now=noon(parse_day("2025-03-21")),
            made_by="a test",
        )
    return await pin(database, on="2025-06-15")


def rows_of(text_: str) -> list[tuple[str, ...]]:
    """The lines of a file without the header, cell by cell."""
    return [tuple(row) for row in reader(StringIO(text_))][1:]


async def test_a_daily_file_leaves_cells_empty_and_names_the_sides_accounts(
    database: Database,
) -> None:
    split = await split_revenue(database)

    rows = rows_of(await csv(database, split, DAILY))

    found = [row[:-1] for row in rows]
    assert {row[-1] for row in rows} == {"Posted"}
    acme = ("", "cus_1", "Acme Ltd")
    mj_1 = ("25", "2025-03-15", f"{WORDS['MJ_1']} (MJ_1)", "", "", "")
    mj_2 = ("27", "2025-03-15", f"{WORDS['MJ_2']} (MJ_2)", *acme)
    mj_3 = ("28", "2025-03-31", f"{WORDS['MJ_3']} (MJ_3)", *acme)
    assert found == [
        (*mj_1, "DEBIT", "Deferred Revenue", "50.00", "", ""),
        (*mj_1, "CREDIT", "Recognized Revenue", "50.00", "", ""),
        (*mj_2, "DEBIT", "Platform sales", "100.00", "", ""),
        (*mj_2, "CREDIT", "Seat sales", "100.00", "", ""),
        (*mj_3, "DEBIT", "Billed Revenue", "25.00", "", ""),
        (*mj_3, "CREDIT", "Recognized Revenue", "25.00", "", ""),
    ]


async def test_a_monthly_file_tells_what_they_did(database: Database) -> None:
    split = await split_revenue(database)

    found = rows_of(await csv(database, split, MONTHLY))

    assert [row[2] for row in found[::2]] == [
        "Manual journal, Mar 2025: 50.00 USD recognized (MJ_1).",
        "Manual journal for Acme, Mar 2025: 100.00 USD moved between products (MJ_2).",
        (
            "Manual journal for Acme, Mar 2025: 25.00 USD billed, 25.00 USD recognized"
            " (MJ_3)."
        ),
    ]
    assert [row[7:9] for row in found[2:4]] == [
        ("Platform sales", "100.00"),
        ("Seat sales", "100.00"),
    ]


@pytest.mark.parametrize("granularity", Granularity)
async def test_grouped_files_name_the_sides_accounts(
    database: Database, granularity: Granularity
) -> None:
    split = await split_revenue(database)

    by_customer = await csv(database, split, granularity, by=[Grouping.CUSTOMER])
    by_none = await csv(database, split, granularity, by=[])

    for text_ in (by_customer, by_none):
        sides = [row[6:9] for row in rows_of(text_) if "sales" in row[7]]
        assert sides == [
            ("DEBIT", "Platform sales", "100.00"),
            ("CREDIT", "Seat sales", "100.00"),
        ]
    keys = {row[0] for row in rows_of(by_customer)}
    assert min(keys).endswith("/") and max(keys).endswith("/cus_1")


async def test_files_are_what_was_counted_before(database: Database) -> None:
    # Two products in one journal, whose accounts have names of their own, or one name.
    moved = [
        Moved(Role.DEFERRED, Role.RECOGNIZED, "1.00", "2025-05-01", None, product)
        for product in ("prod_1", "prod_2", None)
    ]
    await record_manual(database, "mj_4", *moved, product="prod_1")
    for pinned, monthly in (
        (await pin(database, on="2025-06-15"), 2),
        (await split_revenue(database), 3),
    ):
        wanted = replace(EVERY, search="mj_4")
        for granularity, lines in ((DAILY, 6), (MONTHLY, monthly)):
            made = await counted(database, pinned, wanted, granularity, by=None)
            assert made == lines
            for by in ([], [Grouping.PRODUCT], [Grouping.CUSTOMER], list(Grouping)):
                await counted(database, pinned, wanted, granularity, by=by)


async def counted(
    database: Database,
    pinned: Pin,
    wanted: JournalFilter,
    granularity: Granularity,
    *,
    by: list[Grouping] | None,
) -> int:
    """How many rows a file has: as many as were expected and told of."""
    told: list[Totals] = []
    spec = FileSpec(pinned, wanted, granularity, None if by is None else tuple(by))
    expected = await expected_totals(database, spec)
    pieces = render_file(database, spec, told.append)
    made = rows_of(b"".join([piece async for piece in pieces]).decode())
    assert sum(told, NOTHING) == expected
    assert len(made) == expected.rows
    return len(made)


async def test_what_was_known_earlier_gives_the_same_bytes(database: Database) -> None:
    at = await pin(database, on="2025-06-15")
    before = await csv(database, at, DAILY)
    renamed = invoice("inv_3", customer_name="Acme & Daughters")
    await record(database, renamed, on="2025-04-01")

    newest = await pin(database, on="2025-06-15")
    earlier = newest._replace(
        recording=at.recording, renamings=at.renamings, is_renamed=True
    )
    assert await csv(database, earlier, DAILY) == before
    assert await csv(database, newest, DAILY) != before
