"""Writing what a batch of documents comes to: rows, versions, and their movements."""

from sqlalchemy import update

from daybook.calendar import Day
from daybook.clock import day_at
from daybook.db.bulk import insert_rows
from daybook.db.engine import WriteSession
from daybook.documents.batches import Batch
from daybook.documents.models import DocumentLine, DocumentVersion, StoredDocument
from daybook.ledger.commands import Posted
from daybook.ledger.models import Recording
from daybook.recognition.commands import run

DOCUMENT_COLUMNS = [column.name for column in StoredDocument.__table__.columns]
LINE_COLUMNS = [column.name for column in DocumentLine.__table__.columns]
VERSION_COLUMNS = [column.name for column in DocumentVersion.__table__.columns]


async def write_batch(
    session: WriteSession, batch: Batch, recording: Recording, today: Day
) -> Posted:
    """Write a batch's documents and post its movements, all in one recording."""
    number = recording.number
    batch.keep_counters()
    await insert_rows(
        session, StoredDocument, DOCUMENT_COLUMNS, batch.document_rows(number)
    )
    await _keep_versions(session, batch, number)
    await insert_rows(session, DocumentLine, LINE_COLUMNS, batch.line_rows(number))
    # A clock that runs backwards doesn't take back what was posted.
    recorded_on = max(
        today, day_at(recording.recorded_at, batch.organisation.time_zone)
    )
    return await run(
        session, batch.ledger, recording, batch.changes, recorded_on=recorded_on
    )


async def _keep_versions(session: WriteSession, batch: Batch, recording: int) -> None:
    """Keep what documents were, end the lines they had, and make them what they are."""
    revised = [one for one in batch.documents if one.before is not None]
    rows = []
    for one in revised:
        before = one.before
        assert before is not None, "a revision has something before it"
        rows.append(
            (
                *(before.ledger_id, before.id, recording),
                before.revised_in or before.recorded_in,
                *(before.number, before.issued_on, before.accounting_date),
                *(before.content_hash, int(before.status), before.discount),
            )
        )
    await insert_rows(session, DocumentVersion, VERSION_COLUMNS, rows)
    for one in revised:
        document, its_id = one.document, one.number
        values: dict[str, object] = {
            "status": int(document.status),
            "revised_in": recording,
        }
        if not one.is_voided:
            await session.execute(
                update(DocumentLine)
                .where(
                    DocumentLine.ledger_id == batch.ledger.id,
                    DocumentLine.document_id == its_id,
                    DocumentLine.superseded_in.is_(None),
                )
                .values(superseded_in=recording)
            )
            values |= {
                "number": document.number,
                "issued_on": document.issued_on,
                "accounting_date": document.accounting_date,
                "parent_id": one.parent_id,
                "discount": document.discount,
            }
        await session.execute(
            update(StoredDocument)
            .where(
                StoredDocument.ledger_id == batch.ledger.id, StoredDocument.id == its_id
            )
            .values(content_hash=one.prepared.content_hash, **values)
        )
