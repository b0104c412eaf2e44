"""Recording documents: all of an import in one transaction, or nothing of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from daybook.calendar import Day
from daybook.clock import day_at
from daybook.db.bulk import insert_rows, refresh_statistics
from daybook.db.engine import Database, WriteSession
from daybook.documents.credits import (
    CreditableInvoice,
    check_credit_note,
    load_creditable,
)
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.parties import Parties, record_parties
from daybook.documents.queries import KnownDocument, find_documents
from daybook.documents.rules import Document, Line
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.commands import (
    lock_organisation,
    open_ledger,
    start_recording,
)
from daybook.ledger.models import Journal, JournalMovement, Ledger, Organisation
from daybook.ledger.queries import StoredJournal
from daybook.ledger.rules import Movement, SourceKind
from daybook.recognition.commands import (
    Credit,
    CreditedSchedule,
    NewSchedule,
    Owner,
    run,
)
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Terms, credited, recognize

DOCUMENT_COLUMNS = [column.name for column in StoredDocument.__table__.columns]
LINE_COLUMNS = [column.name for column in DocumentLine.__table__.columns]

WRITTEN = (StoredDocument, DocumentLine, Schedule, Journal, JournalMovement)
"""The tables that grow with an import."""

LARGE_WRITE = 5_000
"""After so many new movements the database's planner is told."""


class Prepared(NamedTuple):
    """A document with what can be computed before anything is locked.

    `movements` and `terms` are by line; both are empty for a credit of an invoice's
    line, which depends on what is recorded.
    """

    document: Document
    content_hash: bytes
    terms: list[Terms | None]
    movements: list[list[Movement]]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `recorded` counts new documents by kind."""

    recorded: Mapping[SourceKind, int]
    unchanged: int
    journals: int = 0
    movements: int = 0


class _DryRun(Exception):
    """Leaves the transaction of a dry run without committing it."""


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


async def import_documents(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    documents: Iterable[Document],
    *,
    now: datetime,
    today: Day,
    reason: str,
    is_dry_run: bool = False,
) -> ImportResult:
    """Record documents that are new, in one transaction of its own.

    Sent again unchanged, a document does nothing. Raises Rejected with every problem,
    and then nothing is taken. A dry run checks and counts all, and takes nothing.
    """
    prepared = [prepare(document) for document in documents]
    result: ImportResult | None = None
    try:
        async with database.writes() as session:
            organisation = await lock_organisation(session, organisation_id)
            result = await _record(
                session, organisation, prepared, now=now, today=today, reason=reason
            )
            if is_dry_run:
                raise _DryRun  # noqa: TRY301  (rolls the transaction back)
    except _DryRun:
        pass
    assert result is not None, "the transaction ended without an exception"
    return result


async def _record(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    prepared: Sequence[Prepared],
    *,
    now: datetime,
    today: Day,
    reason: str,
) -> ImportResult:
    known = await find_documents(
        session, organisation.id, [one.document.key for one in prepared]
    )
    new = [one for one in prepared if one.document.key not in known]
    problems = _changes(prepared, known)
    parties = await record_parties(session, organisation, [one.document for one in new])
    recorded = {
        kind: sum(one.document.kind is kind for one in new)
        for kind in (SourceKind.INVOICE, SourceKind.CREDIT_NOTE)
    }
    journals = movements = 0
    for currency in sorted({one.document.currency for one in new}):
        ledger = await open_ledger(session, organisation, currency)
        recording = await start_recording(session, ledger, now, reason)
        batch = _Batch(
            organisation,
            ledger,
            parties,
            [one for one in new if one.document.currency == currency],
        )
        problems += await _add_credits(session, batch, new)
        if problems:
            continue
        await insert_rows(
            session,
            StoredDocument,
            DOCUMENT_COLUMNS,
            batch.document_rows(recording.number),
        )
        await insert_rows(session, DocumentLine, LINE_COLUMNS, batch.line_rows())
        posted = await run(
            session,
            ledger,
            recording,
            # A clock that runs backwards doesn't take back what was posted.
            recorded_on=max(
                today, day_at(recording.recorded_at, organisation.time_zone)
            ),
            schedules=batch.schedules,
            credits_taken=batch.credits,
            existing=batch.existing,
        )
        journals += posted.journals
        movements += posted.movements
    if movements > LARGE_WRITE:
        await refresh_statistics(session, WRITTEN)
    if problems:
        raise Rejected(sorted(problems, key=lambda one: (one.line or 0, one.path)))
    return ImportResult(recorded, len(prepared) - len(new), journals, movements)


def _changes(
    prepared: Iterable[Prepared],
    known: Mapping[tuple[SourceKind, str], KnownDocument],
) -> list[Problem]:
    """Documents that were recorded before with other content."""
    return [
        Problem(
            ProblemCode.CHANGED,
            f"{_kind_words(one.document.kind)} {one.document.id!r} is recorded already,"
            " with other content: revisions are not taken by this version",
            ("id",),
            one.document.line,
        )
        for one in prepared
        if (before := known.get(one.document.key)) is not None
        and before.content_hash != one.content_hash
    ]


def _kind_words(kind: SourceKind) -> str:
    return kind.name.lower().replace("_", " ")


class _Batch:
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

    def document_rows(self, recording: int) -> list[tuple[object, ...]]:
        """Rows of `documents`."""
        customers, ledger_id = self.parties.customers, self.ledger.id
        return [
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
        ]

    def line_rows(self) -> list[tuple[object, ...]]:
        """Rows of `document_lines`."""
        ledger_id = self.ledger.id
        return [
            (
                *(ledger_id, number, position, line.id),
                _own_description(line),
                *(line.amount, self.first_schedules[number] + position),
            )
            for number, one in self.numbered
            for position, line in enumerate(one.document.lines)
        ]


def _own_description(line: Line) -> str | None:
    """A description that only repeats the product's name isn't stored again."""
    if line.product is not None and line.description == line.product.name:
        return None
    return line.description


async def _add_credits(
    session: WriteSession, batch: _Batch, new: Iterable[Prepared]
) -> list[Problem]:
    """Check the batch's credit notes on invoices, and take those that may pass.

    `new` are the whole import's documents, whatever their currency.
    """
    notes = batch.credit_notes
    if not notes:
        return []
    # Whether an invoice in another currency is recorded by now depends on the order of
    # the currencies, and the problem that is named must not.
    invoices = {
        one.document.id: CreditableInvoice(0, one.document.currency, "")
        for one in new
        if one.document.kind is SourceKind.INVOICE
    }
    batch.invoices, batch.existing = await load_creditable(
        session,
        batch.organisation.id,
        batch.ledger,
        [note for _, note in notes],
        invoices | batch.creditable(),
    )
    left: dict[int, int] = {}
    problems = []
    for number, note in notes:
        found = check_credit_note(note, batch.invoices, left)
        problems += found
        if not found:
            batch.add_credits(number, note)
    return problems
