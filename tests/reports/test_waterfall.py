"""The waterfall and its cohorts, by the numbers of domain rule 8."""

import pytest

from daybook.calendar import month_of, parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role, SourceKind, net_change
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import totals_by_month
from daybook.reports.revenue import RevenueFilter
from daybook.reports.waterfall.queries import count_customers
from daybook_adjusting import credit, debit, entered, submitted
from daybook_factories import (
    billing_schedule,
    credit_note,
    invoice,
    line,
    milestone_line,
    prepayment_line,
    record,
    terms,
)
from daybook_manual import Moved, record_manual
from daybook_revenue import Revenue, credited, revenue

pytestmark = pytest.mark.anyio

JANUARY = month_of(parse_day("2025-01-01"))


async def test_a_credit_note_that_is_dated_later_is_taken_back_later(
    database: Database,
) -> None:
    await credited(database)

    report = await revenue(database, "2025-09-30")
    (customer,) = await report.waterfall()
    booked, unbilled, recognized, remaining, taken_back, months, unscheduled = (
        customer.figures
    )

    assert [report.text(it) for it in (booked, unbilled, recognized, remaining)] == [
        *("12000.00", "0.00", "9000.00", "3000.00")
    ]
    assert report.text(taken_back) == "2000.00"
    assert report.months(months) == {
        "2025-10": "333.33",
        "2025-11": "333.33",
        "2025-12": "333.34",
    }
    assert unscheduled == 0


async def test_the_rest_of_a_month_is_a_month_to_come(database: Database) -> None:
    await credited(database)

    report = await revenue(database, "2025-10-01")
    (customer,) = await report.waterfall()

    assert report.text(customer.figures.remaining) == "989.25"
    assert customer.figures.taken_back == 0
    assert report.months(customer.figures.months)["2025-10"] == "322.58"


async def test_a_finished_or_unbegun_family_is_apart(database: Database) -> None:
    past = terms("100.00", ("2024-01-01", "2024-03-31"))
    later = terms("300.00", ("2026-01-01", "2026-03-31"))
    await record(
        database,
        invoice("inv_1", line(its_terms=past), accounting_date="2024-01-01"),
        invoice("inv_2", line(its_terms=later), accounting_date="2026-01-01"),
        invoice("inv_3", customer="cus_2"),
        on="2025-01-02",
    )

    report = await revenue(database, "2025-06-30")
    (open_,) = await report.waterfall()
    (apart,) = await report.waterfall(apart=True)

    assert report.text(open_.figures.remaining) == "600.00"
    assert report.text(apart.figures.booked) == "100.00"
    assert report.text(apart.figures.recognized) == "100.00"
    assert report.text(apart.figures.taken_back) == "-300.00"
    assert report.months(apart.figures.months) == {
        "2026-01": "100.00",
        "2026-02": "100.00",
        "2026-03": "100.00",
    }
    async with database.reads() as session:
        for is_apart in (False, True):
            count = await count_customers(
                *(session, report.at, report.on, RevenueFilter()), apart=is_apart
            )
            assert count == 1


async def test_open_milestones_and_unused_grants_are_unscheduled(
    database: Database,
) -> None:
    await record(
        database,
        invoice("inv_1", milestone_line(("end", "600.00", None))),
        invoice("inv_2", prepayment_line("500.00"), customer="cus_2"),
    )

    report = await revenue(database, "2025-12-31")
    customers = await report.waterfall()

    assert [report.text(customer.figures.unscheduled) for customer in customers] == [
        *("600.00", "500.00")
    ]
    assert await report.maturity() == (0, 0, 110000, 0)


