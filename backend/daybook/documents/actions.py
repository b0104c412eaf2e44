"""Actions of people on one recorded document: voiding it, completing a milestone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.calendar import Day, day_text
from daybook.db.engine import Database
from daybook.documents.auditing import audit_import
from daybook.documents.batch_loading import load_batch
from daybook.documents.batches import Batch, Prepared, Recorded
from daybook.documents.models import StoredDocument
from daybook.documents.named_documents import is_void_for_good, kind_words
from daybook.documents.queries import KnownDocument, known_documents
from daybook.documents.recording_parties import Parties
from daybook.documents.results import ImportResult
from daybook.documents.revisions import void
from daybook.documents.rules import CustomerDetails, Document, DocumentStatus
from daybook.documents.writing import plan_batch, write_batch
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.commands import (
    check_open_day,
    lock_organisation,
    open_ledger,
    start_recording,
)
from daybook.ledger.meant_ids import meant_ids
from daybook.ledger.models import Ledger, Organisation, Recording
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Part

REASON_MAX = 500
"""How many characters a void's reason may have."""


async def void_document(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    kind: SourceKind,
    external_id: str,
    *,
    now: datetime,
    made_by: str | None = None,
    reason: str | None = None,
) -> ImportResult:
    """Void a recorded document; voiding it again changes nothing.

    The recording, the audit trail and the activity log keep the `reason`, if one is
    given; of a document that is void already, `stands` of the result tells the first
    one, and this one is dropped. Raises Rejected if there is no such document, if
    others refer to it, for a billing schedule, which is cancelled instead, for a manual
    journal, which is reversed, and for a reason that is too long or no line of text.
    """
    check_can_be_voided(kind, external_id)
    why = _checked_reason(reason)
    what = f"{kind_words(kind)} {external_id} voided{f': {why}' if why else ''}"
    return await _act(
        database,
        organisation_id,
        (kind, external_id),
        put_void,
        what=what,
        action=Action.VOID_DOCUMENT,
        kind=ActivityKind.VOID,
        details={"reason": why} if why else {},
        now=now,
        made_by=made_by,
    )


def _checked_reason(reason: str | None) -> str:
    """A reason as it is stored; empty if none is given."""
    why = (reason or "").strip()
    if len(why) > REASON_MAX:
        message = f"a reason has at most {REASON_MAX} characters, not {len(why)}"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message, ("reason",))])
    if not why.isprintable():
        message = "a reason is one line of printable characters"
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("reason",))])
    return why


def check_can_be_voided(kind: SourceKind, external_id: str) -> None:
    """Raise Rejected for a kind of document that is taken back in another way."""
    if kind is SourceKind.BILLING_SCHEDULE:
        message = (
            f"billing schedule {external_id!r} can't be voided: cancel it (send it with"
            " the status CANCELLED, and as cancelled_on the first day that doesn't"
            " count)"
        )
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("id",))])
    if kind is SourceKind.STANDALONE:
        message = (
            f"{external_id!r} is a manual journal's: reverse that manual journal"
            " instead, which posts its mirror"
        )
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("id",))])


def put_void(batch: Batch, recorded: Recorded) -> list[Problem]:
    """Void the document of a batch; returns what stands against it."""
    batch.documents.append(recorded)
    return void(batch, recorded)


async def complete_milestone(  # noqa: PLR0913, PLR0917  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    invoice_id: str,
    line_id: str,
    milestone_id: str,
    completed_on: Day | None,
    *,
    now: datetime,
    made_by: str | None = None,
) -> ImportResult:
    """Set the day on which a milestone was reached; None opens it again.

    Setting its present day changes nothing. Raises Rejected for an unknown invoice,
    line or milestone.
    """
    details: dict[str, object] = {"line": line_id, "milestone": milestone_id}

    def change(batch: Batch, recorded: Recorded) -> list[Problem]:
        ids = (line_id, milestone_id)
        return _complete(batch, recorded, ids, completed_on, details)

    day = None if completed_on is None else day_text(completed_on)
    state = f"completed on {day}" if day else "open again"
    what = f"milestone {milestone_id} of invoice {invoice_id} {state}"
    return await _act(
        database,
        organisation_id,
        (SourceKind.INVOICE, invoice_id),
        change,
        what=what,
        action=Action.COMPLETE_MILESTONE,
        kind=ActivityKind.MILESTONE,
        details=details,
        now=now,
        made_by=made_by,
    )


