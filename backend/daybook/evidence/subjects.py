"""What files can be evidence of: documents, manual journals and changes of locks.

A feature whose things can have evidence adds a line to `SUBJECT_TYPES`.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.access.rules import Permission
from daybook.adjustments.models import ManualJournal
from daybook.adjustments.rules import labelled_number
from daybook.audit.rules import Details, Subject, SubjectKind
from daybook.configuration.lock_history import find_lock
from daybook.documents.queries import is_recorded
from daybook.errors import ProblemCode, Rejected
from daybook.evidence.rules import EvidenceSubject, evidence_refused, lock_of
from daybook.ledger.rules import SourceKind


class AuditedSubject(NamedTuple):
    """What the audit trail names for a subject, and details that it adds."""

    subject: Subject
    details: Details


class SubjectType(NamedTuple):
    """A kind of things that have evidence.

    `permission` is what attaching and removing need. `find` says whether there is such
    a thing, by its organisation and id; `words` names it for people.
    """

    permission: Permission
    find: Callable[[AsyncSession, int, str], Awaitable[bool]]
    words: Callable[[str], str]
    audited: Callable[[str], AuditedSubject]


def _document(kind: SourceKind) -> SubjectType:
    """The type of documents of a kind, whose ids are the sender's."""
    name = kind.name.lower().replace("_", " ")
    subject_kind = SubjectKind[kind.name]
    return SubjectType(
        permission=Permission.RECORD,
        find=partial(_find_document, kind),
        words=lambda id_: f"{name} {id_}",
        audited=lambda id_: AuditedSubject(Subject(subject_kind, id_), {}),
    )


async def _find_document(
    kind: SourceKind, session: AsyncSession, organisation_id: int, id_: str
) -> bool:
    return await is_recorded(session, organisation_id, kind, id_)


async def _find_manual_journal(
    session: AsyncSession, organisation_id: int, id_: str
) -> bool:
    number = labelled_number(id_)
    if number is None:
        return False
    key = (organisation_id, number)
    return await session.get(ManualJournal, key) is not None


async def _find_lock(session: AsyncSession, organisation_id: int, id_: str) -> bool:
    lock = lock_of(id_)
    return lock is not None and bool(await find_lock(session, organisation_id, *lock))


def _lock_words(id_: str) -> str:
    currency, recording = _lock(id_)
    return f"the lock of the {currency} ledger, recording {recording}"


def _audited_lock(id_: str) -> AuditedSubject:
    currency, recording = _lock(id_)
    subject = Subject(SubjectKind.LEDGER, currency)
    return AuditedSubject(subject, {"lock": {"recording": recording}})


def _lock(id_: str) -> tuple[str, int]:
    found = lock_of(id_)
    assert found is not None, "it was found"
    return found


SUBJECT_TYPES: Mapping[SubjectKind, SubjectType] = {
    **{
        SubjectKind[kind.name]: _document(kind)
        for kind in (
            SourceKind.INVOICE,
            SourceKind.BILLING_SCHEDULE,
            SourceKind.CREDIT_NOTE,
        )
    },
    SubjectKind.MANUAL_JOURNAL: SubjectType(
        permission=Permission.ADJUST,
        find=_find_manual_journal,
        words=lambda id_: f"manual journal {id_}",
        audited=lambda id_: AuditedSubject(
            Subject(SubjectKind.MANUAL_JOURNAL, id_), {}
        ),
    ),
    SubjectKind.LEDGER: SubjectType(
        permission=Permission.RECORD | Permission.CLOSE,
        find=_find_lock,
        words=_lock_words,
        audited=_audited_lock,
    ),
}
"""The types by their kinds; a change of a lock is a ledger's."""


async def check_subject(
    session: AsyncSession, organisation_id: int, subject: EvidenceSubject
) -> SubjectType:
    """The type of a subject that the organisation has; raises Rejected."""
    found = SUBJECT_TYPES.get(subject.kind)
    if found is None or not await found.find(session, organisation_id, subject.id):
        raise unknown_subject(subject)
    return found


def unknown_subject(subject: EvidenceSubject) -> Rejected:
    """A rejection of a subject that the organisation doesn't have."""
    kind = subject.kind.value.lower().replace("_", " ")
    if subject.kind is SubjectKind.LEDGER:
        kind = "change of a lock"
    message = f"there is no {kind} {subject.id!r}"
    return evidence_refused(message, "subjectId", ProblemCode.NOT_FOUND)


def words_of(subject: EvidenceSubject) -> str:
    """A subject's name for people: `invoice inv_1`."""
    return SUBJECT_TYPES[subject.kind].words(subject.id)
