"""Which invoice lines credit notes credit, and whether they may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from daybook.db.engine import WriteSession
from daybook.documents.queries import (
    find_documents,
    load_parents,
    product_ids,
)
from daybook.documents.rules import Document
from daybook.errors import Problem, ProblemCode
from daybook.ledger.models import Ledger
from daybook.ledger.queries import StoredJournal
from daybook.ledger.rules import SourceKind
from daybook.money import amount_text
from daybook.recognition.commands import CreditedSchedule, Owner, deferrals_of

LINES_NAMED = 10
"""So many of an invoice's lines a message names."""


@dataclass(slots=True)
class CreditableInvoice:
    """An invoice that credit notes name: its lines' schedules by the lines' ids.

    `number` is the document's in its ledger. An invoice of another ledger than the
    credit note's has no lines here: the note is refused for its currency.
    """

    number: int
    currency: str
    customer_id: str
    lines: dict[str, CreditedSchedule] = field(default_factory=dict)


class CreditableInvoices(NamedTuple):
    """Invoices by their own ids, and the stored journals of those recorded before."""

    invoices: Mapping[str, CreditableInvoice]
    journals: list[StoredJournal]


async def load_creditable(
    session: WriteSession,
    organisation_id: int,
    ledger: Ledger,
    credit_notes: Iterable[Document],
    fresh: Mapping[str, CreditableInvoice],
) -> CreditableInvoices:
    """The invoices that credit notes name: of this import, or recorded before."""
    named = {note.invoice_id for note in credit_notes if note.invoice_id}
    wanted = [(SourceKind.INVOICE, one) for one in sorted(named - fresh.keys())]
    known = await find_documents(session, organisation_id, wanted)
    invoices = dict(fresh)
    here = []
    for (_, external_id), document in known.items():
        if document.ledger_id == ledger.id:
            here.append(document.id)
        else:
            invoices[external_id] = CreditableInvoice(
                document.id, document.currency, ""
            )
    parents = await load_parents(session, organisation_id, ledger.id, here)
    products = await product_ids(
        session,
        organisation_id,
        (one.product_id for it in parents.values() for one in it.schedules.values()),
    )
    for parent in parents.values():
        invoice = CreditableInvoice(
            parent.id, ledger.currency, parent.customer_external_id
        )
        deferrals = deferrals_of(parent.journals)
        for line_id, stored in parent.schedules.items():
            product = products[stored.product_id]
            owner = Owner(
                parent.id,
                parent.customer_id,
                stored.product_id,
                int(SourceKind.INVOICE),
                (
                    *(parent.customer_external_id, product),
                    *(parent.external_id, int(SourceKind.INVOICE)),
                ),
            )
            schedule = CreditedSchedule(
                *(stored.id, owner, stored.terms, parent.accounting_date),
                left=max(stored.terms.amount, 0) - stored.credited,
            )
            schedule.take_stored(deferrals[stored.id])
            invoice.lines[line_id] = schedule
        invoices[parent.external_id] = invoice
    journals = [journal for parent in parents.values() for journal in parent.journals]
    return CreditableInvoices(invoices, journals)


def check_credit_note(
    note: Document, invoices: Mapping[str, CreditableInvoice], left: dict[int, int]
) -> list[Problem]:
    """What is wrong with a credit note on an invoice; takes its amounts off `left`.

    `left` is what each schedule has left, by its id, and is filled in as needed.
    """
    invoice = invoices.get(note.invoice_id or "")
    if invoice is None:
        return [
            Problem(
                ProblemCode.UNKNOWN_DOCUMENT,
                f"there is no invoice {note.invoice_id!r}: import it first, or put it"
                " into the same file",
                ("invoice_id",),
                note.line,
            )
        ]
    if invoice.currency != note.currency:
        return [
            Problem(
                ProblemCode.MISMATCH,
                f"invoice {note.invoice_id!r} is in {invoice.currency}, its credit"
                f" note in {note.currency}",
                ("currency",),
                note.line,
            )
        ]
    problems = []
    if invoice.customer_id != note.customer.id:
        problems.append(
            Problem(
                ProblemCode.MISMATCH,
                f"invoice {note.invoice_id!r} is customer {invoice.customer_id!r}'s,"
                f" not {note.customer.id!r}'s",
                ("customer", "id"),
                note.line,
            )
        )
    for position in range(len(note.lines)):
        problems += _check_line(note, position, invoice, left)
    return problems


def _check_line(
    note: Document, position: int, invoice: CreditableInvoice, left: dict[int, int]
) -> list[Problem]:
    line = note.lines[position]
    path = ("lines", str(position))
    schedule = invoice.lines.get(line.invoice_line_id or "")
    if schedule is None:
        return [
            Problem(
                ProblemCode.UNKNOWN_DOCUMENT,
                f"invoice {note.invoice_id!r} has no line {line.invoice_line_id!r}:"
                f" it has {', '.join(islice(invoice.lines, LINES_NAMED))}",
                (*path, "invoice_line_id"),
                note.line,
            )
        ]
    available = left.setdefault(schedule.id, schedule.left)
    if line.amount > available:
        return [
            Problem(
                ProblemCode.CREDIT_TOO_LARGE,
                f"credits {amount_text(line.amount, note.currency)}, but line"
                f" {line.invoice_line_id!r} of invoice {note.invoice_id!r} has"
                f" {amount_text(available, note.currency)} left",
                (*path, "amount"),
                note.line,
            )
        ]
    left[schedule.id] = available - line.amount
    return []
