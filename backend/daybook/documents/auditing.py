"""What the audit trail says of recorded documents, and whether they still agree.

A record of an import holds a digest of the documents that each of its recordings made
or changed. Checking it reads them again from the tables.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Details, Record, Subject, SubjectKind
from daybook.db.engine import Database, WriteSession
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.models import Ledger, Organisation, Recording

ROWS_AT_ONCE = 2_000
"""So many documents are held in memory."""

AUDITED = (Action.IMPORT, Action.VOID_DOCUMENT, Action.COMPLETE_MILESTONE)
"""Actions whose records hold digests of documents."""


class DocumentsDigest:
    """A digest of documents that are added in the order of kind and own id."""

    def __init__(self) -> None:
        self.documents = 0
        self._hash = sha256()

    def add(
        self, kind: int, external_id: str, content_hash: bytes, status: int
    ) -> None:
        """Take the next document into it."""
        row = (kind, external_id, content_hash.hex(), status)
        self._hash.update(json.dumps(row).encode())
        self.documents += 1

    def text(self) -> str:
        """The digest of all that was added."""
        return self._hash.hexdigest()


class RecordedDocuments(NamedTuple):
    """How many documents a recording made or changed, and their digest."""

    documents: int
    digest: str


async def recorded_documents(
    session: AsyncSession, ledger_id: int, recording: int
) -> RecordedDocuments:
    """The documents as a recording left them, in constant memory."""
    digest = DocumentsDigest()
    rows = await session.stream(
        _documents_of(ledger_id, recording),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    async for some in rows.partitions():
        for row in some:
            digest.add(*row)
    return RecordedDocuments(digest.documents, digest.text())


async def audit_documents(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    recordings: Mapping[str, Recording],
    *,
    now: datetime,
    made_by: str | None,
    details: Details,
    action: Action = Action.IMPORT,
    subject: Subject | None = None,
) -> int:
    """Append the audit record of documents that were just recorded; its number.

    `recordings` are by currency. `details` say more than that, such as counts by kind.
    By default the record is about the ledger, or the organisation if there are several.
    The caller has locked the organisation and owns the transaction.
    """
    recorded: dict[str, object] = {}
    for currency, recording in sorted(recordings.items()):
        found = await recorded_documents(session, recording.ledger_id, recording.number)
        recorded[currency] = {"recording": recording.number, **found._asdict()}
    return await append_audit_record(
        session,
        organisation,
        now=now,
        made_by=made_by,
        action=action,
        subject=subject or _subject(recordings),
        details={**details, "recordings": recorded},
        recordings=recordings.values(),
    )


async def check_documents(database: Database, record: Record) -> str | None:
    """What doesn't agree between a record and the documents; None if all does."""
    recordings: Mapping[str, Any] = json.loads(record.details)["recordings"]
    async with database.reads() as session:
        found = await session.execute(
            select(Ledger.currency, Ledger.id).where(
                Ledger.organisation_id == record.organisation_id
            )
        )
        ledgers = {currency: ledger_id for currency, ledger_id in found}  # noqa: C416
        for currency, said in recordings.items():
            number = said["recording"]
            if (ledger_id := ledgers.get(currency)) is None:
                return f"is about a {currency} ledger, which is missing"
            documents = await recorded_documents(session, ledger_id, number)
            if documents != (said["documents"], said["digest"]):
                return (
                    f"does not agree with the documents of recording {number} of the"
                    f" {currency} ledger: they were changed"
                )
    return None


def _subject(recordings: Mapping[str, Recording]) -> Subject:
    if len(recordings) == 1:
        return Subject(SubjectKind.LEDGER, *recordings)
    return Subject(SubjectKind.ORGANISATION, "")


def _documents_of(ledger_id: int, recording: int) -> Select[*tuple[Any, ...]]:
    """Documents that a recording made or changed, as it left them, in order."""
    now, then = StoredDocument, DocumentVersion
    present = select(now.kind, now.external_id, now.content_hash, now.status).where(
        now.ledger_id == ledger_id
    )
    past = (
        select(now.kind, now.external_id, then.content_hash, then.status)
        .join(now, and_(now.ledger_id == then.ledger_id, now.id == then.document_id))
        .where(then.ledger_id == ledger_id, then.made_in == recording)
    )
    every = union_all(
        present.where(now.recorded_in == recording, now.revised_in.is_(None)),
        present.where(now.revised_in == recording),
        past,
    ).subquery()
    return select(every).order_by(every.c.kind, every.c.external_id)
