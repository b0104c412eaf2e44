"""Domain rule 8 by its numbers: the deferred revenue report and its families."""

import pytest

from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.recognition.rules import Method, Treatment
from daybook.reports.deferred.sheets import deferred_rows
from daybook.reports.deferred.totals import deferred_sums
from daybook.reports.revenue import RevenueFilter
from daybook_adjusting import credit, debit, entered, submitted
from daybook_factories import (
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    prepayment_line,
    recognize_breakage,
    record,
    revise,
    terms,
    usage_line,
    usd,
    voided,
)
from daybook_manual import Moved, record_manual
from daybook_revenue import Revenue, credited, revenue

pytestmark = pytest.mark.anyio


async def test_other_manual_journals_are_a_row_of_their_own(
    database: Database,
) -> None:
    """Those that don't touch Deferred: the report's sums are the ledger's with them."""
    await record(database, invoice("inv_1"))
    await record_manual(
        database,
        "mj_1",
        Moved(Role.UNBILLED, Role.RECOGNIZED, "450.00", "2025-03-31"),
        Moved(Role.DEFERRED, Role.RECOGNIZED, "50.00", "2025-03-31"),
    )
    billed = Moved(Role.BILLED, Role.RECOGNIZED, "25.00", "2025-04-15")
    await record_manual(database, "mj_2", billed, customer="cus_1")

    march = await revenue(database, "2025-03-31")
    april = await revenue(database, "2025-04-30")

    assert await rows(march) == [
        [("1200.00", "0.00", "300.00", "900.00", "900.00")],
        [("0.00", "0.00", "50.00", "-50.00", "-50.00")],
    ]
    assert await others_and_total(march) == (
        ("0.00", "450.00", "450.00", "0.00", "0.00"),
        ("1200.00", "450.00", "800.00", "850.00", "850.00"),
    )
    assert await others_and_total(april) == (
        ("25.00", "450.00", "475.00", "0.00", "0.00"),
        ("1225.00", "450.00", "925.00", "750.00", "750.00"),
    )
    of_customer = Revenue(database, april.at, april.on, RevenueFilter(customer_id=1))
    assert await others_and_total(of_customer) == (
        ("25.00", "0.00", "25.00", "0.00", "0.00"),
        ("1225.00", "0.00", "425.00", "800.00", "800.00"),
    )
    january, manual = await april.cohorts()
    assert (january.booked, sum(january.recognized.values())) == (
        *(usd("1200.00"), usd("400.00")),
    )
    assert (manual.month, manual.booked, manual.remaining) == (
        *(None, usd("25.00"), usd("-50.00")),
    )
    assert april.months(manual.recognized) == {"2025-03": "500.00", "2025-04": "25.00"}
    lines = deferred_rows(database, april.at, april.on, april.filter)
    *_, last = [line async for slice_ in lines for line in slice_]
    assert (last.document, last.is_manual, last.recognized) == (
        *("Other manual journals", True, usd("475.00")),
    )
    lines = deferred_rows(database, april.at, april.on, april.filter, open_only=True)
    assert not any([line.is_other async for slice_ in lines for line in slice_])


async def others_and_total(report: Revenue) -> tuple[tuple[str, ...], ...]:
    """The row of the other manual journals, and the report's sums, which tie."""
    await report.families()
    async with report.database.reads() as session:
        sums = await deferred_sums(session, report.at, report.on, report.filter)
    return report.texts(sums.other), report.texts(sums.every)


async def rows(report: Revenue) -> list[list[tuple[str, ...]]]:
    """The figures of each family's rows."""
    return [
        [report.texts(row.figures) for row in family.rows]
        for family in await report.families()
    ]


async def test_a_credit_note_is_a_row_of_its_family(database: Database) -> None:
    await credited(database)

    before = await revenue(database, "2025-09-30")
    after = await revenue(database, "2025-10-01")
    (family,) = await after.families()

    assert await rows(before) == [
        [("12000.00", "0.00", "9000.00", "3000.00", "3000.00")]
    ]
    assert await rows(after) == [
        [
            ("12000.00", "0.00", "9010.75", "2989.25", "2989.25"),
            ("-2000.00", "0.00", "0.00", "-2000.00", "-2000.00"),
        ]
    ]
    assert [row.is_credit for row in family.rows] == [False, True]
    assert after.texts(family.total) == (
        *("10000.00", "0.00", "9010.75"),
        *("989.25", "989.25"),
    )