async def _act(  # noqa: PLR0913  (a change, and what trail and log say of it)
    database: Database,
    organisation_id: int,
    key: tuple[SourceKind, str],
    change: Callable[[Batch, Recorded], list[Problem]],
    *,
    what: str,
    action: Action,
    kind: ActivityKind,
    details: Details,
    now: datetime,
    made_by: str | None,
) -> ImportResult:
    """Change one document in a transaction of its own, with audit record and log."""
    started = Started(now)
    async with (
        failures_logged(
            database,
            organisation_id,
            kind=kind,
            started=started,
            made_by=made_by,
            what=what,
        ),
        database.writes() as session,
    ):
        organisation = await lock_organisation(session, organisation_id)
        before = await find_recorded(session, organisation, key)
        if action is Action.VOID_DOCUMENT and before.is_void:
            return ImportResult(
                unchanged=1, stands=await _voided_words(session, before, details)
            )
        ledger = await open_ledger(session, organisation, before.currency)
        batch = await changed_batch(session, organisation, ledger, before, change)
        result = ImportResult()
        if not batch.documents and not batch.changes.completions:
            result.unchanged = 1
            return result
        check_open_day(ledger)
        recording = await start_recording(
            session, organisation, ledger, now=now, reason=what, made_by=made_by
        )
        planned = plan_batch(batch, recording)
        await write_batch(session, planned)
        result.add_recording(ledger.currency, recording.number)
        result.add_posted(ledger.currency, planned.posted)
        if batch.documents:
            result.voided[before.kind] += 1
        await audit_import(
            session,
            organisation,
            result.recordings,
            result.added,
            started=started,
            made_by=made_by,
            message=what,
            details=details,
            action=action,
            kind=kind,
            subject=Subject(SubjectKind[before.kind.name], before.external_id),
        )
    return result


async def _voided_words(
    session: AsyncSession, before: KnownDocument, details: Details
) -> str:
    """That a document is void already: by which recording, and what that leaves out."""
    number = before.revised_in or before.recorded_in
    recording = await session.get_one(Recording, (before.ledger_id, number))
    words = f"it was void already ({recording.reason}): nothing was changed"
    return f"{words}, and this reason is not kept" if details else words


async def changed_batch(
    session: AsyncSession,
    organisation: Organisation,
    ledger: Ledger,
    before: KnownDocument,
    change: Callable[[Batch, Recorded], list[Problem]],
) -> Batch:
    """A recorded document with its families, changed and not yet planned.

    Raises Rejected with what stands against the change. Nothing is written.
    """
    batch = Batch(organisation, ledger, Parties({}, {}))
    prepared = Prepared(_as_void(before), before.content_hash, [], [])
    key = (before.kind, before.external_id)
    await load_batch(session, batch, [prepared], {key: before}, {})
    problems = change(batch, batch.before[key])
    if problems:
        raise Rejected(problems)
    return batch


async def find_recorded(
    session: AsyncSession, organisation: Organisation, key: tuple[SourceKind, str]
) -> KnownDocument:
    """A recorded document by its kind and id; raises Rejected if there is none."""
    found = await known_documents(session, organisation.id, [key])
    if key in found:
        return found[key]
    kind, external_id = key
    message = f"there is no {kind_words(kind)} {external_id!r}"
    ours = select(Ledger.id).where(Ledger.organisation_id == organisation.id)
    of_kind = [StoredDocument.ledger_id.in_(ours), StoredDocument.kind == int(kind)]
    message += await meant_ids(
        session, StoredDocument, StoredDocument.number, of_kind, external_id
    )
    raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("id",))])


def _as_void(before: KnownDocument) -> Document:
    """A recorded document in the form of a void that was sent."""
    customer = CustomerDetails(before.customer_external_id, "", "")
    return Document(
        kind=before.kind,
        id=before.external_id,
        number=before.number,
        currency=before.currency,
        customer=customer,
        issued_on=before.issued_on,
        accounting_date=before.accounting_date,
        lines=(),
        status=DocumentStatus.VOIDED,
    )


def _complete(
    batch: Batch,
    recorded: Recorded,
    ids: tuple[str, str],
    completed_on: Day | None,
    details: dict[str, object],
) -> list[Problem]:
    """Set a milestone's day in its family, and record the completion.

    `ids` are those of the line and the milestone; `details` get both days.
    """
    line_id, milestone_id = ids
    before, lines = recorded.before, recorded.lines_before
    assert before is not None, "only what is recorded has milestones"
    what = f"invoice {before.external_id!r}"
    if before.is_void:
        message = is_void_for_good(before.kind, before.external_id)
        return [Problem(ProblemCode.VOID, message, ("id",))]
    line = lines.lines.get(line_id) if lines else None
    if line is None:
        message = f"{what} has no line {line_id!r}"
        return [Problem(ProblemCode.UNKNOWN_DOCUMENT, message, ("lineId",))]
    member_id = next(
        (id_ for (key, _), id_ in recorded.members_before.items() if key == line.key),
        None,
    )
    milestones = batch.milestones.get(member_id, ()) if member_id is not None else ()
    found = next(
        (
            milestone
            for milestone in milestones
            if milestone.external_id == milestone_id
        ),
        None,
    )
    if found is None or member_id is None:
        there_are = (
            ", ".join(milestone.external_id or "" for milestone in milestones) or "none"
        )
        message = (
            f"line {line_id!r} of {what} has no milestone {milestone_id!r}: it has"
            f" {there_are}"
        )
        return [Problem(ProblemCode.NOT_FOUND, message, ("milestoneId",))]
    if found.day == completed_on:
        return []
    for name, day in (("completed_before", found.day), ("completed_on", completed_on)):
        details[name] = None if day is None else day_text(day)
    family = batch.families[batch.family_of[member_id]]
    member = family.family.members[member_id]
    parts = list(member.terms.parts)
    parts[found.position] = Part(completed_on, found.amount)
    member.terms = replace(member.terms, parts=tuple(parts))
    lock = batch.lock_of(before.accounting_date)
    family.locks[member_id] = lock
    batch.touch(family, lock)
    batch.changes.completions.append((member.schedule_id, found.position, completed_on))
    return []
