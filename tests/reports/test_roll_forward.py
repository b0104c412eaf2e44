"""Roll-forwards by the numbers of domain rule 8, and what is disclosed beside them."""

import pytest

from daybook.calendar import month_of, parse_day
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.reports.revenue import RevenueFilter
from daybook_factories import (
    billing_schedule,
    invoice,
    line,
    lock,
    prepayment_line,
    recognize_breakage,
    record,
    revise,
    terms,
    usage_line,
    voided,
)
from daybook_manual import Moved, record_manual
from daybook_revenue import Revenue, credited, revenue

pytestmark = pytest.mark.anyio

JANUARY = month_of(parse_day("2025-01-01"))


async def test_a_month_up_to_the_day(database: Database) -> None:
    await credited(database)

    report = await revenue(database, "2025-10-01")

    assert await report.rolled(Role.DEFERRED, JANUARY + 8) == {
        "2025-09": {
            "opening": "4000.00",
            "RECOGNIZED": "-1000.00",
            "closing": "3000.00",
        },
        "2025-10": {
            "opening": "3000.00",
            "RECOGNIZED": "-10.75",
            "CREDIT_NOTES": "-2000.00",
            "closing": "989.25",
        },
    }


async def test_voids_and_revisions_have_their_columns(database: Database) -> None:
    gone, changed = invoice("inv_1"), invoice("inv_2", customer="cus_2")
    await record(database, gone, changed)
    halved = revise(
        changed, line(its_terms=terms("600.00")), accounting_date="2025-01-01"
    )
    await record(database, voided(gone), halved, on="2025-02-28")

    report = await revenue(database, "2025-03-31")

    assert await report.rolled(Role.DEFERRED, JANUARY) == {
        "2025-01": {
            "opening": "0.00",
            "BILLED": "2400.00",
            "RECOGNIZED": "-200.00",
            "VOIDS": "-1100.00",
            "REVISIONS": "-550.00",
            "closing": "550.00",
        },
        "2025-02": {
            "opening": "550.00",
            "RECOGNIZED": "-200.00",
            "VOIDS": "100.00",
            "REVISIONS": "50.00",
            "closing": "500.00",
        },
        "2025-03": {
            "opening": "500.00",
            "RECOGNIZED": "-50.00",
            "closing": "450.00",
        },
    }


async def test_breakage_and_manual_journals(database: Database) -> None:
    await record(database, invoice("inv_0", accounting_date="2025-01-01"))
    await recognize_breakage(database)
    usage = usage_line(amount="100.00", period=("2025-02-01", "2025-02-28"))
    await record(
        database,
        invoice("inv_1", prepayment_line("500.00", expires_on="2025-02-28")),
        invoice("inv_2", usage, accounting_date="2025-03-01", customer="cus_2"),
    )
    await record_manual(
        database, "mj_1", Moved(Role.DEFERRED, Role.RECOGNIZED, "5.00", "2025-02-15")
    )

    report = await revenue(database, "2025-03-31")
    deferred = await report.rolled(Role.DEFERRED, JANUARY + 1)
    unbilled = await report.rolled(Role.UNBILLED, JANUARY + 1)

    assert deferred["2025-02"] == {
        "opening": "1600.00",
        "RECOGNIZED": "-100.00",
        "MANUAL": "-5.00",
        "BREAKAGE": "-500.00",
        "closing": "995.00",
    }
    assert unbilled == {
        "2025-02": {"opening": "0.00", "RECOGNIZED": "100.00", "closing": "100.00"},
        "2025-03": {"opening": "100.00", "BILLED": "-100.00", "closing": "0.00"},
    }


async def test_an_accrual_is_earned_and_then_billed(database: Database) -> None:
    schedule = billing_schedule("bs_1", period=("2025-01-01", "2025-03-31"))
    january = terms(
        "600.00", ("2025-01-01", "2025-01-31"), accounting_date="2025-02-01"
    )
    billed = invoice(
        "inv_1",
        line(its_terms=january),
        accounting_date="2025-02-01",
        billing_schedule_id="bs_1",
    )
    await record(database, schedule, billed)

    report = await revenue(database, "2025-02-28")

    assert await report.rolled(Role.UNBILLED, JANUARY) == {
        "2025-01": {"opening": "0.00", "RECOGNIZED": "600.00", "closing": "600.00"},
        "2025-02": {
            "opening": "600.00",
            "BILLED": "-600.00",
            "RECOGNIZED": "600.00",
            "closing": "600.00",
        },
    }


