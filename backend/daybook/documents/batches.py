"""Documents on their way into a ledger: prepared, numbered, and turned into rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from daybook.documents.credits import CreditableInvoice
from daybook.documents.parties import Parties
from daybook.documents.rules import Document, Line
from daybook.ledger.models import Ledger, Organisation
from daybook.ledger.queries import StoredJournal
from daybook.ledger.rules import Movement, SourceKind
from daybook.recognition.commands import (
    Credit,
    CreditedSchedule,
    NewSchedule,
    Owner,
)
from daybook.recognition.rules import Terms, credited, recognize


class Prepared(NamedTuple):
    """A document with what can be computed before anything is locked.

    `movements` and `terms` are by line; both are empty for a credit of an invoice's
    line, which depends on what is recorded.
    """

    document: Document
    content_hash: bytes
    terms: list[Terms | None]
    movements: list[list[Movement]]


def prepare(document: Document) -> Prepared:
    """Hash a document and recognize its own lines. Pure."""
    is_credit = document.kind is SourceKind.CREDIT_NOTE
    terms = [
        credited(line.terms) if line.terms and is_credit else line.terms
        for line in document.lines
    ]
    return Prepared(
        document,
        document.content_hash(),
        terms,
        [recognize(one, document.accounting_date) if one else [] for one in terms],
    )


class Batch:
    """New documents of one currency on their way into one ledger, with numbers given.

    Numbers come from the locked ledger's counters, so the rows can be made at once.
    """

    def __init__(
        self,
        organisation: Organisation,
        ledger: Ledger,
        parties: Parties,
        documents: Sequence[Prepared],
    ) -> None:
        self.organisation = organisation
        self.ledger = ledger
        self.parties = parties
        self.schedules: list[NewSchedule] = []
        self.credits: list[Credit] = []
        self.existing: list[StoredJournal] = []
        self.invoices: Mapping[str, CreditableInvoice] = {}
        # Credit notes come last: what they credit may stand behind them in the file.
        in_order = sorted(documents, key=lambda one: int(one.document.kind))
        self.numbered = list(enumerate(in_order, start=ledger.documents + 1))
        ledger.documents += len(in_order)
        self.first_schedules: dict[int, int] = {}
        for number, one in self.numbered:
            self.first_schedules[number] = ledger.schedules + 1
            ledger.schedules += len(one.document.lines)
            self._add_own_schedules(number, one)

    @property
    def credit_notes(self) -> list[tuple[int, Document]]:
        """Credit notes on an invoice, with their numbers, in the file's order."""
        return [
            (number, one.document)
            for number, one in self.numbered
            if one.document.invoice_id is not None
        ]

    def _add_own_schedules(self, number: int, one: Prepared) -> None:
        first = self.first_schedules[number]
        for at, (terms, movements) in enumerate(
            zip(one.terms, one.movements, strict=True)
        ):
            if terms is not None:
                owner = self._owner(number, one.document, one.document.lines[at])
                self.schedules.append(NewSchedule(first + at, owner, terms, movements))

    def _owner(self, number: int, document: Document, line: Line) -> Owner:
        assert line.product is not None, "a line with terms has its product"
        kind = int(document.kind)
        customer, product = document.customer.id, line.product.id
        return Owner(
            number,
            self.parties.customers[customer],
            self.parties.products[product],
            kind,
            (customer, product, document.id, kind),
        )

    def creditable(self) -> dict[str, CreditableInvoice]:
        """The invoices of this import that its credit notes name."""
        named = {note.invoice_id for _, note in self.credit_notes}
        schedules = {one.id: one for one in self.schedules} if named else {}
        found: dict[str, CreditableInvoice] = {}
        for number, one in self.numbered:
            document = one.document
            if document.kind is SourceKind.INVOICE and document.id in named:
                first = self.first_schedules[number]
                found[document.id] = CreditableInvoice(
                    number,
                    document.currency,
                    document.customer.id,
                    {
                        line.id: CreditedSchedule.of_new(
                            schedules[first + at], document.accounting_date
                        )
                        for at, line in enumerate(document.lines)
                    },
                )
        return found

    def add_credits(self, number: int, note: Document) -> None:
        """Take a credit note that was checked."""
        invoice = self.invoices[note.invoice_id or ""]
        first, kind = self.first_schedules[number], int(SourceKind.CREDIT_NOTE)
        for at, line in enumerate(note.lines):
            credited_line = invoice.lines[line.invoice_line_id or ""]
            customer, product, _, _ = credited_line.owner.order
            owner = credited_line.owner._replace(
                document_id=number,
                source=kind,
                order=(customer, product, note.id, kind),
            )
            self.credits.append(
                Credit(
                    *(first + at, owner, line.amount, note.accounting_date),
                    credited_line,
                )
            )

    def document_rows(self, recording: int) -> Iterator[tuple[object, ...]]:
        """Rows of `documents`."""
        customers, ledger_id = self.parties.customers, self.ledger.id
        return (
            (
                *(ledger_id, number, int(one.document.kind), one.document.id),
                *(one.document.number, customers[one.document.customer.id]),
                *(one.document.issued_on, one.document.accounting_date),
                self.invoices[one.document.invoice_id].number
                if one.document.invoice_id
                else None,
                *(one.content_hash, recording),
            )
            for number, one in self.numbered
        )

    def line_rows(self) -> Iterator[tuple[object, ...]]:
        """Rows of `document_lines`."""
        ledger_id = self.ledger.id
        return (
            (
                *(ledger_id, number, position, line.id),
                _own_description(line),
                *(line.amount, self.first_schedules[number] + position),
            )
            for number, one in self.numbered
            for position, line in enumerate(one.document.lines)
        )


def _own_description(line: Line) -> str | None:
    """A description that only repeats the product's name isn't stored again."""
    if line.product is not None and line.description == line.product.name:
        return None
    return line.description
