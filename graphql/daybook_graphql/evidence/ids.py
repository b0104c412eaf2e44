"""The ids of attachments, and of what they are attached to."""

from typing import NamedTuple

import strawberry

from daybook.adjustments.rules import labelled_number
from daybook.audit.rules import SubjectKind
from daybook.evidence.rules import (
    EvidenceSubject,
    lock_of,
    lock_subject,
    manual_journal_subject,
)
from daybook.ledger.rules import SourceKind
from daybook.numbers import read_number
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.documents.ids import (
    BillingScheduleId,
    CreditNoteId,
    InvoiceId,
    document_id,
    kind_of,
)
from daybook_graphql.kit.ids import decode, encode, node_id, wrong_type
from daybook_graphql.ledgers.ids import RecordedLockId


@node_id("Attachment", read_number)
class AttachmentId(NamedTuple):
    """An attachment, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"Attachment:{self.number}"


def expect_subject(text: str, argument: str) -> EvidenceSubject:
    """What an id names that can have evidence; raises INVALID_ID for ids of others."""
    node = decode(text, argument)
    if isinstance(node, InvoiceId | BillingScheduleId | CreditNoteId):
        return EvidenceSubject(SubjectKind[kind_of(node).name], node.external_id)
    if isinstance(node, RecordedLockId):
        return lock_subject(node.currency, node.recording)
    if isinstance(node, ManualJournalId):
        return manual_journal_subject(node.number)
    raise wrong_type(node, "of a document, a manual journal or a lock", argument)


def subject_node(subject: EvidenceSubject) -> strawberry.ID:
    """The id of what has evidence."""
    lock = lock_of(subject.id) if subject.kind is SubjectKind.LEDGER else None
    if lock is not None:
        return encode(RecordedLockId(*lock))
    number = labelled_number(subject.id)
    if subject.kind is SubjectKind.MANUAL_JOURNAL and number is not None:
        return encode(ManualJournalId(number))
    return encode(document_id(SourceKind[subject.kind.name], subject.id))