async def test_revenue_that_was_in_opening_deferred(database: Database) -> None:
    await credited(database)
    await record(
        database, invoice("inv_2", accounting_date="2025-09-01", customer="cus_2")
    )

    report = await revenue(database, "2025-12-31")

    # Of 12,000.00 less the credit 1,000.00 are left for the last quarter; the second
    # invoice has 300.00 in Deferred on 30 September and recognizes all of it.
    assert await report.from_opening("2025-10-01") == "1300.00"
    # Nothing of the second invoice was in Deferred before September.
    assert await report.from_opening("2025-09-01") == "2000.00"
    for wanted in (
        RevenueFilter(customer_id=1),
        RevenueFilter(document_id=1),
    ):
        narrow = Revenue(database, report.at, report.on, wanted)
        assert await narrow.from_opening("2025-10-01") == "1000.00"


async def test_maturity_is_the_waterfalls_months(database: Database) -> None:
    two_years = terms("2400.00", ("2025-01-01", "2026-12-31"))
    await record(database, invoice("inv_1", line(its_terms=two_years)))

    report = await revenue(database, "2025-06-30")

    assert await report.maturity() == (120000, 60000, 0, 0)
    middle = await revenue(database, "2025-06-15")
    within, later, unscheduled, taken_back = await middle.maturity()
    # The rest of June is the first of twelve months.
    assert (later, unscheduled, taken_back) == (70000, 0, 0)
    assert within + later == (await middle.waterfall())[0].figures.remaining


async def test_what_is_taken_back_later_is_a_part_of_the_closing_balance(
    database: Database,
) -> None:
    """A credit note of October, and a void whose month was locked before it."""
    await credited(database)
    gone = invoice("inv_2", customer="cus_2")
    await record(database, gone)
    await lock(database, "2025-09-30", on="2025-10-10")
    await record(database, voided(gone), on="2025-10-15")

    report = await revenue(database, "2025-09-30")

    # 3,000.00 less 2,000.00 are recognized until December. October takes back 1,200.00
    # of the void, and the 900.00 of it that were recognized.
    assert await report.maturity() == (10000, 0, 0, 320000)
    closing = await report.rolled(Role.DEFERRED, JANUARY + 8)
    assert closing["2025-09"]["closing"] == "3300.00"


async def test_what_later_invoices_bring_is_no_part_of_the_closing_balance(
    database: Database,
) -> None:
    """Of 90.00 that a manual journal defers, 50.00 come after the day."""
    await record_manual(
        database,
        "mj_1",
        Moved(Role.BILLED, Role.DEFERRED, "40.00", "2025-03-15"),
        Moved(Role.BILLED, Role.DEFERRED, "50.00", "2025-08-15"),
        Moved(Role.DEFERRED, Role.RECOGNIZED, "70.00", "2025-09-15"),
    )

    report = await revenue(database, "2025-06-30")

    assert await report.maturity() == (7000, 0, 2000, -5000)
    closing = await report.rolled(Role.DEFERRED, JANUARY + 5)
    assert closing["2025-06"]["closing"] == "40.00"


async def test_products_of_sides_roll_forward_apart(database: Database) -> None:
    seats = line(product="prod_2", product_name="Seats")
    await record(database, invoice("inv_1"), invoice("inv_2", seats))
    await record_manual(
        database,
        "mj_1",
        Moved(
            *(Role.DEFERRED, Role.DEFERRED, "100.00", "2025-03-15"),
            *("prod_1", "prod_2"),
        ),
        Moved(Role.DEFERRED, Role.RECOGNIZED, "5.00", "2025-03-15", None, "prod_2"),
        product="prod_1",
    )
    at = await revenue(database, "2025-03-31")

    for product, change in ((1, "-105.00"), (2, "100.00")):
        wanted = RevenueFilter(product_id=product)
        report = Revenue(database, at.at, at.on, wanted)
        months = await report.rolled(Role.DEFERRED, JANUARY + 2)
        assert months["2025-03"]["MANUAL"] == change
        await report.families()
        await report.waterfall()
        cohorts = await report.cohorts()
        # Only Deferred moves between the products: nothing is unbilled of either.
        assert [its.unbilled for its in cohorts] == [0, 0]
        assert cohorts[-1].remaining == int(change.replace(".", ""))
