"""Writing a batch of documents: their rows, versions, schedules and movements."""

from dataclasses import dataclass

from sqlalchemy import update

from daybook.clock import day_at
from daybook.db.digests import ENDED_DOCUMENTS, written
from daybook.db.engine import WriteSession
from daybook.db.fast.bulk import Rows, insert_rows, table_rows
from daybook.documents.batches import Batch
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.ledger.commands import write_journals
from daybook.ledger.models import Recording
from daybook.ledger.posting import Posted, PostingStart
from daybook.recognition.planning import PlannedRun, plan_run


@dataclass(slots=True)
class PlannedBatch:
    """The rows of a batch of documents, to be written."""

    batch: Batch
    documents: Rows
    lines: Rows
    run: PlannedRun

    @property
    def posted(self) -> Posted:
        """How many journals and movements it adds."""
        return self.run.journals.posted


def plan_batch(batch: Batch, recording: Recording) -> PlannedBatch:
    """Plan the rows of one recording of a batch's documents. Pure.

    The day of recording is that of the organisation's time zone.
    """
    number = recording.number
    start = PostingStart(batch.ledger.id, number, batch.ledger.journals)
    recorded_on = day_at(recording.recorded_at, batch.organisation.time_zone)
    return PlannedBatch(
        batch,
        table_rows(StoredDocument, batch.document_rows(number)),
        table_rows(DocumentLine, batch.line_rows(number)),
        plan_run(start, batch.changes, recorded_on=recorded_on),
    )


async def write_documents(session: WriteSession, planned: PlannedBatch) -> None:
    """Write a batch's documents and schedules, and the ledger's counters.

    The next batch can be planned after this; only this one's journals remain to be
    written.
    """
    batch, journals = planned.batch, planned.run.journals
    batch.keep_counters()
    batch.ledger.journals = journals.last_journal
    ledger_id, recording, _ = journals.start
    tables = planned.lines, *planned.run.schedules
    digests = written(session)
    async with digests.noting(ledger_id, recording, planned.documents, *tables):
        await insert_rows(session, planned.documents)
        await _keep_versions(session, batch, recording)
        await insert_rows(session, *tables)


async def write_batch(session: WriteSession, planned: PlannedBatch) -> None:
    """Write all of a batch."""
    await write_documents(session, planned)
    await write_journals(session, planned.run.journals)


async def _keep_versions(session: WriteSession, batch: Batch, recording: int) -> None:
    """Update revised documents: keep their former versions, end their former lines."""
    revised = [recorded for recorded in batch.documents if recorded.before is not None]
    if not revised:
        return
    rows, ended = [], []
    for recorded in revised:
        before = recorded.before
        assert before is not None, "a revision has something before it"
        made_in = before.revised_in or before.recorded_in
        ended.append((before.id, made_in))
        rows.append(
            (
                *(before.ledger_id, before.id, recording, made_in),
                *(before.number, before.issued_on, before.accounting_date),
                *(before.content_hash, int(before.status), before.discount),
                before.parent_id,
            )
        )
    await insert_rows(session, table_rows(DocumentVersion, rows))
    digests = written(session)
    digests.changed.add((batch.ledger.id, recording, StoredDocument.__tablename__))
    digests.note_ended(batch.ledger.id, recording, ENDED_DOCUMENTS, ended)
    for recorded in revised:
        document, number = recorded.document, recorded.number
        values: dict[str, object] = {
            "status": int(document.status),
            "revised_in": recording,
        }
        if not recorded.is_voided:
            await session.execute(
                update(DocumentLine)
                .where(
                    DocumentLine.ledger_id == batch.ledger.id,
                    DocumentLine.document_id == number,
                    DocumentLine.superseded_in.is_(None),
                )
                .values(superseded_in=recording)
            )
            values |= {
                "number": document.number,
                "issued_on": document.issued_on,
                "accounting_date": document.accounting_date,
                "parent_id": recorded.parent_id,
                "discount": document.discount,
            }
        await session.execute(
            update(StoredDocument)
            .where(
                StoredDocument.ledger_id == batch.ledger.id, StoredDocument.id == number
            )
            .values(content_hash=recorded.prepared.content_hash, **values)
        )
