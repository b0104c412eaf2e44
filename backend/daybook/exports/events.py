"""The events of exports: ready, failed, and about to expire."""

from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, exists, select

from daybook.db.engine import Store, WriteSession
from daybook.db.keyset import has_rows
from daybook.events.commands import write_event
from daybook.events.models import OutgoingEvent
from daybook.events.rules import EventKind, NewEvent
from daybook.exports.models import ExportJob
from daybook.jobs.models import Job
from daybook.jobs.rules import JobStatus

EXPIRES_SOON = timedelta(days=1)
"""How long before its file expires an export's requester is reminded."""

_KINDS = {
    JobStatus.READY: EventKind.EXPORT_READY,
    JobStatus.FAILED: EventKind.EXPORT_FAILED,
}


async def announce_end(session: WriteSession, job: Job, status: JobStatus) -> None:
    """Write the event of a job that is ready or failed, in the job's transaction."""
    kind = _KINDS.get(status)
    if kind is not None:
        assert job.finished_at is not None, "an ended job has its time"
        await write_event(session, _event(job, kind, job.finished_at))


async def announce_expiring(store: Store, *, now: datetime) -> None:
    """Write an event for each file that expires within a day unfetched, once.

    Files that are kept for a day only have none: it would follow their first event.
    """
    was_announced = exists().where(
        OutgoingEvent.organisation_id == ExportJob.organisation_id,
        OutgoingEvent.kind == int(EventKind.EXPORT_EXPIRING),
        OutgoingEvent.subject == cast(ExportJob.number, String),
    )
    is_due = and_(
        ExportJob.status == int(JobStatus.READY),
        ExportJob.expires_at > now,
        ExportJob.expires_at <= now + EXPIRES_SOON,
        ExportJob.finished_at <= now - EXPIRES_SOON,
        ExportJob.first_downloaded_at.is_(None),
        ~was_announced,
    )
    async with store.reads() as session:
        if not await has_rows(session, is_due):
            return
    async with store.writes() as session:
        order = (ExportJob.organisation_id, ExportJob.number)
        jobs = select(ExportJob).where(is_due).order_by(*order)
        for job in (await session.scalars(jobs.with_for_update())).all():
            event = _event(job, EventKind.EXPORT_EXPIRING, now)
            await write_event(session, event)


def _event(job: Job, kind: EventKind, made_at: datetime) -> NewEvent:
    subject = str(job.number)
    return NewEvent(job.organisation_id, kind, subject, made_at, job.requested_by)
