"""Messages about exports, to the person who requested them, if they may still read."""

from datetime import datetime

from daybook.calendar import range_words
from daybook.clock import moment_words
from daybook.db.engine import Database
from daybook.exports.links import has_file, make_link
from daybook.exports.models import ExportJob
from daybook.exports.stored_spec import filter_of
from daybook.jobs.queries import get_job
from daybook.jobs.rules import JobStatus
from daybook.mail.models import MailMessage
from daybook.mail.rendering import render
from daybook.mail.rules import Content, MessageKind, NothingToSend, Recipient
from daybook.mail.site import site_of
from daybook.settings import Settings

SUBJECTS = {
    MessageKind.EXPORT_READY: "{name}: export {number} is ready",
    MessageKind.EXPORT_FAILED: "{name}: export {number} failed",
    MessageKind.EXPORT_EXPIRING: "{name}: the file of export {number} expires soon",
}


async def export_content(
    database: Database,
    settings: Settings,
    message: MailMessage,
    recipient: Recipient,
    now: datetime,
) -> Content:
    """What a message about an export says; raises NothingToSend if it is outdated."""
    number = int(message.subject)
    async with database.runtime.reads() as session:
        job = await get_job(session, ExportJob, message.organisation_id, number)
    kind = MessageKind(message.kind)
    if job is None or not _is_still(kind, job, now):
        raise NothingToSend("its export has no file any more")
    name, site = recipient.organisation, site_of(settings)
    subject = SUBJECTS[kind].format(name=name, number=number)
    return render(
        kind,
        subject,
        {
            "organisation": name,
            "number": number,
            "ledger": job.currency,
            "period": _period(job),
            "rows": job.rows_done,
            "file_name": job.file_name,
            "size": job.file_bytes,
            "sha256": job.file_sha256.hex() if job.file_sha256 else None,
            "expires": None
            if job.expires_at is None
            else moment_words(job.expires_at, recipient.time_zone),
            "failure": job.failure_message,
            "link": link_of(settings, site, job, now),
            "site": site,
        },
    )


def link_of(
    settings: Settings, site: str | None, job: ExportJob, now: datetime
) -> str | None:
    """The signed link to an export's file; None without a file or a site."""
    if site is None or not has_file(job, now):
        return None
    return f"{site}{make_link(settings, job, now).path}"


def _is_still(kind: MessageKind, job: ExportJob, now: datetime) -> bool:
    """Whether a message about a job is still true."""
    if kind is MessageKind.EXPORT_FAILED:
        return job.status == JobStatus.FAILED
    return has_file(job, now)


def _period(job: ExportJob) -> str:
    """The selected posting dates, for people."""
    selected = filter_of(job.selection)
    first, last = selected.posted_from, selected.posted_to
    if first is not None and last is not None:
        return range_words(first, last)
    if first is not None:
        return f"from {range_words(first, first)}"
    return "everything" if last is None else f"until {range_words(last, last)}"