async def test_manual_journals_are_a_line_without_a_product(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"))
    for id_, customer in (("mj_1", "cus_1"), ("mj_2", None)):
        await record_manual(
            database,
            id_,
            Moved(Role.BILLED, Role.DEFERRED, "40.00", "2025-03-15"),
            Moved(Role.DEFERRED, Role.RECOGNIZED, "10.00", "2025-08-15"),
            Moved(Role.BILLED, Role.RECOGNIZED, "7.00", "2025-03-15"),
            customer=customer,
        )

    report = await revenue(database, "2025-06-30")
    first, nobody = await report.waterfall()
    of_nobody = Revenue(database, report.at, report.on, RevenueFilter(customer_id=1))

    assert [its.is_manual for its in first.products] == [False, True]
    assert nobody.customer_id is None
    assert report.text(nobody.figures.unscheduled) == "30.00"
    assert report.months(nobody.figures.months) == {"2025-08": "10.00"}
    assert [customer.customer_id for customer in await of_nobody.waterfall()] == [1]
    async with database.reads() as session:
        where = (session, report.at, report.on, RevenueFilter())
        assert await count_customers(*where) == 2


async def test_a_manual_journal_dated_later_leaves_a_past_day_as_it_was(
    database: Database,
) -> None:
    """One of 31 October, on an invoice of 5 October, is not yet there in September."""
    await record(database, invoice("inv_1"))
    later = invoice("inv_2", customer="cus_2", accounting_date="2025-10-05")
    await record(database, later, on="2025-10-05")
    before = await (await revenue(database, "2025-09-30")).waterfall()

    adjusted = Moved(Role.DEFERRED, Role.RECOGNIZED, "300.00", "2025-10-31")
    await record_manual(database, "mj_1", adjusted, customer="cus_2", on="2025-10-31")
    of_nobody = Moved(Role.BILLED, Role.DEFERRED, "50.00", "2025-10-31")
    await record_manual(database, "mj_2", of_nobody, on="2025-10-31")

    report = await revenue(database, "2025-09-30")
    assert await report.waterfall() == before
    assert [report.text(its.figures.remaining) for its in before] == ["300.00"]
    assert [its.figures.unscheduled for its in before] == [0]
    assert await report.maturity() == (30000, 0, 0, 0)
    async with database.reads() as session:
        where = (session, report.at, report.on, RevenueFilter())
        assert await count_customers(*where) == 1
    await tied_to_journals(report, "0.00")
    october = await revenue(database, "2025-10-31")
    *_, nobody = await october.waterfall()
    assert (nobody.customer_id, october.text(nobody.figures.remaining)) == (
        *(None, "50.00"),
    )
    await tied_to_journals(october, "-250.00")


async def test_what_reverses_a_manual_journal_is_in_its_month(
    database: Database,
) -> None:
    """100.00 deferred on 31 March only, which 1 April gives back."""
    await record(database, invoice("inv_1"))
    lines = (debit(Role.RECOGNIZED, "100.00"), credit(Role.DEFERRED, "100.00"))
    deferred = entered(*lines, day="2025-03-31", reverses_on="2025-04-01")
    await submitted(database, deferred, on="2025-04-02")

    shown = []
    for day in ("2025-03-30", "2025-03-31", "2025-04-01"):
        report = await revenue(database, day)
        nobody = [its for its in await report.waterfall() if its.customer_id is None]
        for its in nobody:
            figures = its.figures
            months = report.months(figures.months)
            shown.append((day, report.text(figures.remaining), months))
            assert figures.unscheduled == 0

    assert shown == [
        ("2025-03-31", "100.00", {"2025-04": "100.00"}),
        ("2025-04-01", "0.00", {}),
    ]


async def tied_to_journals(report: Revenue, manual: str) -> None:
    """Deferred of the waterfall's manual journals in the journal report."""
    day = report.on
    selected = JournalFilter(
        posted_to=day, deferred_on=day, sources=(SourceKind.STANDALONE,)
    )
    async with report.database.reads() as session:
        totals = await totals_by_month(session, report.at, selected)
    net = sum(net_change(pairs, Role.DEFERRED) for pairs in totals.values())
    assert report.text(net) == manual


async def test_cohorts_are_of_the_month_that_booked(database: Database) -> None:
    await credited(database)
    await record(
        database,
        invoice("inv_2", accounting_date="2025-03-01"),
        billing_schedule("bs_1", period=("2025-04-01", "2025-04-30")),
    )

    report = await revenue(database, "2025-06-30")
    january, march, april = await report.cohorts()

    assert [cohort.month for cohort in (january, march, april)] == [
        *(JANUARY, JANUARY + 2, JANUARY + 3)
    ]
    assert report.text(january.booked) == "12000.00"
    assert report.text(sum(january.recognized.values())) == "6000.00"
    assert report.text(sum(january.scheduled.values())) == "4000.00"
    assert report.months(march.recognized)["2025-01"] == "100.00"
    assert report.text(march.remaining) == "600.00"
    assert (april.booked, report.months(april.recognized)) == (0, {"2025-04": "600.00"})


async def test_a_filter_may_cut_a_family_that_is_apart(database: Database) -> None:
    await record(database, invoice("inv_1", milestone_line(("end", "100.00", None))))
    await record(database, credit_note("cn_1", accounting_date="2025-02-01"))
    at = await revenue(database, "2025-06-30")

    report = Revenue(database, at.at, at.on, RevenueFilter(document_id=1))
    (apart,) = await report.waterfall(apart=True)

    assert report.text(apart.figures.remaining) == "100.00"
    assert await report.waterfall() == []
    assert await report.families(open_only=True) == []


async def test_a_document_or_a_product_selects_rows_of_whole_families(
    database: Database,
) -> None:
    await credited(database)
    at = await revenue(database, "2025-10-31")

    for wanted, remaining in (
        (RevenueFilter(document_id=1), "2666.67"),
        (RevenueFilter(document_id=2), "-2000.00"),
        (RevenueFilter(product_id=1), "666.67"),
        (RevenueFilter(customer_id=1), "666.67"),
    ):
        report = Revenue(database, at.at, at.on, wanted)
        (customer,) = await report.waterfall()
        (family,) = await report.families(open_only=True)
        assert report.text(customer.figures.remaining) == remaining
        assert report.text(family.total.remaining) == remaining
        assert await report.waterfall(apart=True) == []
        (cohort,) = await report.cohorts()
        assert cohort.month == JANUARY
    nothing = Revenue(database, at.at, at.on, RevenueFilter(product_id=9))
    assert await nothing.waterfall() == []
    assert await nothing.families() == []
    mixed = RevenueFilter(customer_id=2, document_id=1)
    async with database.reads() as session:
        for is_apart in (False, True):
            count = await count_customers(session, at.at, at.on, mixed, apart=is_apart)
            assert count == 0
