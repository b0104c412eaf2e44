"""The ids of documents: a type for each kind."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from daybook.ledger.rules import SourceKind
from daybook_graphql.kit.ids import decode, node_id, read_external_id, wrong_type

INVOICE, CREDIT_NOTE, SCHEDULE = "Invoice:", "CreditNote:", "BillingSchedule:"
"""How the texts of ids begin; the sender's own ids follow."""

FOUND_BY = "`document(kind:, externalId:) { id }` finds it by the sender's own id"


@node_id("Invoice", read_external_id, found_by=FOUND_BY)
class InvoiceId(NamedTuple):
    """An invoice, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return INVOICE + self.external_id


@node_id("CreditNote", read_external_id, found_by=FOUND_BY)
class CreditNoteId(NamedTuple):
    """A credit note, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return CREDIT_NOTE + self.external_id


@node_id("BillingSchedule", read_external_id, found_by=FOUND_BY)
class BillingScheduleId(NamedTuple):
    """A billing schedule, by the sender's own id."""

    external_id: str

    def __str__(self) -> str:
        return SCHEDULE + self.external_id


DocumentId: TypeAlias = InvoiceId | CreditNoteId | BillingScheduleId

_TYPES: Mapping[SourceKind, type[DocumentId]] = {
    SourceKind.INVOICE: InvoiceId,
    SourceKind.CREDIT_NOTE: CreditNoteId,
    SourceKind.BILLING_SCHEDULE: BillingScheduleId,
}
STARTS: Mapping[int, str] = {
    int(SourceKind.INVOICE): INVOICE,
    int(SourceKind.CREDIT_NOTE): CREDIT_NOTE,
    int(SourceKind.BILLING_SCHEDULE): SCHEDULE,
}
"""How the texts of ids begin, by the stored number of the kind."""
_BY_NUMBER = {int(kind): id_type for kind, id_type in _TYPES.items()}
"""Looked up for each row: an enum's own look-up would take longer than the rest."""


def document_id(kind: int, external_id: str) -> DocumentId:
    """The id of a document of a stored kind."""
    return _BY_NUMBER[kind](external_id)


def expect_document(text: str, argument: str) -> DocumentId:
    """The document that an id names; raises INVALID_ID for ids of other types."""
    node = decode(text, argument, found_by=FOUND_BY)
    if not isinstance(node, DocumentId):
        raise wrong_type(node, "of a document", argument)
    return node


def kind_of(document: DocumentId) -> SourceKind:
    """The kind of the document that an id names."""
    return next(kind for kind, id_type in _TYPES.items() if id_type is type(document))
