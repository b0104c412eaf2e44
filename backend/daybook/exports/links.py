"""Signed links to the files of exports, which open them without a sign-in.

A link names its organisation, export and file, and until when it holds; nothing of it
is stored. It ends with the file, and when the export's links are revoked: a link holds
for its `link_epoch` only. It is a secret, as a password is: it belongs in no log.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import update

from daybook.db.engine import Store
from daybook.db.failures import OUTAGES, log_failure
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.models import ExportJob
from daybook.jobs.commands import touch
from daybook.jobs.rules import JobId, JobStatus
from daybook.secrets import Secrets, SignaturePurpose
from daybook.settings import Settings

FILES = "/files"
"""The path below which links are."""
HASH_DIGITS = 16
"""How many digits of the file's SHA-256 a link has: a job of the same number in a later
runtime store has another file."""
HOURS_MAX = 876_000
"""The longest life of a link; none outlives its file."""

REVOKED = "this link was revoked: ask for a new one"
NO_LONGER_KEPT = "the file of this link is not kept any more: make the export again"


class FileLink(NamedTuple):
    """What a link says: the file, and until when it opens it."""

    organisation_id: int
    number: int
    epoch: int
    sha256: str
    """The first digits of the file's hash."""
    until: int
    """In seconds since 1970, by the program's clock."""

    @property
    def expires_at(self) -> datetime:
        """When it ends, if nothing ends it before."""
        return datetime.fromtimestamp(self.until, UTC)

    def refusal(self, job: ExportJob | None, now: datetime) -> str | None:
        """Why a link opens nothing, in words; None if it opens the job's file."""
        if self.expires_at <= now:
            day = f"{self.expires_at:%Y-%m-%d %H:%M} UTC"
            return f"this link expired on {day}: ask for a new one"
        if job is None or not has_file(job, now) or _hash_of(job) != self.sha256:
            return NO_LONGER_KEPT
        return None if job.link_epoch == self.epoch else REVOKED


class MadeLink(NamedTuple):
    """A link's path on the server, and when it ends."""

    path: str
    expires_at: datetime


def make_link(
    settings: Settings, job: ExportJob, now: datetime, hours: int | None = None
) -> MadeLink:
    """A link to an export's file, for some hours; without them as long as the file.

    Raises Rejected if the export has no file, and for hours that are none.
    """
    if hours is not None and not 1 <= hours <= HOURS_MAX:
        message = f"must be from 1 to {HOURS_MAX:,}"
        problem = Problem(ProblemCode.INVALID_VALUE, message, ("expiresInHours",))
        raise Rejected([problem])
    if not has_file(job, now):
        state = JobStatus.EXPIRED
        if job.status != JobStatus.READY:
            state = JobStatus(job.status)
        message = f"export {job.number} has no file to link to: it is {state.name}"
        raise Rejected([Problem(ProblemCode.WRONG_STATUS, message, ("id",))])
    assert job.expires_at is not None, "a file that is ready expires"
    life = job.expires_at - now
    if hours is not None:
        life = min(life, timedelta(hours=hours))
    link = FileLink(
        *job.job_id, job.link_epoch, _hash_of(job), int((now + life).timestamp())
    )
    text = json.dumps(link, separators=(",", ":"))
    token = Secrets.of(settings).sign(SignaturePurpose.LINK, text)
    return MadeLink(f"{FILES}/{token}", link.expires_at)


def read_link(secrets: Secrets, token: str) -> FileLink | None:
    """The link that was signed; None for anything else."""
    text = secrets.verify(SignaturePurpose.LINK, token)
    return None if text is None else FileLink(*json.loads(text))


def has_file(job: ExportJob, now: datetime) -> bool:
    """Whether a file is there and within its retention."""
    is_ready = job.status == JobStatus.READY
    return is_ready and job.expires_at is not None and job.expires_at > now


async def revoke_links(store: Store, job_id: JobId) -> ExportJob | None:
    """End all links to an export's file; return the export, None if there is none."""
    async with store.writes() as session:
        job = await session.get(ExportJob, tuple(job_id), with_for_update=True)
        if job is not None:
            job.link_epoch += 1
            touch(job)
    return job


async def note_download(store: Store, job_id: JobId, now: datetime) -> None:
    """Note that a file was sent to its end, the first time.

    An outage is logged: the file has been sent.
    """
    try:
        async with store.writes() as session:
            await session.execute(
                update(ExportJob)
                .where(
                    ExportJob.organisation_id == job_id.organisation_id,
                    ExportJob.number == job_id.number,
                    ExportJob.first_downloaded_at.is_(None),
                )
                .values(first_downloaded_at=now)
            )
    except OUTAGES as failed:
        log_failure(failed, "a download could not be noted")


def _hash_of(job: ExportJob) -> str:
    assert job.file_sha256 is not None, "a file that is ready has its hash"
    return job.file_sha256.hex()[:HASH_DIGITS]
