"""Appending to the audit trail, inside the transaction of what is recorded."""

from collections.abc import Iterable
from datetime import UTC, datetime

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import (
    FIRST_LINK,
    Action,
    Details,
    Record,
    Subject,
    details_text,
    hash_of,
)
from daybook.db.engine import WriteSession
from daybook.ledger.clocks import next_time
from daybook.ledger.models import Organisation


async def append_audit_record(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    *,
    now: datetime,
    made_by: str | None,
    action: Action,
    subject: Subject,
    details: Details,
    recordings: Iterable[tuple[int, int]] = (),
) -> int:
    """Append the organisation's next record to its chain, and give its number.

    The caller has locked the organisation and owns the transaction. `recordings` are
    those that the record tells of, each a ledger's id and a number: none is told twice.
    It has their time. Raises ClockRefused where the clock can't be right.
    """
    recorded_at = await next_time(session, organisation, now)
    unsigned = Record(
        organisation_id=organisation.id,
        number=organisation.audit_records + 1,
        recorded_at=recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        made_by=made_by,
        action=action.value,
        subject_kind=subject.kind.value,
        subject_id=subject.id,
        details=details_text(details),
        previous_hash=organisation.audit_hash or FIRST_LINK,
        hash=b"",
    )
    record = unsigned._replace(hash=hash_of(unsigned))
    organisation.audit_records, organisation.audit_hash = record.number, record.hash
    # The record closes its recordings: what they wrote goes before it.
    await session.flush()
    session.add(AuditRecord(**record._asdict()))
    session.add_all(
        AuditedRecording(ledger_id=ledger_id, recording=number, record=record.number)
        for ledger_id, number in recordings
    )
    await session.flush()
    return record.number
