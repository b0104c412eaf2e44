"""Reading the audit trail, newest first, and verifying it."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import (
    Mismatch,
    Record,
    Subject,
    SubjectKind,
    Verification,
)
from daybook.audit.verifying import TrailVerifier, snapshot
from daybook.db.engine import Database
from daybook.db.keyset import count_rows, one_page
from daybook.documents.auditing import check_documents
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.fx.auditing import check_refresh, wrong_refresh
from daybook.ledger.models import Ledger
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.queries import Page, PageRequest
from daybook.sheets.columns import Sheet, integer, text

AUDIT_RECORDS: Sheet[Record] = Sheet(
    "audit-trail",
    "Audit trail",
    (
        integer("number", "No.", lambda record: record.number),
        text("recorded_at", "When (UTC)", lambda record: record.recorded_at),
        text("made_by", "Who", lambda record: record.made_by),
        text("action", "What", lambda record: record.action),
        text("subject_kind", "About", lambda record: record.subject_kind),
        text("subject_id", "Its id", lambda record: record.subject_id),
        text("details", "Details (JSON)", lambda record: record.details),
        text("hash", "Hash", lambda record: record.hash.hex()),
    ),
)
"""The audit trail, for an auditor. Its moments are text, as they were hashed."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of rows verified so far, and the number of all."""


async def verify(
    database: Database,
    organisation_id: int,
    *,
    anchor: bytes | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Check an organisation's audit trail, and all rows that its digests cover.

    An anchor is the hash of a record that was kept elsewhere: the chain must contain
    it; a rebuilt chain does not.
    """
    async with snapshot(database) as session:
        verifier = TrailVerifier(session, organisation_id, _check, anchor)
        mismatch = await verifier.chain()
        if mismatch is None:
            total = await verifier.total()
            verifier.progress = lambda done: progress(done, total)
            mismatch = await verifier.tables()
        if mismatch is None:
            problem = await wrong_refresh(session)
            mismatch = Mismatch(None, problem) if problem else None
    return Verification(verifier.records, mismatch)


async def _check(session: AsyncSession, record: Record) -> str | None:
    """What in the stored rows disagrees with a record's details."""
    disagrees = await check_documents(session, record)
    return disagrees or await check_refresh(session, record)


async def find_audit_records(
    session: AsyncSession,
    organisation_id: int,
    about: Subject | None,
    request: PageRequest,
) -> Page[Record]:
    """Records, newest first, of everything or about one subject; keyed by number.

    Records of recordings are also about their ledgers and their documents.
    """
    statement = select(*AuditRecord.__table__.columns).where(
        *_conditions(organisation_id, about)
    )
    rows = await session.execute(
        one_page(statement, AuditRecord.number, request, is_descending=True)
    )
    return Page.of([Record(*row) for row in rows], request)


async def count_audit_records(
    session: AsyncSession, organisation_id: int, about: Subject | None
) -> int:
    """How many `find_audit_records` lists in all."""
    conditions = _conditions(organisation_id, about)
    return await count_rows(session, AuditRecord, *conditions)


def _conditions(
    organisation_id: int, about: Subject | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        AuditRecord.organisation_id == organisation_id
    ]
    if about is None:
        return conditions
    itself = (AuditRecord.subject_kind == about.kind.value) & (
        AuditRecord.subject_id == about.id
    )
    if about.kind is SubjectKind.LEDGER:
        conditions.append(or_(itself, _in_ledger(organisation_id, about.id)))
    elif about.kind.value in SourceKind.__members__:
        conditions.append(or_(itself, _of_document(organisation_id, about)))
    else:
        conditions.append(itself)
    return conditions


def _in_ledger(organisation_id: int, currency: str) -> ColumnElement[bool]:
    """Whether a record covers a recording of the ledger."""
    audited = AuditedRecording
    return AuditRecord.number.in_(
        select(audited.record)
        .join(Ledger, Ledger.id == audited.ledger_id)
        .where(Ledger.organisation_id == organisation_id, Ledger.currency == currency)
    )


def _of_document(organisation_id: int, about: Subject) -> ColumnElement[bool]:
    """Whether a record covers a recording that made or changed the document."""
    audited, document, version = AuditedRecording, StoredDocument, DocumentVersion
    number = audited.recording
    changed: Any = exists(
        select(1).where(
            version.ledger_id == document.ledger_id,
            version.document_id == document.id,
            or_(version.made_in == number, version.until == number),
        )
    )
    return AuditRecord.number.in_(
        select(audited.record)
        .join(document, document.ledger_id == audited.ledger_id)
        .join(Ledger, Ledger.id == audited.ledger_id)
        .where(
            Ledger.organisation_id == organisation_id,
            document.kind == int(SourceKind[about.kind.value]),
            document.external_id == about.id,
            or_(
                document.recorded_in == number,
                document.revised_in == number,
                changed,
            ),
        )
    )
