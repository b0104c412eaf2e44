"""A small ledger with something on each report, for pages on 15 October 2025."""

from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    milestone_line,
    record,
    terms,
    voided,
)
from daybook_manual import Moved, record_manual

HOSTILE_NAME = '<script>alert("x")</script> & Söhne'


async def fill_report_ledger(database: Database) -> None:
    """12,000.00 for 2025 of which 2,000.00 is credited on 1 October, and what else is.

    That is a milestone of 600.00 that is open, an accrual of 600.00 a month from
    1 September, an invoice of 2024 with nothing left, one that was voided, and a manual
    journal that recognizes 50.00 of Anchor's Deferred.
    """
    sold = invoice(
        "inv_1",
        line("1", its_terms=terms("12000.00")),
        line("2", product="support", product_name="Support"),
        customer_name="Anchor",
    )
    built = invoice(
        "inv_2",
        milestone_line(("design", "300.00", "2025-03-01"), ("live", "600.00", None)),
        customer="cus_2",
        customer_name=HOSTILE_NAME,
        accounting_date="2025-02-01",
    )
    accrued = billing_schedule(
        "bs_1",
        period=("2025-09-01", "2026-02-28"),
        customer="cus_3",
        customer_name="Meridian",
    )
    finished = invoice(
        "inv_old",
        line(its_terms=terms("240.00", ("2024-01-01", "2024-12-31"))),
        customer="cus_4",
        customer_name="Old Mill",
        accounting_date="2024-01-01",
    )
    mistaken = invoice("inv_void", customer="cus_5", customer_name="Mistaken")
    await record(database, sold, built, accrued, finished, mistaken, on="2025-02-01")
    await record(database, voided(mistaken), on="2025-03-10")
    await record_manual(
        database,
        "mj_1",
        Moved(Role.DEFERRED, Role.RECOGNIZED, "50.00", "2025-03-15"),
        customer="cus_1",
    )
    credited = credit_note("cn_1", credited_line("2000.00"), customer_name="Anchor")
    await record(database, credited, on="2025-10-01")
