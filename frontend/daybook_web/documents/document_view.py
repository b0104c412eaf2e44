"""What the page of a document shows: the result of the operation `DocumentPage`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import ClassVar, TypeVar
from urllib.parse import urlencode

from daybook_web.documents.address import VOID, DocumentAddress
from daybook_web.documents.query import PATH, STATES
from daybook_web.documents.results import (
    CreditNote,
    Document,
    DocumentLedger,
    DocumentLine,
    DocumentPage,
    DocumentVersion,
    Gains,
    JournalEdge,
    OtherDocument,
)
from daybook_web.documents.voiding import VoidPanel, can_be_voided, void_panel
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import count, day, source
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link, document_url
from daybook_web.kit.parts import Part, part_of
from daybook_web.kit.recognized_by_hand import MilestoneRecognition, summed
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.kit.tokens import SEEN

Row = TypeVar("Row")

JOURNALS = 20
"""How many of a document's journals its page shows."""


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A milestone, and the form that completes it or opens it again.

    `field` is that of its day, `day` what it holds. `twice` is what manual journals
    recognized of it: recognized once more as it is reached; None where they did not.
    """

    field: str
    line: str
    id: str
    name: str
    amount: Money
    completed_on: date | None
    open_amount: Money
    recognized: Sequence[MilestoneRecognition]
    twice: Money | None
    day: str


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A journal of the document, and what the accounts gain in it."""

    journal: Link
    month: date
    product: str
    gains: Gains


@dataclass(frozen=True, slots=True)
class CreditNoteRow:
    """A credit note of the invoice; `state` is empty while it is in force."""

    note: Link
    date: date
    total: Money
    state: str


@dataclass(frozen=True, slots=True)
class DocumentView(View):
    """A document; `news` is where it is asked whether something changed."""

    page: ClassVar[str] = "documents/document.html"
    fragment: ClassVar[str] = "documents/_document.html"

    title: str
    document: Document
    state: str
    """Empty while it is in force."""
    currency: str
    back: Link
    url: str
    ask_url: str
    """Where a void is asked for; empty where the document can't be voided."""
    void: VoidPanel | None
    lock: str
    saved: str
    problems: Sequence[Problem]
    lines: Part[DocumentLine]
    milestones: Part[MilestoneRow]
    versions: Part[DocumentVersion]
    journals: Sequence[JournalRow]
    all_journals: Link | None
    of_customer: str
    related: Link | None
    credit_notes: Sequence[CreditNoteRow]
    evidence_url: str
    news: str

    @classmethod
    def of(  # noqa: PLR0913  (keyword-only, each a part of the page)
        cls,
        found: DocumentPage,
        document: Document,
        address: DocumentAddress,
        *,
        today: str,
        token: str,
        typed: Mapping[str, str],
        problems: Sequence[Problem],
    ) -> "DocumentView":
        """The document; after a refused form, with what was `typed` into it."""
        currency = document.total.currency
        ledger = next(each for each in found.ledgers if each.currency == currency)
        can_void, preview, panel = can_be_voided(document), found.void_preview, None
        if can_void and preview is not None:
            reason = typed.get("reason", "")
            panel = void_panel(
                document, ledger, preview, back=address.back, reason=reason
            )
        rows = _milestones(document, today, typed)
        return cls(
            title=f"{source(document.kind)} {document.reference}",
            document=document,
            state="" if document.status == "FINAL" else STATES[document.status],
            currency=currency,
            back=_back(address, currency),
            url=address.url(),
            ask_url=address.url(ask=VOID) if can_void else "",
            void=panel,
            lock=_lock(ledger),
            saved=""
            if problems
            else address.saved(_void_reason(document)) + _twice(address, rows),
            problems=problems,
            lines=_part(address, "lines", document.lines),
            milestones=_part(address, "milestones", rows),
            versions=_part(address, "versions", document.versions),
            journals=[_journal(edge, currency) for edge in document.journals.edges],
            all_journals=_all_journals(document),
            of_customer=_of_customer(document),
            related=_related(document, address),
            credit_notes=[_note(note, address) for note in document.credit_notes],
            evidence_url=f"/evidence/{address.id}?{urlencode({'back': address.url()})}",
            news="" if problems else address.url(**address.here, **{SEEN: token}),
        )


