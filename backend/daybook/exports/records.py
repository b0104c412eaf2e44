"""Writes the records of exported files, each with its audit record."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.clock import real_now
from daybook.db.digests import written
from daybook.db.engine import Database, WriteSession
from daybook.db.keyset import next_number
from daybook.exports.file_spec import FileSpec
from daybook.exports.models import ExportJob, ExportRecord
from daybook.exports.rules import Totals
from daybook.exports.stored_spec import (
    filter_of,
    filter_text,
    groupings_text,
    head_columns,
    options_text,
    pin_of,
)
from daybook.ledger.clocks import next_time
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter


class MadeFile(NamedTuple):
    """A finished file: what it is, its name and totals.

    `filters` is the requested selection, as `selection_text` writes it.
    """

    spec: FileSpec
    name: str
    size: int
    sha256: bytes
    totals: Totals
    filters: str = ""
    manifest: str | None = None


async def record_file(
    database: Database,
    file: MadeFile,
    *,
    now: datetime,
    made_by: str,
    waits_seconds: float | None = None,
) -> int:
    """Record a file; return the record's number.

    A transaction of its own; each call makes a record. Raises ClockRefused,
    TimeoutError after waiting for other writers, and an outage if nothing can be
    written.
    """
    spec = file.spec
    pin, compression = spec.pin, spec.compression
    record = ExportRecord(
        **_pinned(pin, spec.journal_filter),
        made_by=made_by,
        selection=filter_text(spec.journal_filter),
        filters=file.filters,
        format=spec.file_format.number,
        granularity=spec.granularity.value,
        group_by=groupings_text(spec.by),
        renderer=spec.renderer,
        file_name=file.name,
        row_count=file.totals.rows,
        debit_total=file.totals.debits,
        credit_total=file.totals.credits,
        file_bytes=file.size,
        file_sha256=file.sha256,
        compression=None if compression is None else compression.name,
        options=options_text(spec.options),
        manifest=file.manifest,
    )
    async with asyncio.timeout(waits_seconds) as limit, database.writes() as session:
        organisation = await lock_organisation(session, pin.organisation_id)
        # The rest takes no time, and a commit must not be interrupted.
        limit.reschedule(None)
        return await _append(session, organisation, record, pin.currency, now)


async def record_job(
    session: WriteSession, organisation: Organisation, job: ExportJob, now: datetime
) -> None:
    """Record the file that a job made, in the transaction that finishes the job."""
    record = ExportRecord(
        **_pinned(pin_of(job), filter_of(job.selection)),
        made_by=job.requested_by,
        selection=job.selection,
        filters=job.filters,
        format=job.format,
        granularity=job.granularity,
        group_by=job.group_by,
        renderer=job.renderer,
        file_name=job.file_name,
        row_count=job.rows_done,
        debit_total=job.debit_total,
        credit_total=job.credit_total,
        file_bytes=job.file_bytes,
        file_sha256=job.file_sha256,
        job_number=job.number,
        compression=job.compression,
        options=job.options,
        manifest=job.manifest,
    )
    await _append(session, organisation, record, job.currency, now)


def _pinned(pin: Pin, journal_filter: JournalFilter) -> dict[str, Any]:
    """The columns that pin a file to its ledger and moment."""
    return {
        "organisation_id": pin.organisation_id,
        "ledger_id": pin.ledger_id,
        "recording": pin.recording,
        "renamings": pin.renamings,
        "divides_on": journal_filter.divides_on(pin),
        **head_columns(pin.audit_head),
    }


async def _append(
    session: WriteSession,
    organisation: Organisation,
    record: ExportRecord,
    currency: str,
    now: datetime,
) -> int:
    """Write the organisation's next record and its audit record.

    A file must not move the organisation's time ahead: if `now`, which a setting may
    fix, is ahead of the machine's clock, the record has the machine's time or the time
    of the last recording, whichever is later.
    """
    now = min(now, max(real_now(), organisation.recorded_at or now))
    is_ours = ExportRecord.organisation_id == organisation.id
    record.number = await next_number(session, ExportRecord.number, is_ours)
    record.made_at = await next_time(session, organisation, now)
    session.add(record)
    await session.flush()
    written(session).changed.add((0, record.number, record.__tablename__))
    await append_audit_record(
        session,
        organisation,
        now=now,
        made_by=record.made_by,
        action=Action.EXPORT,
        subject=Subject(SubjectKind.EXPORT, str(record.number)),
        details={
            "currency": currency,
            "recording": record.recording,
            "filters": record.filters,
            "granularity": record.granularity,
            "group_by": record.group_by,
            "format": record.format,
            "file": record.file_name,
            "rows": record.row_count,
            "bytes": record.file_bytes,
            "sha256": record.file_sha256.hex(),
            **({"compression": record.compression} if record.compression else {}),
            **({"options": record.options} if record.options else {}),
        },
    )
    return record.number
