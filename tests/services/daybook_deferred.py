"""A small ledger whose deferred revenue can be added up by hand."""

from typing import Any

from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook_adjusting import credit, debit, entered, submitted
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
)

DAY = "2025-06-30"
"""The day that the figures of the tests are of."""


async def deferred_history(database: Database) -> None:
    """Two customers, and every kind of row.

    Acme has 1,200.00 for 2025, of which 60.00 are credited on 1 October, and an
    uninvoiced service of 50.00 a month up to March. Beta has 600.00 for April to
    September, and 240.00 for July to December. On 15 March, somebody recognized 50.00
    by hand, for no customer.
    """
    support = line(
        product="prod_2",
        product_name="Support",
        its_terms=terms("600.00", ("2025-04-01", "2025-09-30")),
    )
    later = line(its_terms=terms("240.00", ("2025-07-01", "2025-12-31")))
    beta: dict[str, Any] = {"customer": "cus_2", "customer_name": "Beta"}
    await record(database, invoice("inv_1"))
    await record(
        database, invoice("inv_2", support, accounting_date="2025-04-01", **beta)
    )
    await record(
        database, invoice("inv_3", later, accounting_date="2025-07-01", **beta)
    )
    usage = billing_schedule("bs_1", "50.00", ("2025-01-01", "2025-03-31"))
    await record(database, usage)
    by_hand = debit(Role.DEFERRED, "50.00"), credit(Role.RECOGNIZED, "50.00")
    await submitted(database, entered(*by_hand))
    await record(database, credit_note("cn_1", credited_line("60.00")), on="2025-03-21")
