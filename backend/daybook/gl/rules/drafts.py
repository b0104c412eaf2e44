"""DRAFT INVOICE journals: what is entered, and not yet approved."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from daybook.gl.rules.basis import Basis
from daybook.gl.rules.documents import Document
from daybook.gl.rules.invoicing import Invoiced, journal_of
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.lines import SyntheticLine

DRAFT = "DRAFT"
"""The status of drafts; what is submitted for approval is none."""


def draft_lines(documents: Iterable[Document], basis: Basis) -> Iterator[SyntheticLine]:
    """Each draft invoice, bill and credit note as a journal on its date.

    A foreign one is at the rate that Xero would book, or else at the ECB's of its date.
    """
    for document in documents:
        if document.status == DRAFT:
            draft = Invoiced(
                document,
                JournalType.DRAFT_INVOICE,
                document.day,
                _rate(document, basis),
            )
            yield from journal_of(draft, basis)


def _rate(document: Document, basis: Basis) -> Fraction:
    if document.booked_rate and document.currency != basis.base:
        return 1 / document.booked_rate
    return basis.rate(document.currency, document.day)