async def test_a_rebuilt_credit_takes_from_deferred_what_the_parent_has_less(
    database: Database,
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms("12000.00"))))
    note = credit_note("cn_1", credited_line("2000.00"), treatment=Treatment.REBUILD)
    await record(database, note)

    assert await rows(await revenue(database, "2025-10-01")) == [
        [
            ("12000.00", "0.00", "9026.88", "2973.12", "2973.12"),
            ("-2000.00", "0.00", "-1500.03", "-499.97", "-499.97"),
        ]
    ]
    report = await revenue(database, "2025-12-31")
    (family,) = await report.families()
    assert family.total.remaining == 0
    assert await report.families(open_only=True) == []


async def test_an_open_milestone_stays_in_deferred(database: Database) -> None:
    milestones = (("start", "300.00", "2025-02-10"), ("end", "600.00", None))
    await record(database, invoice("inv_1", milestone_line(*milestones)))

    report = await revenue(database, "2025-12-31")
    (family,) = await report.families(open_only=True)

    assert await rows(report) == [[("900.00", "0.00", "300.00", "600.00", "600.00")]]
    (row,) = family.rows
    assert (row.method, row.service_from) == (int(Method.MILESTONE), None)


async def test_a_grant_with_its_burn_down_and_breakage(database: Database) -> None:
    await record(database, invoice("inv_0", accounting_date="2024-12-01"))
    await recognize_breakage(database)
    usage = usage_line(amount="100.00", period=("2025-02-01", "2025-02-28"))
    await record(
        database,
        invoice("inv_1", prepayment_line("500.00", expires_on="2025-06-30")),
        invoice(
            "inv_2",
            usage,
            burn_down_line("60.00", usage, "cg_1"),
            accounting_date="2025-03-01",
        ),
    )

    before = await revenue(database, "2025-03-31")
    after = await revenue(database, "2025-12-31")

    assert (await rows(before))[1:] == [
        [
            ("500.00", "0.00", "0.00", "500.00", "500.00"),
            ("0.00", "0.00", "60.00", "-60.00", "-60.00"),
        ],
        [("40.00", "0.00", "40.00", "0.00", "0.00")],
    ]
    (_, grant, _) = await after.families()
    assert after.texts(grant.total) == ("500.00", "0.00", "500.00", "0.00", "0.00")


async def test_a_balance_counts_days_that_a_lock_moved_where_they_were_delivered(
    database: Database,
) -> None:
    await record(database, invoice("inv_0"))
    await lock(database, "2025-12-31", on="2025-12-31")
    winter = terms("12000.00", ("2025-12-01", "2026-03-31"))
    await record(
        database,
        invoice("inv_1", line(its_terms=winter), accounting_date="2025-12-01"),
        on="2026-01-02",
    )

    before = await revenue(database, "2025-12-31")
    after = await revenue(database, "2026-01-01")

    assert (await rows(before))[1:] == [[("0.00", "0.00", "0.00", "9000.00", "0.00")]]
    assert (await rows(after))[1:] == [
        [("12000.00", "0.00", "3096.77", "8903.23", "8903.23")]
    ]
    (family,) = await before.families(open_only=True)
    assert family.rows[0].document.external_id == "inv_1"


async def test_an_invoice_inside_its_period_goes_through_unbilled(
    database: Database,
) -> None:
    year = terms("12000.00")
    await record(
        database,
        invoice("inv_1", line(its_terms=year), accounting_date="2025-02-10"),
    )

    assert await rows(await revenue(database, "2025-01-31")) == [
        [("0.00", "1000.00", "1000.00", "0.00", "0.00")]
    ]
    assert await rows(await revenue(database, "2025-02-28")) == [
        [("12000.00", "0.00", "2000.00", "10000.00", "10000.00")]
    ]


async def test_a_billing_schedule_and_its_invoice_are_a_family(
    database: Database,
) -> None:
    await record(
        database, billing_schedule("bs_1", period=("2025-01-01", "2025-03-31"))
    )
    january = terms(
        "620.00", ("2025-01-01", "2025-01-31"), accounting_date="2025-02-01"
    )
    await record(
        database,
        invoice(
            "inv_1",
            line(its_terms=january),
            accounting_date="2025-02-01",
            billing_schedule_id="bs_1",
        ),
    )

    report = await revenue(database, "2025-02-28")
    (family,) = await report.families()

    assert family.total == family.rows[0].figures + family.rows[1].figures
    assert report.texts(family.total) == (
        *("620.00", "600.00", "1220.00"),
        *("0.00", "0.00"),
    )


