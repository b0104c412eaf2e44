"""Appending to the audit trail, in the transaction of the action it records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from daybook.audit.digesting import (
    digest_written,
    digests_of_runs,
    keep_digests,
    runs_of,
)
from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.persons import Persons, know_persons
from daybook.audit.rules import (
    FIRST_LINK,
    Action,
    Details,
    Record,
    StoredDigest,
    Subject,
    SubjectKind,
    details_text,
    hash_of,
    hash_of_digests,
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
    """Append the next record to an organisation's chain; return its number.

    Call it last: the record holds digests of all rows that the transaction wrote, and
    closes its recordings. The caller has locked the organisation and owns the
    transaction. `recordings` are the recordings that the record covers, each a ledger's
    id and a number; no other record may cover them. The record has their time. Raises
    ClockRefused if the clock can't be right.
    """
    recordings = list(recordings)
    recorded_at = await next_time(session, organisation, now)
    user = subject.id if subject.kind is SubjectKind.USER else None
    persons = await know_persons(session, organisation.id, [made_by, user])
    await session.flush()
    runs = runs_of(recordings)
    digests = await digest_written(session, organisation.id, subject, runs, persons)
    digests += digests_of_runs(runs, organisation.audit_records + 1)
    digests.sort()
    record = next_record(
        organisation,
        recorded_at=recorded_at,
        made_by=made_by,
        action=action,
        subject=subject,
        details=details,
        digests=digests,
        persons=persons,
    )
    await append_record(session, organisation, record, digests, recordings)
    return record.number


def next_record(  # noqa: PLR0913  (keyword-only, each has its meaning)
    organisation: Organisation,
    *,
    recorded_at: datetime,
    made_by: str | None,
    action: Action,
    subject: Subject,
    details: Details,
    digests: Sequence[StoredDigest],
    persons: Persons,
) -> Record:
    """Make the next record of an organisation's chain, with its hash."""
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
        digest=hash_of_digests(digests),
    )
    return unsigned._replace(hash=hash_of(unsigned, persons.hash))


async def append_record(
    session: WriteSession,
    organisation: Organisation,
    record: Record,
    digests: Sequence[StoredDigest],
    recordings: Iterable[tuple[int, int]] = (),
) -> None:
    """Store a record with its digests, and close its recordings."""
    organisation.audit_records, organisation.audit_hash = record.number, record.hash
    session.add(AuditRecord(**record._asdict()))
    await session.flush()
    await keep_digests(session, organisation.id, record.number, digests)
    session.add_all(
        AuditedRecording(ledger_id=ledger_id, recording=number, record=record.number)
        for ledger_id, number in recordings
    )
    await session.flush()
