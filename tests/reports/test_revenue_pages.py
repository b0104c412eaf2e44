"""Pages and files of deferred revenue and the waterfall: order, cost and columns."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import pytest
from sqlalchemy import event

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.paging import Page, PageRequest
from daybook.reports.deferred.queries import DeferredFamily, find_deferred
from daybook.reports.deferred.sheets import deferred_rows, deferred_sheet
from daybook.reports.revenue import RevenueFilter
from daybook.reports.rollforward.queries import roll_forward
from daybook.reports.rollforward.sheets import roll_forward_sheet
from daybook.reports.waterfall.queries import WaterfallCustomer, find_waterfall
from daybook.reports.waterfall.sheets import (
    cohort_rows,
    cohort_sheet,
    waterfall_months,
    waterfall_rows,
    waterfall_sheet,
)
from daybook.sheets.columns import Money, Sheet
from daybook.sheets.csv_lines import csv_header, csv_lines
from daybook_factories import (
    credit_note,
    invoice,
    line,
    lock,
    milestone_line,
    pin,
    record,
    revise,
    terms,
    voided,
)
from daybook_manual import Moved, record_manual
from daybook_revenue import ALL, EVERYTHING, credited, revenue

pytestmark = pytest.mark.anyio

Item = TypeVar("Item")
Read = Callable[[PageRequest], Awaitable[Page[Item]]]

ON = parse_day("2025-06-30")


async def a_busy_ledger(database: Database, customers: int = 7) -> None:
    """Customers with two invoices each and a credit, and four manual journals."""
    for number in range(1, customers + 1):
        its = f"cus_{number}"
        await record(
            database,
            invoice(f"a_{number}", customer=its),
            invoice(
                f"b_{number}",
                line(product="prod_2", its_terms=terms("90.00")),
                customer=its,
            ),
            credit_note(
                *(f"c_{number}",),
                invoice_id=f"a_{number}",
                customer=its,
                accounting_date="2025-05-01",
            ),
        )
    moved = Moved(Role.BILLED, Role.DEFERRED, "40.00", "2025-03-15")
    await record_manual(database, "mj_1", moved, customer="cus_2")
    await record_manual(database, "mj_2", moved)
    await record_manual(database, "mj_3", moved, customer="cus_1")
    await record_manual(database, "mj_4", moved)


async def check_pages(
    read: Read[Item], every: list[Item], key_of: Callable[[Item], tuple[Any, ...]]
) -> None:
    """Read all pages forward and backward, in two sizes."""
    for size in (1, 3):
        for is_backward in (False, True):
            found: list[Item] = []
            key = None
            while True:
                page = await read(PageRequest(size, key, is_backward))
                has_before = page.has_next if is_backward else page.has_previous
                assert has_before == (key is not None)
                found = [*page.items, *found] if is_backward else [*found, *page.items]
                if not (page.has_previous if is_backward else page.has_next):
                    break
                assert len(page.items) == size
                key = key_of(page.items[0] if is_backward else page.items[-1])
            assert found == every


async def test_families_in_pages(database: Database) -> None:
    await a_busy_ledger(database)
    at = await pin(database)
    wide = PageRequest(1_000)

    for wanted in (
        EVERYTHING,
        RevenueFilter(product_id=1),
        RevenueFilter(customer_id=2),
    ):
        for open_only in (False, True):

            async def read(
                request: PageRequest,
                wanted: RevenueFilter = wanted,
                open_only: bool = open_only,  # noqa: FBT001
            ) -> Page[DeferredFamily]:
                async with database.reads() as session:
                    return await find_deferred(
                        *(session, at, ON, wanted, request), open_only=open_only
                    )

            every = (await read(wide)).items
            assert len({family.key for family in every}) == len(every) > 2
            await check_pages(read, every, lambda family: family.key)


async def test_customers_in_pages(database: Database) -> None:
    await a_busy_ledger(database)
    past = line(its_terms=terms("10.00", ("2024-01-01", "2024-01-31")))
    for number in (2, 3, 6):
        done = invoice(
            f"d_{number}", past, customer=f"cus_{number}", accounting_date="2024-01-01"
        )
        await record(database, done, on="2025-03-25")
    at = await pin(database)

    for apart, count in ((False, 8), (True, 3)):

        async def read(
            request: PageRequest,
            apart: bool = apart,  # noqa: FBT001
        ) -> Page[WaterfallCustomer]:
            async with database.reads() as session:
                return await find_waterfall(
                    *(session, at, ON, EVERYTHING, request), apart=apart
                )

        every = (await read(PageRequest(1_000))).items
        assert len(every) == count
        await check_pages(read, every, lambda row: (row.customer_id or 0,))


async def test_a_page_costs_the_same_statements_however_many_it_has(
    database: Database,
) -> None:
    await a_busy_ledger(database)
    at = await pin(database)
    statements: list[str] = []
    engine = database.engine.sync_engine
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: (
            statements.append(statement) if statement.startswith("SELECT") else None
        ),
    )

    counts = []
    for size in (10, 100):
        statements.clear()
        async with database.reads() as session:
            request = PageRequest(size, (0, 3))
            await find_deferred(session, at, ON, EVERYTHING, request)
            families = len(statements)
            await find_waterfall(session, at, ON, EVERYTHING, PageRequest(size))
        counts.append((families, len(statements) - families))
    # The longer page ends with manual journals: their keys, rows and documents.
    assert counts == [(6, 4), (9, 4)]


async def test_files_have_the_rows_of_the_pages(database: Database) -> None:
    await a_busy_ledger(database)
    its = invoice("inv_v", customer="cus_9")
    changed = invoice("inv_r", customer="cus_9")
    await record(database, its, changed, on="2025-03-25")
    shorter = line(its_terms=terms("600.00", ("2025-01-01", "2025-06-30")))
    await record(
        database,
        voided(its),
        revise(changed, shorter, accounting_date="2025-01-01"),
        on="2025-03-26",
    )
    report = await revenue(database, "2025-06-30")

    for wanted in (
        EVERYTHING,
        RevenueFilter(product_id=1),
        RevenueFilter(customer_id=2),
    ):
        for open_only in (False, True):
            async with database.reads() as session:
                page = await find_deferred(
                    *(session, report.at, ON, wanted, ALL), open_only=open_only
                )
            rows = [row for family in page.items for row in family.rows]
            lines = [
                its
                async for some in deferred_rows(
                    *(database, report.at, ON, wanted), open_only=open_only
                )
                for its in some
            ]
            assert [
                (its.family, its.schedule, its.method, its.service_from, its.service_to)
                for its in lines
            ] == [
                (row.family, row.line, row.method, row.service_from, row.service_to)
                for row in rows
            ]
            assert [its[-5:] for its in lines] == [
                (
                    *(row.figures.booked, row.figures.unbilled),
                    *(row.figures.recognized, row.figures.balance),
                    row.figures.remaining,
                )
                for row in rows
            ]


async def test_a_file_has_names_as_they_are(database: Database) -> None:
    names = ["Tab\tand\nline", "\\N", "a\\tb \\", '"quoted", 50 %', "Ünïcode\u2028\x0b"]
    await record(
        database,
        *(
            invoice(f"inv_{at}", customer=f"cus_{at}", customer_name=name)
            for at, name in enumerate(names)
        ),
        invoice("inv_m", milestone_line(("end", "600.00", None)), customer="cus_m"),
    )
    at = await pin(database)

    found = [
        its
        async for some in deferred_rows(database, at, ON, EVERYTHING)
        for its in some
    ]

    assert [its.customer for its in found] == [*names, "Acme"]
    assert (found[-1].service_from, found[-1].remaining) == (None, 60000)


async def test_a_file_has_the_names_of_its_pin(database: Database) -> None:
    await record(database, invoice("inv_1", customer_name="Before"))
    at = await pin(database)
    await record(database, invoice("inv_2", customer_name="After"))

    for read in (deferred_rows, waterfall_rows):
        found = [
            its.customer
            async for some in read(database, at, ON, EVERYTHING)
            for its in some
        ]
        assert found == ["Before"]


async def test_a_file_may_be_left_unread(database: Database) -> None:
    await a_busy_ledger(database)
    at = await pin(database)

    rows = deferred_rows(database, at, ON, EVERYTHING)
    async with aclosing(rows):
        async for some in rows:
            assert some
            break


async def test_a_file_has_the_balances_that_a_lock_left_behind(
    database: Database,
) -> None:
    await record(database, invoice("inv_0"))
    await lock(database, "2025-12-31", on="2025-12-31")
    winter = line(its_terms=terms("12000.00", ("2025-12-01", "2026-03-31")))
    await record(
        database,
        invoice("inv_1", winter, accounting_date="2025-12-01"),
        on="2026-01-02",
    )
    report = await revenue(database, "2025-12-31")

    found = [
        its
        async for some in deferred_rows(database, report.at, report.on, EVERYTHING)
        for its in some
    ]

    assert [(its.document_id, its.balance, its.remaining) for its in found] == [
        ("inv_0", 0, 0),
        ("inv_1", 900000, 0),
    ]


async def test_sheets_have_stable_columns(database: Database) -> None:
    await credited(database)
    report = await revenue(database, "2025-09-30")
    at, on = report.at, report.on
    async with database.reads() as session:
        months = await waterfall_months(session, at, on, EVERYTHING)
        cohorts = await cohort_rows(session, at, on, EVERYTHING)
        rolled = await roll_forward(
            session, at, Role.DEFERRED, months[0] - 1, on, EVERYTHING
        )
    flat = [
        its
        async for some in deferred_rows(database, at, on, EVERYTHING)
        for its in some
    ]
    lines = [
        its
        async for some in waterfall_rows(database, at, on, EVERYTHING)
        for its in some
    ]

    assert text_of(deferred_sheet(at), flat) == (
        "family,schedule,source,is_credit,is_manual,customer_id,customer,product_id,"
        "product,document_id,document,method,service_from,service_to,booked,unbilled,"
        "recognized,balance,remaining\n"
        "1,1,INVOICE,false,false,cus_1,Acme,prod_1,Platform,inv_1,INV_1,STRAIGHT_LINE,"
        "2025-01-01,2025-12-31,12000.00,0.00,9000.00,3000.00,3000.00\n"
    )
    sheet = waterfall_sheet(at, months)
    assert text_of(sheet, lines) == (
        "customer_id,customer,product_id,product,is_manual,booked,unbilled,recognized,"
        "remaining,taken_back_later,2025-10,2025-11,2025-12,unscheduled\n"
        "cus_1,Acme,prod_1,Platform,false,12000.00,0.00,9000.00,3000.00,2000.00,"
        "333.33,333.33,333.34,0.00\n"
    )
    its_cohorts = text_of(cohort_sheet(at), cohorts).splitlines(keepends=True)
    assert its_cohorts[1] == "2025-01,2025-01,1000.00,0.00,12000.00,0.00,3000.00,0.00\n"
    assert its_cohorts[-1] == "2025-01,2025-12,0.00,333.34,12000.00,0.00,3000.00,0.00\n"
    its_months = roll_forward_sheet(at, Role.DEFERRED)
    assert text_of(its_months, rolled) == (
        "month,opening,billed,recognized,credit_notes,applied,manual,voids,revisions,"
        "breakage,closing\n"
        "2025-09,4000.00,0.00,-1000.00,0.00,0.00,0.00,0.00,0.00,0.00,3000.00\n"
    )
    assert sheet.columns[-1].value(lines[0]) == Money(0, "USD")


def text_of(sheet: Sheet[Item], rows: Sequence[Item]) -> str:
    """A sheet as CSV."""
    return csv_header(sheet, "\n") + "".join(csv_lines(sheet, rows, "\n"))
