"""Audit records of imports, and the check of the oldest of them.

Records from before there were digests of rows hold a digest of documents alone, which
the check computes again from the tables.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.activity.commands import failures_logged, write_activity
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind, Run, RunCounts, Started, storable
from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Details, Record, Subject, SubjectKind
from daybook.db.engine import Database, WriteSession
from daybook.db.keyset import count_rows
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.models import Organisation
from daybook.ledger.queries import find_ledgers

ROWS_AT_ONCE = 2_000
"""How many documents are held in memory at a time."""

DocumentRow: TypeAlias = tuple[int, str, bytes, int]
"""A document's kind, the sender's own id, the hash of its content, and its status."""

AUDITED = (
    Action.IMPORT,
    Action.VOID_DOCUMENT,
    Action.COMPLETE_MILESTONE,
    Action.PUT_FAMILIES_RIGHT,
)
"""Actions whose records may hold digests of documents."""


class DocumentsDigest:
    """A digest of documents, added in the order of kind and own id."""

    def __init__(self) -> None:
        self.documents = 0
        self._hash = sha256()

    def add(self, rows: Sequence[DocumentRow]) -> None:
        """Add the next documents."""
        # The own id comes last, with its length, so different lists differ as text.
        text = "".join(
            f"{kind} {status} {content_hash.hex()} {len(external_id)} {external_id}\n"
            for kind, external_id, content_hash, status in rows
        )
        self._hash.update(text.encode())
        self.documents += len(rows)

    def text(self) -> str:
        """The digest of all added documents."""
        return self._hash.hexdigest()


class RecordedDocuments(NamedTuple):
    """How many documents a run made or changed in a ledger, and their digest."""

    documents: int
    digest: str


async def recorded_documents(session: AsyncSession, run: Run) -> RecordedDocuments:
    """The documents as the run left them, in constant memory."""
    digest = DocumentsDigest()
    rows = await session.stream(
        _documents_of(run),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    async for partition in rows.partitions():
        digest.add(partition)
    return RecordedDocuments(digest.documents, digest.text())


async def count_recorded_documents(session: AsyncSession, run: Run) -> int:
    """How many documents the last run made or changed."""
    now, (ledger_id, first, last) = StoredDocument, run
    is_in_run = or_(
        now.recorded_in.between(first, last), now.revised_in.between(first, last)
    )
    return await count_rows(session, now, now.ledger_id == ledger_id, is_in_run)


async def audit_documents(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    recordings: Mapping[str, tuple[int, int]],
    *,
    now: datetime,
    made_by: str | None,
    details: Details,
    action: Action = Action.IMPORT,
    subject: Subject | None = None,
) -> dict[str, tuple[Run, int]]:
    """Append the audit record of documents that were just recorded.

    `recordings` are the first and the last recording of each ledger, by currency;
    `details` are more of the record's details, such as counts by kind. By default its
    subject is the ledger, or the organisation if there are several ledgers. The caller
    has locked the organisation and owns the transaction. Returns, by currency, each
    ledger's run and how many documents it made or changed.
    """
    ledgers = await _ledgers(session, organisation.id)
    recorded: dict[str, tuple[Run, int]] = {}
    for currency, (first, last) in sorted(recordings.items()):
        run = Run(ledgers[currency], first, last)
        recorded[currency] = (run, await count_recorded_documents(session, run))
    runs = {
        currency: {"first": run[1], "last": run[2], "documents": documents}
        for currency, (run, documents) in recorded.items()
    }
    await append_audit_record(
        session,
        organisation,
        now=now,
        made_by=made_by,
        action=action,
        subject=subject or _subject(recordings),
        details={**details, "recordings": runs},
        recordings=(
            (run.ledger_id, number)
            for run, _ in recorded.values()
            for number in range(run.first_recording, run.last_recording + 1)
        ),
    )
    return recorded


async def audit_import(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    recordings: Mapping[str, tuple[int, int]],
    added: Mapping[str, RunCounts],
    *,
    started: Started,
    made_by: str | None,
    message: str,
    details: Details,
    in_ledgers: Mapping[str, str] = MappingProxyType({}),
    action: Action = Action.IMPORT,
    kind: ActivityKind = ActivityKind.IMPORT,
    subject: Subject | None = None,
    file: str | None = None,
) -> None:
    """Append an import's audit record, and an activity line for each ledger.

    `added` counts journals and movements by currency; documents are counted here.
    `in_ledgers` are messages by currency, in place of `message`; `file` is the name of
    the file that was imported. An import that recorded nothing appends nothing. The
    rest is as `audit_documents`.
    """
    if not recordings:
        return
    recorded = await audit_documents(
        session,
        organisation,
        recordings,
        now=started.at,
        made_by=made_by,
        details=details,
        action=action,
        subject=subject,
    )
    for currency, (run, documents) in recorded.items():
        counts = added.get(currency, RunCounts())
        await write_activity(
            session,
            organisation,
            kind=kind,
            started=started.recorded(organisation.recorded_at),
            message=in_ledgers.get(currency, message),
            made_by=made_by,
            run=run,
            counts=counts._replace(documents=documents),
            file=file,
        )


def import_failures_logged(  # noqa: PLR0913  (what the activity log has)
    database: Database,
    organisation_id: int,
    started: Started,
    *,
    reason: str,
    file: str | None,
    made_by: str | None,
    is_dry_run: bool,
) -> AbstractAsyncContextManager[None]:
    """Log an import that is refused inside as failed; a dry run leaves nothing behind.

    Wrap what reads a file in it, too. The rest is as `import_documents`.
    """
    if is_dry_run:
        return nullcontext()
    return failures_logged(
        database,
        organisation_id,
        kind=ActivityKind.IMPORT,
        started=started,
        made_by=made_by,
        what=reason,
        file=file,
    )


async def note_taken(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    started: Started,
    *,
    reason: str,
    made_by: str | None,
    file: str | None,
) -> None:
    """Append an activity line for an import that recorded nothing, if it makes good.

    It does where the last import of the same file, or for the same reason without one,
    failed: all that it has was recorded before. Else it appends nothing.
    """
    begins = func.substr(Activity.message, 1, len(reason) + 1)
    # Alone, or with what it did or what was wrong.
    is_same: ColumnElement[bool] = begins.in_([reason, f"{reason};", f"{reason}:"])
    if file is not None:
        is_same = Activity.file == storable(file)
    has_failed = await session.scalar(
        select(Activity.is_failed)
        .where(
            Activity.organisation_id == organisation.id,
            Activity.kind == int(ActivityKind.IMPORT),
            is_same,
        )
        .order_by(Activity.id.desc())
        .limit(1)
    )
    if has_failed:
        await write_activity(
            session,
            organisation,
            kind=ActivityKind.IMPORT,
            started=started,
            message=reason,
            made_by=made_by,
            file=file,
        )


async def check_documents(session: AsyncSession, record: Record) -> str | None:
    """How a record disagrees with the documents; None if it agrees."""
    if record.digest is not None or record.action not in AUDITED:
        return None
    recordings: Mapping[str, Any] = json.loads(record.details)["recordings"]
    ledgers = await _ledgers(session, record.organisation_id)
    for currency, audited in recordings.items():
        if currency not in ledgers:
            return f"is about a {currency} ledger, which is missing"
        run = Run(ledgers[currency], audited["first"], audited["last"])
        if "digest" not in audited:
            continue
        documents = await recorded_documents(session, run)
        if documents != (audited["documents"], audited["digest"]):
            return (
                f"does not agree with the documents of the {currency} ledger that"
                f" were recorded in {_words(run)}: they were changed"
            )
    return None


async def _ledgers(session: AsyncSession, organisation_id: int) -> dict[str, int]:
    """The numbers of an organisation's ledgers, by currency."""
    return {
        ledger.currency: ledger.id
        for ledger in await find_ledgers(session, organisation_id)
    }


def _words(run: Run) -> str:
    _, first, last = run
    return f"recording {first}" if first == last else f"recordings {first} to {last}"


def _subject(recordings: Iterable[str]) -> Subject:
    currencies = list(recordings)
    if len(currencies) == 1:
        return Subject(SubjectKind.LEDGER, currencies[0])
    return Subject(SubjectKind.ORGANISATION, "")


def _documents_of(run: Run) -> Select[*tuple[Any, ...]]:
    """The documents that a run made or changed, as it left them, in order."""
    now, then = StoredDocument, DocumentVersion
    ledger_id, first, last = run
    present = select(now.kind, now.external_id, now.content_hash, now.status).where(
        now.ledger_id == ledger_id
    )
    past = (
        select(now.kind, now.external_id, then.content_hash, then.status)
        .join(now, and_(now.ledger_id == then.ledger_id, now.id == then.document_id))
        .where(
            then.ledger_id == ledger_id,
            then.made_in.between(first, last),
            then.until > last,
        )
    )
    every = union_all(
        present.where(now.recorded_in.between(first, last), now.revised_in.is_(None)),
        present.where(now.revised_in.between(first, last)),
        past,
    ).subquery()
    return select(every).order_by(every.c.kind, every.c.external_id)
