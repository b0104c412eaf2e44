"""Recording documents: all of an import in one transaction, or nothing of it."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from daybook.calendar import Day
from daybook.clock import day_at
from daybook.db.bulk import insert_rows, refresh_statistics
from daybook.db.engine import Database, WriteSession
from daybook.documents.batches import Batch, Prepared, prepare
from daybook.documents.credits import (
    CreditableInvoice,
    check_credit_note,
    load_creditable,
)
from daybook.documents.models import DocumentLine, StoredDocument
from daybook.documents.parties import record_parties
from daybook.documents.queries import KnownDocument, find_documents
from daybook.documents.rules import Document
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.commands import (
    lock_organisation,
    open_ledger,
    start_recording,
)
from daybook.ledger.models import Journal, JournalMovement, Organisation
from daybook.ledger.rules import SourceKind
from daybook.recognition.commands import (
    run,
)
from daybook.recognition.models import Schedule

DOCUMENT_COLUMNS = [column.name for column in StoredDocument.__table__.columns]
LINE_COLUMNS = [column.name for column in DocumentLine.__table__.columns]

WRITTEN = (StoredDocument, DocumentLine, Schedule, Journal, JournalMovement)
"""The tables that grow with an import."""

LARGE_WRITE = 5_000
"""After so many new movements the database's planner is told."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `recorded` counts new documents by kind."""

    recorded: Mapping[SourceKind, int]
    unchanged: int
    journals: int = 0
    movements: int = 0


class _DryRun(Exception):
    """Leaves the transaction of a dry run without committing it."""


async def import_documents(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    documents: Iterable[Document],
    *,
    now: datetime,
    today: Day,
    reason: str,
    is_dry_run: bool = False,
) -> ImportResult:
    """Record documents that are new, each given once, in one transaction of its own.

    Sent again unchanged, a document does nothing. Raises Rejected with every problem,
    and then nothing is taken. A dry run checks and counts all, and takes nothing.
    """
    result: ImportResult | None = None
    with _collector_paused(), suppress(_DryRun):
        prepared = [prepare(document) for document in documents]
        async with database.writes() as session:
            organisation = await lock_organisation(session, organisation_id)
            result = await _record(
                session, organisation, prepared, now=now, today=today, reason=reason
            )
            if is_dry_run:
                raise _DryRun
    assert result is not None, "the transaction ended without an exception"
    return result


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leave the garbage collector out of it.

    An import makes millions of small values and no cycles: the collector would walk
    them again and again, a third of the time, and find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _record(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    prepared: Sequence[Prepared],
    *,
    now: datetime,
    today: Day,
    reason: str,
) -> ImportResult:
    keys = {one.document.key for one in prepared}
    assert len(keys) == len(prepared), "who reads documents takes each of them once"
    known = await find_documents(session, organisation.id, keys)
    new = [one for one in prepared if one.document.key not in known]
    problems = _changes(prepared, known)
    parties = await record_parties(session, organisation, [one.document for one in new])
    recorded = {
        kind: sum(one.document.kind is kind for one in new)
        for kind in (SourceKind.INVOICE, SourceKind.CREDIT_NOTE)
    }
    journals = movements = 0
    for currency in sorted({one.document.currency for one in new}):
        ledger = await open_ledger(session, organisation, currency)
        recording = await start_recording(session, ledger, now, reason)
        batch = Batch(
            organisation,
            ledger,
            parties,
            [one for one in new if one.document.currency == currency],
        )
        problems += await _add_credits(session, batch, new)
        if problems:
            continue
        await insert_rows(
            session,
            StoredDocument,
            DOCUMENT_COLUMNS,
            batch.document_rows(recording.number),
        )
        await insert_rows(session, DocumentLine, LINE_COLUMNS, batch.line_rows())
        posted = await run(
            session,
            ledger,
            recording,
            # A clock that runs backwards doesn't take back what was posted.
            recorded_on=max(
                today, day_at(recording.recorded_at, organisation.time_zone)
            ),
            schedules=batch.schedules,
            credits_taken=batch.credits,
            existing=batch.existing,
        )
        journals += posted.journals
        movements += posted.movements
    if movements > LARGE_WRITE:
        await refresh_statistics(session, WRITTEN)
    if problems:
        raise Rejected(sorted(problems, key=lambda one: (one.line or 0, one.path)))
    return ImportResult(recorded, len(prepared) - len(new), journals, movements)


def _changes(
    prepared: Iterable[Prepared],
    known: Mapping[tuple[SourceKind, str], KnownDocument],
) -> list[Problem]:
    """Documents that were recorded before with other content."""
    return [
        Problem(
            ProblemCode.CHANGED,
            f"{_kind_words(one.document.kind)} {one.document.id!r} is recorded already,"
            " with other content: revisions are not taken by this version",
            ("id",),
            one.document.line,
        )
        for one in prepared
        if (before := known.get(one.document.key)) is not None
        and before.content_hash != one.content_hash
    ]


def _kind_words(kind: SourceKind) -> str:
    return kind.name.lower().replace("_", " ")


async def _add_credits(
    session: WriteSession, batch: Batch, new: Iterable[Prepared]
) -> list[Problem]:
    """Check the batch's credit notes on invoices, and take those that may pass.

    `new` are the whole import's documents, whatever their currency.
    """
    notes = batch.credit_notes
    if not notes:
        return []
    # Whether an invoice in another currency is recorded by now depends on the order of
    # the currencies, and the problem that is named must not.
    invoices = {
        one.document.id: CreditableInvoice(0, one.document.currency, "")
        for one in new
        if one.document.kind is SourceKind.INVOICE
    }
    batch.invoices, batch.existing = await load_creditable(
        session,
        batch.organisation.id,
        batch.ledger,
        [note for _, note in notes],
        invoices | batch.creditable(),
    )
    left: dict[int, int] = {}
    problems = []
    for number, note in notes:
        found = check_credit_note(note, batch.invoices, left)
        problems += found
        if not found:
            batch.add_credits(number, note)
    return problems
