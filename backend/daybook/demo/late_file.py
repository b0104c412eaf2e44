"""A file that still has to be imported into the demo, and the run that failed for it.

The billing system's run of this morning had two credit notes whose invoices weren't
there. The file has the invoices, too.
"""

import csv
from contextlib import suppress
from datetime import datetime
from io import StringIO
from pathlib import Path

from daybook.calendar import (
    Day,
    Month,
    day_text,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
)
from daybook.clock import today
from daybook.db.engine import Database
from daybook.demo.cases import PLATFORM, SUPPORT
from daybook.demo.exceptions import Case
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_documents
from daybook.errors import Rejected
from daybook.ledger.queries import time_zone_of
from daybook.settings import Settings

COLUMNS = (
    *("type", "id", "number", "status", "currency", "customer.id", "customer.name"),
    *("issued_on", "invoice_id", "line.id", "invoice_line_id", "product.id"),
    *("product.name", "product.category", "amount", "service_from", "service_to"),
)
NAMES = {"USD": "Cedar Point Clinics", "GBP": "Thameslea Clinics"}
CLINICS = "clinics"


def late_file_name(month: Month) -> str:
    """The name of the file for the month that is being closed."""
    return f"late-invoices-{month_text(month)}.csv"


def late_file(month: Month) -> str:
    """Invoices of a month that is being closed, and a credit note on each, as CSV."""
    text = StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    rows.writeheader()
    for currency in NAMES:
        case = Case(currency, month)
        invoice = _row(case, "invoice", "inv", first_day_of(month) + 14)
        for number, (product, whole) in enumerate(((PLATFORM, 7_200), (SUPPORT, 600))):
            line = {
                "line.id": str(number + 1),
                "product.id": product["id"],
                "product.name": product["name"],
                "product.category": product["category"],
                "amount": case.amount(whole),
                **case.year(),
            }
            rows.writerow({**invoice, **line})
        credit = _row(case, "credit_note", "cn", last_day_of(month))
        credited = {"line.id": "1", "invoice_line_id": "1", "amount": case.amount(300)}
        rows.writerow({**credit, "invoice_id": invoice["id"], **credited})
    return text.getvalue()


async def write_late_file(database: Database, settings: Settings) -> Path:
    """Write the file of the month that is being closed into the data folder."""
    async with database.reads() as session:
        zone = await time_zone_of(session, settings.organisation)
    month = month_of(today(settings, zone)) - 1
    path = settings.data / late_file_name(month)
    path.write_text(late_file(month))
    return path


async def fail_to_import(
    database: Database,
    organisation_id: int,
    month: Month,
    *,
    now: datetime,
    made_by: str,
) -> None:
    """Import the file with its credit notes alone, which is refused and logged."""
    notes = [_credit_note(Case(currency, month)) for currency in NAMES]
    with suppress(Rejected):
        await import_documents(
            database,
            organisation_id,
            read_documents(notes).documents,
            now=now,
            reason=f"import of {late_file_name(month)}",
            file=late_file_name(month),
            made_by=made_by,
        )


def _row(case: Case, kind: str, prefix: str, issued_on: Day) -> dict[str, str]:
    """What all rows of a document have."""
    id_ = case.id_of(prefix, CLINICS)
    return {
        "type": kind,
        "id": id_,
        "number": id_.upper().replace("_", "-"),
        "status": "FINAL",
        "currency": case.currency,
        "customer.id": f"cus_{CLINICS}_{case.currency.lower()}",
        "customer.name": NAMES[case.currency],
        "issued_on": day_text(issued_on),
    }


def _credit_note(case: Case) -> dict[str, object]:
    """The file's credit note in its JSON form."""
    row = _row(case, "credit_note", "cn", last_day_of(case.month))
    customer = {"id": row.pop("customer.id"), "name": row.pop("customer.name")}
    line = {"id": "1", "invoice_line_id": "1", "amount": case.amount(300)}
    invoice_id = case.id_of("inv", CLINICS)
    return {**row, "customer": customer, "invoice_id": invoice_id, "lines": [line]}
