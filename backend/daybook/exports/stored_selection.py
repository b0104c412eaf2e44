"""What a job selects, as it is stored: a filter as JSON, a pin as columns."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from daybook.exports.models import ExportJob
from daybook.ledger.pins import AuditHead, Pin
from daybook.money import decimals_of
from daybook.reports.journals.filter_kinds import OneOf
from daybook.reports.journals.filters import FILTERS, JournalFilter
from daybook.reports.journals.group_keys import Grouping, in_order


def filter_text(wanted: JournalFilter) -> str:
    """A filter as JSON: what differs from one that selects everything."""
    every = JournalFilter()
    given = {
        one.name: getattr(wanted, one.name)
        for one in fields(wanted)
        if getattr(wanted, one.name) != getattr(every, one.name)
    }
    return json.dumps(given, sort_keys=True, default=lambda value: value.value)


def filter_of(text: str) -> JournalFilter:
    """The filter that `filter_text` made the text of."""
    given = json.loads(text)
    for one in FILTERS:
        if isinstance(one.kind, OneOf) and one.selects in given:
            value = given[one.selects]
            named = one.kind.names
            given[one.selects] = (
                tuple(map(named, value)) if one.is_many else named(value)
            )
    return JournalFilter(**given)


def groupings_text(by: Sequence[Grouping] | None) -> str | None:
    """What a job groups by, as it is stored: empty for one group a day or month."""
    return None if by is None else ",".join(in_order(by))


def groupings_of(text: str | None) -> tuple[Grouping, ...] | None:
    """The groupings that `groupings_text` made the text of."""
    if text is None:
        return None
    return tuple(Grouping(one) for one in text.split(",") if one)


def pin_of(job: ExportJob) -> Pin:
    """The ledger at the recording that a job renders."""
    head = None
    if job.audit_record is not None and job.audit_hash is not None:
        head = AuditHead(job.audit_record, job.audit_hash)
    return Pin(
        *(job.organisation_id, job.ledger_id, job.currency),
        *(decimals_of(job.currency), job.recording, job.today, job.renamings),
        audit_head=head,
    )


def head_columns(head: AuditHead | None) -> dict[str, Any]:
    """The columns that keep the audit trail's last record, of jobs and of records."""
    if head is None:
        return {"audit_record": None, "audit_hash": None}
    return {"audit_record": head.record, "audit_hash": head.hash}
