"""What became of an installation's jobs: files, mail, webhooks, and what is left."""

import asyncio
import gzip
import re
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import func, select
from standardwebhooks import Webhook

from daybook.db.base import RuntimeBase
from daybook.db.failures import OUTAGES
from daybook.events.models import OutgoingEvent
from daybook.exports.models import ExportJob
from daybook.jobs.rules import UNFINISHED, JobStatus
from daybook.mail.models import MailMessage
from daybook.mail.rules import MessageState
from daybook.webhooks.models import WebhookDelivery
from daybook.webhooks.rules import DeliveryState
from daybook_installation import PATIENCE, Installation
from daybook_jobs import until

WAY_OUT = re.compile(r"request (it|the export) again$|try again|see whether")
"""What the reason of a failed job says."""


class Outcome(NamedTuple):
    """Counts of what came out."""

    ready: int
    failed: int
    lost: int
    """Attempts that ended without a result."""
    mails: int
    mail_copies: int
    """Messages that came again, by their Message-ID."""
    hooks: int
    hook_copies: int
    """Webhooks that came again, by their webhook-id."""

    def __str__(self) -> str:
        return (
            f"{self.ready} READY, {self.failed} FAILED, {self.lost} attempts lost;"
            f" {self.mails} mails and {self.mail_copies} copies,"
            f" {self.hooks} webhooks and {self.hook_copies} copies"
        )


async def outcome_of(installation: Installation) -> Outcome:
    """Wait until everything has come to its end, stop the programs, and check it all.

    Each job is READY with its whole file, or FAILED with a reason; each end came by
    mail and by webhook at least once; nothing else is there.
    """
    await until(lambda: _is_settled(installation), PATIENCE)
    jobs = await installation.jobs()
    await until(lambda: _is_tidy(installation, jobs), PATIENCE)
    for program in installation.programs:
        if program.process.returncode is None:
            status = await program.stop()
            assert status in {0, -signal.SIGTERM}, program.log.read_text()
    assert len(jobs) == installation.requested
    for job in jobs:
        await asyncio.to_thread(_check, installation, job)
    mails = Counter(
        str(mail.message["Message-ID"]) for mail in installation.services.mail.mails
    )
    hooks = _verified_hooks(installation)
    events = await _events(installation)
    told = {f"msg_{event.id}" for event in events}
    assert set(hooks) == told, (hooks, told)
    wanted = {f"<{event.id}.1@daybook.example>" for event in events}
    assert set(mails) == wanted, (mails, wanted)
    assert sorted(int(event.subject) for event in events) == [
        job.number for job in jobs
    ]
    await _assert_nothing_left(installation)
    counts = Counter(JobStatus(job.status) for job in jobs)
    assert set(counts) <= {JobStatus.READY, JobStatus.FAILED}
    return Outcome(
        counts[JobStatus.READY],
        counts[JobStatus.FAILED],
        sum(_lost(job) for job in jobs),
        len(mails),
        mails.total() - len(mails),
        len(hooks),
        hooks.total() - len(hooks),
    )


def _lost(job: ExportJob) -> int:
    """How many attempts of a job ended without a result."""
    return (job.lost_attempts or "").count(" UTC")


async def _is_settled(installation: Installation) -> bool:
    """Whether jobs have ended and are logged, and all messages were sent."""
    with suppress(*OUTAGES):
        async with installation.database.runtime.reads() as session:
            ends = await session.scalar(select(func.count()).select_from(OutgoingEvent))
            sent = await session.scalar(select(func.count()).select_from(MailMessage))
            hooks = await session.scalar(
                select(func.count(func.distinct(WebhookDelivery.message_id)))
            )
            # Afterwards: each of those that were counted waits, or has been sent.
            waiting = [
                await session.scalar(select(func.count()).where(condition))
                for condition in (
                    ExportJob.status.in_(UNFINISHED),
                    ~ExportJob.is_logged,
                    MailMessage.state == int(MessageState.QUEUED),
                    WebhookDelivery.state == int(DeliveryState.PENDING),
                )
            ]
        return not any(waiting) and ends == sent == hooks == installation.requested
    return False


async def _is_tidy(installation: Installation, jobs: Iterable[ExportJob]) -> bool:
    """Whether the storage has the files of jobs that are ready, and nothing else."""
    wanted = {
        (("1", str(job.number), job.file_name), None)
        for job in jobs
        if job.status == JobStatus.READY
    }
    storage = installation.place.storage
    found = await asyncio.to_thread(lambda: list(storage.stored()))
    files = {(file.key, file.writer) for file in found if len(file.key) == 3}
    assert wanted <= files, "no file is missing"
    return wanted == files


def _check(installation: Installation, job: ExportJob) -> None:
    """A file is whole, and the reason of a failure names the way out."""
    if job.status == JobStatus.FAILED:
        assert job.failure_code is not None
        assert WAY_OUT.search(job.failure_message or ""), job.failure_message
        return
    key = ("1", str(job.number), job.file_name)
    with installation.place.storage.open(key) as stream:
        content = stream.read()
    assert sha256(content).digest() == job.file_sha256
    assert len(content) == job.file_bytes
    if ".csv" in job.file_name:
        assert plain(content) == installation.books.contents[str(job.granularity)]


def plain(content: bytes) -> bytes:
    """A file's text, which may be compressed."""
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _verified_hooks(installation: Installation) -> Counter[str]:
    """What the receiver got, each verified, by `webhook-id`."""
    assert installation.secret is not None
    verifier = Webhook(installation.secret)
    hooks = Counter[str]()
    for received in installation.services.receiver.taken:
        headers = received.headers
        number = headers["webhook-id"]
        # Not `verify`, for which a message is too old by the end of a long scenario.
        moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = verifier.sign(number, moment, received.body.decode())
        assert headers["webhook-signature"] == signature
        hooks[number] += 1
    return hooks


async def _events(installation: Installation) -> list[OutgoingEvent]:
    async with installation.database.runtime.reads() as session:
        return list(await session.scalars(select(OutgoingEvent)))


async def _assert_nothing_left(installation: Installation) -> None:
    """No lease, no process, no temporary file, no traceback."""
    async with installation.database.runtime.reads() as session:
        for lease in (ExportJob.worker, WebhookDelivery.worker):
            held = await session.scalar(select(func.count()).where(lease.is_not(None)))
            assert held == 0, lease
        if "job_parts" in RuntimeBase.metadata.tables:
            parts = RuntimeBase.metadata.tables["job_parts"]
            assert await session.scalar(select(func.count()).select_from(parts)) == 0

    async def are_gone() -> bool:
        return not await asyncio.to_thread(installation.processes)

    await until(are_gone, PATIENCE)
    assert not list(installation.temporary.iterdir()), "temporary files"
    scratch = installation.data / "scratch"
    assert not [path for path in scratch.rglob("*") if path.is_file()], "scratch files"
    for log in installation.logs:
        assert "Traceback" not in log.read_text(), log.read_text()
