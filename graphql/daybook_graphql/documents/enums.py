"""The kinds of documents, what becomes of them, and when they are billed."""

from collections.abc import Sequence
from enum import Enum

import strawberry

from daybook.documents.rules import DocumentStatus as StoredStatus
from daybook.ledger.rules import SourceKind as StoredKind
from daybook.recognition.rules import Timing

value = strawberry.enum_value


@strawberry.enum(description="What kind of document a journal comes from.")
class SourceKind(Enum):
    INVOICE = value(StoredKind.INVOICE, description="An invoice.")
    BILLING_SCHEDULE = value(
        StoredKind.BILLING_SCHEDULE, description="A billing schedule that accrues."
    )
    CREDIT_NOTE = value(StoredKind.CREDIT_NOTE, description="A credit note.")
    STANDALONE = value(
        StoredKind.STANDALONE,
        description="A manual journal: no document stands behind.",
    )


@strawberry.enum(description="What has become of a document.")
class DocumentStatus(Enum):
    FINAL = value(StoredStatus.FINAL, description="In force.")
    VOIDED = value(StoredStatus.VOIDED, description="Taken back.")
    CANCELLED = value(
        StoredStatus.CANCELLED, description="A billing schedule that ended early."
    )


@strawberry.enum(description="Whether a line is billed before or after its service.")
class BillingTiming(Enum):
    IN_ADVANCE = value(Timing.IN_ADVANCE, description="Before.")
    IN_ARREARS = value(Timing.IN_ARREARS, description="After.")


KINDS = {int(kind.value): kind for kind in SourceKind}
"""By stored number. Looked up for each row: an enum's own look-up takes longer."""


def stored_kinds(kinds: Sequence[SourceKind] | None) -> tuple[StoredKind, ...] | None:
    """Kinds of documents as they are stored; None for all."""
    if kinds is None:
        return None
    return tuple(StoredKind[kind.name] for kind in kinds)


def stored_statuses(
    statuses: Sequence[DocumentStatus] | None,
) -> tuple[StoredStatus, ...] | None:
    """States of documents as they are stored; None for all."""
    if statuses is None:
        return None
    return tuple(StoredStatus[status.name] for status in statuses)
