"""The audit records of a journal, and where the trail has them. Pure."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from daybook.adjustments.rules import label
from daybook_web.journal_detail.results import AuditRecord, Journal
from daybook_web.kit.formats import source
from daybook_web.kit.links import Link

SHOWN_MAX = 5
"""How many records stand on the page; others are folded away."""


class AuditRow(NamedTuple):
    """A record: what was done, by whom and why, and its place in the trail."""

    at: dt.datetime
    action: str
    sentence: str
    who: str
    reason: str | None
    is_late: bool
    """Whether it changed days that had been closed."""
    place: Link
    digest: str
    """The ends of its hash: `b41e…90c2`."""


class Audit(NamedTuple):
    """The records that made or changed a journal, the newest first."""

    rows: Sequence[AuditRow]
    more: Sequence[AuditRow]
    """Those after the first `SHOWN_MAX`."""
    trail: Link
    """All records about what the journal is of."""


def audit_of(journal: Journal) -> Audit:
    """The journal's records, with links to the trail."""
    trail = _trail(journal)
    rows = [_row(record, trail.url) for record in journal.audit_records]
    return Audit(rows[:SHOWN_MAX], rows[SHOWN_MAX:], trail)


def _row(record: AuditRecord, trail: str) -> AuditRow:
    return AuditRow(
        at=record.recorded_at,
        action=record.action_name,
        sentence=record.sentence,
        who=record.who,
        reason=record.reason,
        is_late=record.changed_after_close is not None,
        place=Link(f"Record {record.number}", f"{trail}#record-{record.number}"),
        digest=f"{record.hash[:4]}…{record.hash[-4:]}",
    )


def _trail(journal: Journal) -> Link:
    """The trail of the journal's document, its manual journal, or else its ledger."""
    if journal.document is not None:
        document = journal.document
        words = f"All about {source(document.kind).lower()} {document.reference}"
        about = document.kind, document.external_id
    elif journal.manual_journal is not None:
        number = label(journal.manual_journal.number)
        words, about = f"All about {number}", ("MANUAL_JOURNAL", number)
    else:
        currency = journal.ledger.currency
        words, about = f"All about ledger {currency}", ("LEDGER", currency)
    kind, id_ = about
    return Link(words, f"/audit?{urlencode({'kind': kind, 'id': id_})}")
