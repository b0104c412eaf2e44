"""What voiding a document does, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook_web.documents.results import Document, DocumentLedger
from daybook_web.kit.formats import day
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
    words = ["What it posted is mirrored on the same days, and nets to zero."]
    if ledger.locked_through is not None and ledger.first_open_day is not None:
        through, first_open = map(day, (ledger.locked_through, ledger.first_open_day))
        words = [
            f"What it posted through {through} goes back on {first_open}: locked.",
            "What it posted later is mirrored on the same days.",
        ]
    words.append("What is still scheduled is dropped.")
    if document.invoice is not None:
        words.append(f"Invoice {document.invoice.reference} goes on as if uncredited.")
    words.append("Sent again under its own id, it stays void.")
    standing = [note for note in document.credit_notes if note.status == "FINAL"]
    return VoidPanel(
        words,
        [Link(note.reference, document_url(note.id, back=back)) for note in standing],
    )
