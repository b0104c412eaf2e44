"""A ledger that is hard to lay out: long names, long references, nine figures."""

from dataclasses import replace

from daybook.db.engine import Database
from daybook.documents.rules import CustomerDetails, Document
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    voided,
)

MONTH = "/journals?currency=USD&month=2025-10"
LONG_NAME = (
    "The Extraordinarily Long-Named Holding Company of Northern and Southern Europe"
    " (Zweigniederlassung Deutschland) GmbH & Co. KGaA, Berlin"
)
LONG_REFERENCE = "INV-LONG-2025-10-000000000000000000000001"
LONG_PRODUCT = "Enterprise Platform Subscription with Unlimited Seats and 24/7 Support"
UNBROKEN = (
    "Donaudampfschiffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)


async def fill(database: Database) -> None:
    """October 2025 in USD: each kind of row, and amounts of up to nine figures."""
    october = ("2025-10-01", "2025-10-31")
    large = line(
        product="long",
        product_name=LONG_PRODUCT,
        its_terms=terms("999999999.99", ("2025-10-01", "2026-09-30")),
    )
    largest = line(its_terms=terms("999999999.99", october))
    voids = _of(
        UNBROKEN,
        invoice("inv_void", accounting_date="2025-10-02"),
        number="INV-VOID",
    )
    await record(
        database,
        _of(
            LONG_NAME,
            invoice("inv_long", large, accounting_date="2025-10-01"),
            number=LONG_REFERENCE,
        ),
        _of("Largest", invoice("inv_largest", largest, accounting_date="2025-10-01")),
        _of("Acme", invoice("inv_1")),
        _of("Acme", credit_note("cn_1", credited_line("100.00"), invoice_id="inv_1")),
        _of(
            "Usage",
            billing_schedule(
                "bs_1", "999999999.99", ("2025-08-15", "2026-02-14"), months=3
            ),
        ),
        voids,
        *(_of(f"Company {number}", invoice(f"inv_c{number}")) for number in range(60)),
        on="2025-10-03",
    )
    await record(database, voided(voids), on="2025-10-04")


def _of(name: str, document: Document, number: str | None = None) -> Document:
    """The document as a customer's, perhaps with another number."""
    customer = CustomerDetails(f"cus_{name[:20]}", name, name)
    return replace(document, customer=customer, number=number or document.number)