def _back(address: DocumentAddress, currency: str) -> Link:
    """The list or the page that led here, else the ledger's documents."""
    back = address.back or f"{PATH}?currency={currency}"
    return Link("Documents" if back.startswith(PATH) else "Back", back)


def _part(address: DocumentAddress, name: str, rows: Sequence[Row]) -> Part[Row]:
    first = address.given.get(name, "")
    return part_of(rows, first, partial(address.part_url, name))


def _milestones(
    document: Document, today: str, typed: Mapping[str, str]
) -> list[MilestoneRow]:
    rows: list[MilestoneRow] = []
    for line in document.lines:
        for milestone in line.milestones:
            field = f"completed-{len(rows) + 1}"
            was_typed = typed.get("field") == field
            row = MilestoneRow(
                field=field,
                line=line.external_id,
                id=milestone.external_id,
                name=milestone.name,
                amount=milestone.amount,
                completed_on=milestone.completed_on,
                open_amount=milestone.open_amount,
                recognized=milestone.recognized_by,
                twice=summed(milestone.recognized_by),
                day=typed.get("completed_on", "") if was_typed else today,
            )
            rows.append(row)
    return rows


def _twice(address: DocumentAddress, rows: Sequence[MilestoneRow]) -> str:
    """What a milestone's completion recognized twice, after its message."""
    given = address.given
    if given.get("saved") != "complete":
        return ""
    for row in rows:
        is_its = (row.line, row.id) == (given.get("line"), given.get("milestone"))
        if is_its and row.twice and row.completed_on:
            labels = ", ".join(part.journal.text for part in row.recognized)
            return f" {labels} recognized a part of it too: see {row.name} below."
    return ""


def _void_reason(document: Document) -> str:
    """Why it is void, as its last version says; empty if it isn't."""
    return document.versions[0].reason if document.status == "VOIDED" else ""


def _lock(ledger: DocumentLedger) -> str:
    """Where what falls on locked days is posted; empty without a lock."""
    if ledger.locked_through is None or ledger.first_open_day is None:
        return ""
    through, first_open = map(day, (ledger.locked_through, ledger.first_open_day))
    return (
        f"Locked through {through}: what falls on a locked day posts on {first_open}."
    )


def _journal(edge: JournalEdge, currency: str) -> JournalRow:
    journal = edge.node
    return JournalRow(
        journal=Link(journal.number, f"/journals/{currency}/{journal.number}"),
        month=journal.month,
        product=journal.product.name if journal.product else "",
        gains=edge.gains,
    )


def _all_journals(document: Document) -> Link | None:
    """The report of all journals of the document, in whichever month."""
    if not document.journals.total_count:
        return None
    named = {"from": "2000-01-01", document.kind.lower(): document.external_id}
    query = ReportQuery().with_values(currency=document.total.currency, **named)
    total = count(document.journals.total_count, "journal", "journals")
    return Link(f"{total} in the report", query.url())


def _of_customer(document: Document) -> str:
    """The list of the customer's documents."""
    if document.customer is None:
        return ""
    values = {
        "currency": document.total.currency,
        "customer": document.customer.external_id,
    }
    return f"{PATH}?{urlencode(values)}"


def _related(document: Document, address: DocumentAddress) -> Link | None:
    """The billing schedule that an invoice bills, or the invoice that is credited."""
    if document.billing_schedule is not None:
        return _link("Billing schedule", document.billing_schedule, address)
    if document.invoice is not None:
        return _link("Invoice", document.invoice, address)
    return None


def _link(words: str, other: OtherDocument, address: DocumentAddress) -> Link:
    return Link(f"{words} {other.reference}", document_url(other.id, back=address.back))


def _note(note: CreditNote, address: DocumentAddress) -> CreditNoteRow:
    return CreditNoteRow(
        note=Link(note.reference, document_url(note.id, back=address.back)),
        date=note.date,
        total=note.total,
        state="" if note.status == "FINAL" else STATES[note.status],
    )
