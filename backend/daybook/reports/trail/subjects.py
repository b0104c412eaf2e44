"""Audit records that concern something without naming it as their subject."""

from datetime import UTC

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.models import ManualStep
from daybook.adjustments.rules import labelled_number
from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.models import Ledger
from daybook.ledger.rules import SourceKind


async def further_records(
    session: AsyncSession, organisation_id: int, about: Subject
) -> list[int] | None:
    """The numbers of records about something, beside those whose subject it is.

    None for kinds of things that only have records of their own.
    """
    if about.kind is SubjectKind.MANUAL_JOURNAL:
        return await _import_of(session, organisation_id, about.id)
    if about.kind.value in SourceKind.__members__:
        kind = SourceKind[about.kind.value]
        return await _of_document(session, organisation_id, kind, about.id)
    return None


async def _import_of(
    session: AsyncSession, organisation_id: int, id_: str
) -> list[int]:
    """The record of the import that wrote a manual journal, if one did.

    Its subject is a range of journals. It has the time of the journal's first step,
    which the same transaction wrote.
    """
    number, step, record = labelled_number(id_), ManualStep, AuditRecord
    if number is None:
        return []
    made_at = await session.scalar(
        select(step.made_at)
        .where(step.organisation_id == organisation_id, step.number == number)
        .order_by(step.id)
        .limit(1)
    )
    if made_at is None:
        return []
    moment = made_at.astimezone(UTC).isoformat(timespec="microseconds")
    found = await session.execute(
        select(record.number, record.subject_id).where(
            record.organisation_id == organisation_id,
            record.recorded_at == moment,
            record.action == Action.IMPORT_MANUAL_JOURNALS.value,
        )
    )
    return [its for its, subject_id in found if _has(subject_id, number)]


def _has(subject_id: str, number: int) -> bool:
    """Whether an import's subject, `MJ-3 to MJ-12` or `MJ-3`, has a manual journal."""
    first_label, _, last_label = subject_id.partition(" to ")
    first = labelled_number(first_label)
    last = labelled_number(last_label or first_label)
    return first is not None and last is not None and first <= number <= last


async def _of_document(
    session: AsyncSession, organisation_id: int, kind: SourceKind, id_: str
) -> list[int]:
    """The records of all recordings that made or changed a document."""
    document, version = StoredDocument, DocumentVersion
    found = await session.execute(
        select(
            document.ledger_id,
            document.id,
            document.recorded_in,
            document.revised_in,
        )
        .join(Ledger, Ledger.id == document.ledger_id)
        .where(
            Ledger.organisation_id == organisation_id,
            document.kind == int(kind),
            document.external_id == id_,
        )
    )
    numbers: set[int] = set()
    for ledger_id, document_id, *recordings in found.all():
        changed = await session.execute(
            select(version.made_in, version.until).where(
                version.ledger_id == ledger_id, version.document_id == document_id
            )
        )
        every = {*recordings, *(number for row in changed for number in row)}
        audited = AuditedRecording
        numbers |= set(
            await session.scalars(
                select(audited.record).where(
                    audited.ledger_id == ledger_id,
                    audited.recording.in_(every - {None}),
                )
            )
        )
    return sorted(numbers)