async def test_manual_journals_have_a_row_for_each_product_of_a_side(
    database: Database,
) -> None:
    seats = line(product="prod_2", product_name="Seats")
    await record(database, invoice("inv_1"), invoice("inv_2", seats))
    await record_manual(
        database,
        "mj_1",
        Moved(
            *(Role.DEFERRED, Role.DEFERRED, "100.00", "2025-03-15"),
            *("prod_1", "prod_2"),
        ),
        customer="cus_1",
    )
    await record_manual(
        database, "mj_2", Moved(Role.BILLED, Role.RECOGNIZED, "25.00", "2025-03-15")
    )

    report = await revenue(database, "2025-12-31")
    *_, manual = await report.families()
    of_seats = Revenue(database, report.at, report.on, RevenueFilter(product_id=2))

    assert manual.key[0] == 1
    assert [(row.product_id, report.texts(row.figures)) for row in manual.rows] == [
        (1, ("0.00", "0.00", "0.00", "-100.00", "-100.00")),
        (2, ("0.00", "0.00", "0.00", "100.00", "100.00")),
    ]
    assert await rows(of_seats) == [
        [("1200.00", "0.00", "1200.00", "0.00", "0.00")],
        [("0.00", "0.00", "0.00", "100.00", "100.00")],
    ]


async def test_an_accrual_is_open_until_its_reversal(database: Database) -> None:
    await record(database, invoice("inv_1"))
    await submitted(
        database,
        entered(
            debit(Role.DEFERRED, "50.00"),
            credit(Role.RECOGNIZED, "50.00"),
            day="2025-03-31",
            reverses_on="2025-04-01",
        ),
    )

    march, april = (
        await revenue(database, "2025-03-31"),
        await revenue(database, "2025-04-30"),
    )
    (_, accrual) = await march.families()
    assert march.texts(accrual.total) == ("0.00", "0.00", "50.00", "-50.00", "-50.00")
    assert [len(family.rows) for family in await april.families()] == [1, 1, 1]
    customers = await march.waterfall()
    assert customers[-1].customer_id is None
    assert march.months(customers[-1].figures.months) == {"2025-04": "-50.00"}


async def test_a_void_leaves_rows_that_come_to_nothing(database: Database) -> None:
    its = invoice("inv_1")
    await record(database, its)
    await record(database, voided(its), on="2025-03-10")

    report = await revenue(database, "2025-06-30")

    assert await rows(report) == [[("0.00", "0.00", "0.00", "0.00", "0.00")]]
    assert await report.families(open_only=True) == []


async def test_a_revised_line_is_one_row_with_its_newest_terms(
    database: Database,
) -> None:
    its = invoice("inv_1")
    await record(database, its)
    halved = revise(
        its,
        line(its_terms=terms("600.00", ("2025-01-01", "2025-06-30"))),
        accounting_date="2025-01-01",
    )
    await record(database, halved, on="2025-03-10")

    now = await revenue(database, "2025-12-31")
    then = await revenue(database, "2025-12-31", known="2025-03-09")
    as_of = Revenue(database, now.at._replace(recording=now.at.recording - 1), now.on)
    (row,) = (await now.families())[0].rows
    (before,) = (await as_of.families())[0].rows

    assert now.texts(row.figures) == ("600.00", "0.00", "600.00", "0.00", "0.00")
    assert (row.line, row.schedule_id) == (1, 2)
    assert row.service_to is not None and before.service_to is not None
    assert before.schedule_id == 1
    assert before.service_to - row.service_to == 184
    assert then.at.recording == now.at.recording


async def test_a_credit_note_without_an_invoice_is_a_family_of_its_own(
    database: Database,
) -> None:
    quarter = terms("90.00", ("2025-10-01", "2025-12-31"))
    await record(
        database, credit_note("cn_1", line(its_terms=quarter), invoice_id=None)
    )

    report = await revenue(database, "2025-10-31")
    (family,) = await report.families(open_only=True)

    assert [row.is_credit for row in family.rows] == [True]
    assert await rows(report) == [[("-90.00", "0.00", "-30.00", "-60.00", "-60.00")]]
