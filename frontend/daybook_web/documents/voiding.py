"""What voiding a document does, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daybook_web.documents.results import Document, DocumentLedger, Gains
from daybook_web.kit.formats import day, money
from daybook_web.kit.links import Link, document_url


@dataclass(frozen=True, slots=True)
class VoidPanel:
    """What a void does. `first` are the credit notes to be voided before."""

    words: Sequence[str]
    first: Sequence[Link]


def can_be_voided(document: Document) -> bool:
    """Whether it is in force, and is no billing schedule: that is cancelled."""
    return document.status == "FINAL" and document.kind != "BILLING_SCHEDULE"


def void_panel(document: Document, ledger: DocumentLedger, back: str) -> VoidPanel:
    """What a void of the document does, with the ledger locked as it is."""
    words = ["What it posted is mirrored on the same days."]
    locked, first_open = ledger.locked_through, ledger.first_open_day
    if locked is not None and first_open is not None and _first_day(document) <= locked:
        taken_back = f"it is taken back on {day(first_open)}."
        words = [
            f"What it posted through {day(locked)} is locked: {taken_back}",
            "What it posted later is mirrored on the same days.",
        ]
    words.append("What is still scheduled is dropped.")
    words.append(f"Taken back in all: {_sums(document.journals.gains)}.")
    if document.invoice is not None:
        words.append(f"Invoice {document.invoice.reference} goes on as if uncredited.")
    words.append("Sent again under its own id, it stays void.")
    standing = [note for note in document.credit_notes if note.status == "FINAL"]
    return VoidPanel(
        words,
        [Link(note.reference, document_url(note.id, back=back)) for note in standing],
    )


def _first_day(document: Document) -> date:
    """The first day that it may have posted on."""
    begins = [line.service_from for line in document.lines if line.service_from]
    return min([document.date, *begins])


def _sums(gains: Gains) -> str:
    """What accounts gained: `Billed 1,200.00, Recognized 1,200.00`."""
    named = {
        "Billed": gains.billed,
        "Unbilled": gains.unbilled,
        "Deferred": gains.deferred,
        "Recognized": gains.recognized,
    }
    told = [f"{name} {money(gain)}" for name, gain in named.items() if gain.minor]
    return ", ".join(told) or "nothing, since its amounts cancel out"
