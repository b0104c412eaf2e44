"""Writes the row of a segment that a refresh made, with its audit record."""

import json
from datetime import datetime

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.clock import real_now
from daybook.db.digests import written
from daybook.db.engine import WriteSession
from daybook.gl.building.pins import PinnedSettings, pins_of
from daybook.gl.models import GlRefresh, GlSegment
from daybook.ledger.clocks import next_time
from daybook.ledger.models import Organisation


async def record_segment(
    session: WriteSession, organisation: Organisation, job: GlRefresh, now: datetime
) -> None:
    """Record the segment that a job made, in the transaction that finishes the job.

    Like an exported file, it doesn't move the organisation's time ahead of the clock.
    """
    if await session.get(GlSegment, tuple(job.job_id)) is not None:
        return  # the runtime store is an older copy, and what it made again is the same
    assert job.made is not None, "its process reported it"
    made = json.loads(job.made)
    now = min(now, max(real_now(), organisation.recorded_at or now))
    segment = GlSegment(
        organisation_id=organisation.id,
        number=job.number,
        **pins_of(job)._asdict(),
        data_time=datetime.fromisoformat(made["data_time"]),
        lines=job.rows_done,
        lines_by_type=json.dumps(made["lines_by_type"]),
        content_sha256=bytes.fromhex(made["content_sha256"]),
        file_bytes=job.file_bytes,
        file_sha256=job.file_sha256,
        positions_bytes=made["positions_bytes"],
        positions_sha256=bytes.fromhex(made["positions_sha256"]),
        renderer=made["renderer"],
        notices=made["notices"],
        again_of=job.again_of,
        record=organisation.audit_records + 1,
        made_at=await next_time(session, organisation, now),
        made_by=job.requested_by,
    )
    session.add(segment)
    await session.flush()
    # Rows are keyed by their records, since a number may come after a later one.
    written(session).changed.add((0, segment.record, segment.__tablename__))
    await append_audit_record(
        session,
        organisation,
        now=now,
        made_by=segment.made_by,
        action=Action.REFRESH_GL,
        subject=Subject(SubjectKind.GL_SEGMENT, str(segment.number)),
        details={
            "connection": PinnedSettings.read(segment.settings).name,
            "importsThrough": segment.imports_through,
            "ratesRefresh": segment.rates_refresh,
            "manualThrough": segment.manual_through,
            "currency": segment.reporting_currency,
            "lines": segment.lines,
            "contentSha256": segment.content_sha256.hex(),
            "sha256": segment.file_sha256.hex(),
            "againOf": segment.again_of,
        },
    )
