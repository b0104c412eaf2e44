"""Journals without customer, product, schedule and method, read by every way."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_ledger
from daybook.ledger.rules import Role, SourceKind, net_change
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook.reports.journals.entries import count_entries, find_entries
from daybook.reports.journals.explanation_facts import explanations_of
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.reports.journals.groups import GroupedBy, count_groups, find_groups
from daybook.reports.journals.queries import (
    ListColumns,
    ListedJournal,
    find_journals,
    movements_of,
    open_journals,
)
from daybook.reports.journals.totals import (
    balances,
    count_journals,
    pair_totals,
)
from daybook_factories import ORGANISATION, invoice, pin, record
from daybook_manual import WORDS, Moved, a_ledger_with_manual_journals, record_manual
from daybook_replayed import misfit_of

pytestmark = pytest.mark.anyio

ALL = PageRequest(100)
MARCH = JournalFilter(
    posted_from=parse_day("2025-03-01"), posted_to=parse_day("2025-03-31")
)
MANUAL = replace(MARCH, sources=(SourceKind.STANDALONE,))
EVERY = replace(MANUAL, posted_from=None, posted_to=None)
DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY


@pytest.fixture(autouse=True)
async def at(database: Database) -> Pin:
    """The ledger with its manual journals, pinned to the last on 15 June 2025."""
    await a_ledger_with_manual_journals(database)
    return await pin(database, on="2025-06-15")


async def listed(
    database: Database, at: Pin, wanted: JournalFilter
) -> list[ListedJournal]:
    columns = ListColumns(has_all=True, has_posted=True)
    async with database.reads() as session:
        page = await find_journals(session, at, wanted, ALL, columns=columns)
        assert await count_journals(session, at, wanted) == len(page.items)
    return list(page.items)


async def numbers(database: Database, at: Pin, wanted: JournalFilter) -> list[str]:
    return [one.document_number for one in await listed(database, at, wanted)]


async def test_they_are_listed_with_what_they_have(database: Database, at: Pin) -> None:
    found = await listed(database, at, EVERY)

    assert [
        (
            *(one.document_number, one.customer_external_id, one.customer_name),
            *(one.customer_legal_name, one.product_external_id, one.product_name),
            *(one.product_category, one.amount, one.posted),
        )
        for one in found
    ] == [
        ("MJ_1", None, None, None, None, None, None, 5000, 5000),
        ("MJ_1", None, None, None, None, None, None, 700, 700),
        ("MJ_2", "cus_1", "Acme", "Acme Ltd", None, None, None, 10000, 10000),
        ("MJ_3", "cus_1", "Acme", "Acme Ltd", None, None, None, 2500, 2500),
    ]
    assert [one.document.customer_name for one in found] == [None, None, "Acme", "Acme"]


async def test_filters_and_search_find_them_by_what_they_have(
    database: Database, at: Pin
) -> None:
    async with database.reads() as session:
        (mj_3,) = [
            item.document_id
            for item in (await find_journals(session, at, MANUAL, ALL)).items
            if item.document_number == "MJ_3"
        ]

    every = ["INV_1", "INV_2", "MJ_1", "MJ_2", "MJ_3"]
    assert await numbers(database, at, MARCH) == every
    assert (
        await numbers(database, at, replace(MARCH, excludes_recognized=True)) == every
    )
    assert await numbers(database, at, replace(MANUAL, customer_id=1)) == [
        "MJ_2",
        "MJ_3",
    ]
    assert await numbers(database, at, replace(MANUAL, product_id=1)) == []
    assert await numbers(database, at, replace(MARCH, document_id=mj_3)) == ["MJ_3"]
    assert await numbers(database, at, replace(MANUAL, shifted=False)) == every[2:]
    assert await numbers(database, at, replace(MANUAL, shifted=True)) == []
    assert await numbers(database, at, replace(MARCH, search="mj_1")) == ["MJ_1"]
    assert await numbers(database, at, replace(MANUAL, search="acme")) == [
        "MJ_2",
        "MJ_3",
    ]


async def test_they_are_never_fully_recognized(database: Database, at: Pin) -> None:
    on = parse_day("2030-01-01")
    every = {one.number for one in await listed(database, at, JournalFilter())}
    manual = {one.number for one in await listed(database, at, EVERY)}

    async with database.reads() as session:
        assert await open_journals(session, at, on, every) == manual
    late = replace(JournalFilter(), excludes_recognized=True, on=on)
    assert {one.number for one in await listed(database, at, late)} == manual


async def test_totals_take_them_in(database: Database, at: Pin) -> None:
    async with database.reads() as session:
        totals = await pair_totals(session, at, MANUAL)
        named = await pair_totals(session, at, replace(MANUAL, customer_id=1))
        standing = await balances(session, at)

    between = {(Role.RECOGNIZED, Role.RECOGNIZED): 10000}
    assert named == between | {(Role.BILLED, Role.RECOGNIZED): 2500}
    assert totals == named | {(Role.DEFERRED, Role.RECOGNIZED): 5000}
    assert net_change(totals, Role.RECOGNIZED) == 7500
    assert sum(standing[one] for one in (Role.BILLED, Role.UNBILLED)) == sum(
        standing[one] for one in (Role.DEFERRED, Role.RECOGNIZED)
    )


async def test_each_movement_says_what_it_does(database: Database, at: Pin) -> None:
    manual = [one.number for one in await listed(database, at, EVERY)]
    async with database.reads() as session:
        found = await movements_of(session, at, manual)
        details = [one for number in manual for one in found[number]]
        explained = await explanations_of(session, at, details)

    assert [detail.narrative for detail in details] == [
        f"{WORDS['MJ_1']} (MJ_1)",
        "Manual journal: unbilled revenue debited, recognized revenue credited (MJ_1)",
        f"{WORDS['MJ_2']} (MJ_2)",
        f"{WORDS['MJ_3']} (MJ_3)",
    ]
    assert [detail.method for detail in details] == [None] * 4
    assert [detail.service_from for detail in details] == [None] * 4
    assert explained[details[2].journal, details[2].seq] == (
        "MJ_2: 100.00 USD on 15 Mar 2025, entered by hand."
        " No schedule stands behind it."
    )


async def test_a_product_of_its_own_is_told(database: Database) -> None:
    moved = Moved(Role.DEFERRED, Role.RECOGNIZED, "1.00", "2025-05-01")
    await record_manual(database, "mj_4", moved, product="prod_2")
    after = await pin(database, on="2025-06-15")

    (one,) = await listed(database, after, replace(EVERY, search="mj_4"))
    async with database.reads() as session:
        ((details,),) = (await movements_of(session, after, [one.number])).values()
    assert details.narrative == (
        "Seats: manual journal: deferred revenue debited, recognized revenue"
        " credited (MJ_4)"
    )


async def test_entries_are_made_of_them(database: Database, at: Pin) -> None:
    async with database.reads() as session:
        page = await find_entries(session, at, EVERY, ALL)
        backward = replace(ALL, is_backward=True)
        back = await find_entries(session, at, EVERY, backward)
        assert await count_entries(session, at, EVERY) == 4

    assert [(day_text(item.day), item.amount) for item in page.items] == [
        ("2025-03-15", 5000),
        ("2025-04-02", 700),
        ("2025-03-15", 10000),
        ("2025-03-31", 2500),
    ]
    assert list(page.items) == list(back.items)


GROUPED: list[tuple[tuple[Grouping, ...], list[str]]] = [
    ((), ["2025-03"]),
    ((Grouping.CUSTOMER,), ["2025-03/", "2025-03/cus_1"]),
    ((Grouping.PRODUCT,), ["2025-03/", "2025-03/prod_1", "2025-03/prod_2"]),
    (
        (Grouping.DOCUMENT,),
        [
            *("2025-03/invoice:inv_1", "2025-03/invoice:inv_2"),
            *("2025-03/standalone:mj_1", "2025-03/standalone:mj_2"),
            "2025-03/standalone:mj_3",
        ],
    ),
    (
        (Grouping.CUSTOMER, Grouping.PRODUCT),
        ["2025-03//", *(f"2025-03/cus_1/{one}" for one in ("", "prod_1", "prod_2"))],
    ),
]


@pytest.mark.parametrize(("by", "keys"), GROUPED)
async def test_groups_have_a_place_for_them(
    database: Database, at: Pin, by: tuple[Grouping, ...], keys: list[str]
) -> None:
    grouped = GroupedBy(by, MONTHLY)
    async with database.reads() as session:
        page = await find_groups(session, at, MARCH, grouped, ALL)
        count = await count_groups(session, at, MARCH, grouped)
        one_by_one = []
        key: tuple[Any, ...] | None = None
        while True:
            some = await find_groups(session, at, MARCH, grouped, PageRequest(1, key))
            one_by_one += some.items
            if not some.has_next:
                break
            key = (some.items[-1].key.first_day, *some.items[-1].key.parts)
        totals = await pair_totals(session, at, MARCH)

    assert [item.key.text(by, MONTHLY) for item in page.items] == keys
    assert [group.key for group in one_by_one] == [item.key for item in page.items]
    assert count == len(keys)
    assert sum(item.total for item in page.items) == sum(totals.values())


async def test_groups_by_day_have_a_place_for_them(database: Database, at: Pin) -> None:
    by = (Grouping.CUSTOMER, Grouping.PRODUCT)
    grouped = GroupedBy(by, DAILY)
    async with database.reads() as session:
        page = await find_groups(session, at, EVERY, grouped, ALL)
        assert await count_groups(session, at, EVERY, grouped) == 4

    assert [(item.key.text(by, DAILY), item.total) for item in page.items] == [
        ("2025-03-15//", 5000),
        ("2025-03-15/cus_1/", 10000),
        ("2025-03-31/cus_1/", 2500),
        ("2025-04-02//", 700),
    ]


async def test_what_was_known_earlier_stays_the_same(
    database: Database, at: Pin
) -> None:
    renamed = invoice("inv_3", customer_name="Acme & Daughters")
    await record(database, renamed, on="2025-04-01")

    async with database.reads() as session:
        early = await pin_ledger(
            *(session, ORGANISATION, at.ledger_id),
            *(parse_day("2025-06-15"), parse_day("2025-03-19")),
        )
    assert early is not None

    assert await numbers(database, early, EVERY) == []
    after = replace_pin(await pin(database, on="2025-06-15"), at.recording)
    assert [one.customer_name for one in await listed(database, after, MANUAL)] == [
        *(None, "Acme", "Acme")
    ]


def replace_pin(newest: Pin, recording: int) -> Pin:
    """The ledger at an earlier recording, before anybody was renamed."""
    return newest._replace(recording=recording, renamings=0, is_renamed=True)


async def test_the_view_shows_them(database: Database) -> None:
    async with database.reads() as session:
        rows = await session.execute(
            text(
                "SELECT document_id, entry_date, debit_account, credit_account,"
                " amount_minor, method, customer_id, product_id, schedule_id,"
                " debit_product_id, credit_product_id FROM journal_entries"
                " WHERE source = 'STANDALONE' ORDER BY journal_number"
            )
        )
        found = [tuple(row) for row in rows]

    nothing = (None, None, None, None, None, None)
    between = (None, "cus_1", None, None, "prod_1", "prod_2")
    recognized = "RECOGNIZED"
    assert found == [
        ("mj_1", "2025-03-15", "DEFERRED", recognized, 5000, *nothing),
        ("mj_1", "2025-04-02", "UNBILLED", recognized, 700, *nothing),
        ("mj_2", "2025-03-15", recognized, recognized, 10000, *between),
        ("mj_3", "2025-03-31", "BILLED", recognized, 2500, None, "cus_1", *nothing[2:]),
    ]


async def test_verification_finds_all_right(database: Database) -> None:
    found = await verify(database, ORGANISATION)

    assert found.mismatch is None and found.records > 0
    assert await misfit_of(database) is None
