"""Reading the audit trail: its records, newest first, and whether they all hold."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.audit.rules import Record, Subject, SubjectKind, Verification
from daybook.audit.verifying import Verifying, snapshot
from daybook.db.engine import Database
from daybook.db.keyset import count_rows, one_page
from daybook.documents.auditing import check_documents
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.models import Ledger
from daybook.ledger.rules import SourceKind
from daybook.reports.journals.queries import Page, PageRequest
from daybook.sheets.columns import Sheet, integer, text

RECORDS: Sheet[Record] = Sheet(
    "audit-trail",
    "Audit trail",
    (
        integer("number", "No.", lambda one: one.number),
        text("recorded_at", "When (UTC)", lambda one: one.recorded_at),
        text("made_by", "Who", lambda one: one.made_by),
        text("action", "What", lambda one: one.action),
        text("subject_kind", "About", lambda one: one.subject_kind),
        text("subject_id", "Its id", lambda one: one.subject_id),
        text("details", "Details (JSON)", lambda one: one.details),
        text("hash", "Hash", lambda one: one.hash.hex()),
    ),
)
"""The audit trail, for an auditor. Its moments are text: as they are hashed."""

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many more rows were verified, and how many there are in all."""


async def verify(
    database: Database,
    organisation_id: int,
    *,
    anchor: bytes | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Check an organisation's audit trail, and all rows that it holds digests of.

    With an anchor, the hash of a record that was kept elsewhere, the chain has to
    contain it: one that was made anew doesn't.
    """
    async with snapshot(database) as session:
        verifying = Verifying(session, organisation_id, check_documents, anchor)
        misfit = await verifying.chain()
        if misfit is None:
            total = await verifying.total()
            verifying.progress = lambda done: progress(done, total)
            misfit = await verifying.tables()
    return Verification(verifying.records, misfit)


async def find_audit_records(
    session: AsyncSession,
    organisation_id: int,
    about: Subject | None,
    request: PageRequest,
) -> Page[Record]:
    """Records, newest first, of everything or about one subject; keyed by number.

    About a ledger or a document are also the records of what was recorded in it.
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
    one = AuditRecord
    conditions: list[ColumnElement[bool]] = [one.organisation_id == organisation_id]
    if about is None:
        return conditions
    itself = (one.subject_kind == about.kind.value) & (one.subject_id == about.id)
    if about.kind is SubjectKind.LEDGER:
        conditions.append(or_(itself, _in_ledger(organisation_id, about.id)))
    elif about.kind.value in SourceKind.__members__:
        conditions.append(or_(itself, _of_document(organisation_id, about)))
    else:
        conditions.append(itself)
    return conditions


def _in_ledger(organisation_id: int, currency: str) -> ColumnElement[bool]:
    """Whether a record tells of a recording of the ledger."""
    told = AuditedRecording
    return AuditRecord.number.in_(
        select(told.record)
        .join(Ledger, Ledger.id == told.ledger_id)
        .where(Ledger.organisation_id == organisation_id, Ledger.currency == currency)
    )


def _of_document(organisation_id: int, about: Subject) -> ColumnElement[bool]:
    """Whether a record tells of a recording that made or changed the document."""
    told, document, version = AuditedRecording, StoredDocument, DocumentVersion
    changed: Any = exists(
        select(1).where(
            version.ledger_id == document.ledger_id,
            version.document_id == document.id,
            or_(version.made_in == told.recording, version.until == told.recording),
        )
    )
    return AuditRecord.number.in_(
        select(told.record)
        .join(document, document.ledger_id == told.ledger_id)
        .join(Ledger, Ledger.id == told.ledger_id)
        .where(
            Ledger.organisation_id == organisation_id,
            document.kind == int(SourceKind[about.kind.value]),
            document.external_id == about.id,
            or_(
                document.recorded_in == told.recording,
                document.revised_in == told.recording,
                changed,
            ),
        )
    )
