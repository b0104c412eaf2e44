"""Asking for an export, and cancelling one; each is a transaction of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from daybook.db.engine import Database, Store, WriteSession
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.models import ExportJob
from daybook.exports.names import file_name
from daybook.exports.stored_selection import filter_text, groupings_text
from daybook.idempotency.rules import check_key, request_hash, used_otherwise
from daybook.jobs.rules import (
    UNFINISHED,
    UNFINISHED_MAX,
    ExportStatus,
    JobId,
)
from daybook.ledger.filters import JournalFilter, Pin
from daybook.reports.journals.group_keys import Granularity, Grouping
from daybook.reports.journals.selection import Purpose, Selection, resolve

NUMBERS_LOCK = 0x6578
"""The advisory lock under which an organisation's jobs get numbers (PostgreSQL)."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What somebody asks for; `key` makes it the same request when it is sent again."""

    currency: str
    selection: Selection
    granularity: Granularity
    by: tuple[Grouping, ...] | None = None
    file_format: Format = DEFAULT
    key: str | None = None

    def hash(self) -> bytes:
        """What makes two requests with one key the same."""
        selection = asdict(self.selection)
        journal_type = self.selection.journal_type
        selection["journal_type"] = journal_type and journal_type.name
        includes_scheduled = self.selection.includes_scheduled(Purpose.EXPORT)
        selection["include_scheduled"] = includes_scheduled
        return request_hash(
            "createExport",
            {
                "ledger": self.currency,
                "granularity": self.granularity,
                "format": self.file_format.number,
                # Left out where nothing is grouped, as before jobs could group.
                **({} if self.by is None else {"groupBy": list(self.by)}),
                **selection,
            },
        )


async def create_export(  # noqa: PLR0913  (what, and by whom)
    database: Database,
    organisation_id: int,
    pin: Pin | None,
    request: ExportRequest,
    *,
    now: datetime,
    requested_by: str,
) -> ExportJob:
    """Queue an export of what the request selects, as it is at the pin.

    The pin is None where there is no such ledger. The same key and request give the job
    that came of them first. Raises Rejected with everything that is wrong.
    """
    problems: list[Problem] = []
    wanted = JournalFilter()
    try:
        wanted = await _resolved(database, pin, request)
    except Rejected as rejected:
        problems += rejected.problems
    async with _numbering(database.runtime, organisation_id) as session:
        known = None
        try:
            known = await _created(session, organisation_id, request)
            if known is None:
                await _check_unfinished(session, organisation_id)
        except Rejected as rejected:
            problems += rejected.problems
        if problems or pin is None:
            raise Rejected(problems)
        if known is not None:
            return known
        number = await _next_number(session, organisation_id)
        job = _job(number, pin, request, wanted)
        job.requested_by, job.created_at = requested_by, now
        session.add(job)
    return job


async def cancel_export(
    database: Database, job_id: JobId, *, now: datetime
) -> ExportJob | None:
    """Cancel a job that is unfinished, and give it as it is now; None if there is none.

    Whoever renders it finds that it isn't theirs any more, and removes what is written.
    """
    async with database.runtime.writes() as session:
        job = await session.get(ExportJob, tuple(job_id), with_for_update=True)
        if job is not None and job.status in UNFINISHED:
            job.status = int(ExportStatus.CANCELLED)
            job.worker = job.lease_until = None
            job.finished_at = now
            touch(job)
    return job


async def rename_requester(
    database: Database, organisation_id: int, name: str, erased: str
) -> None:
    """Put what stands for an erased person in the place of their name."""
    async with database.runtime.writes() as session:
        await session.execute(
            update(ExportJob)
            .where(
                ExportJob.organisation_id == organisation_id,
                ExportJob.requested_by == name,
            )
            .values(requested_by=erased)
        )


def touch(job: ExportJob) -> None:
    """Note that a job changed: who listens is told."""
    job.changes += 1
    job.changed_at = datetime.now(UTC)


async def _resolved(
    database: Database, pin: Pin | None, request: ExportRequest
) -> JournalFilter:
    """What the request selects; raises Rejected with paths from the input's root."""
    if pin is None:
        message = f"there is no {request.currency} ledger"
        raise Rejected([Problem(ProblemCode.NOT_FOUND, message, ("ledgerId",))])
    try:
        async with database.reads() as session:
            return await resolve(session, pin, request.selection, Purpose.EXPORT)
    except Rejected as rejected:
        raise Rejected(
            [
                Problem(one.code, one.message, ("filter", *one.path))
                for one in rejected.problems
            ]
        ) from None


@asynccontextmanager
async def _numbering(store: Store, organisation_id: int) -> AsyncIterator[WriteSession]:
    """A write in which nobody else makes a job for the organisation."""
    async with store.writes() as session:
        if not store.is_sqlite:
            await session.execute(
                select(func.pg_advisory_xact_lock(NUMBERS_LOCK, organisation_id))
            )
        yield session


async def _created(
    session: WriteSession, organisation_id: int, request: ExportRequest
) -> ExportJob | None:
    """The job that the same request made before; raises Rejected for another's key."""
    if request.key is None:
        return None
    check_key(request.key)
    known = await session.scalar(
        select(ExportJob).where(
            ExportJob.organisation_id == organisation_id,
            ExportJob.idempotency_key == request.key,
        )
    )
    if known is not None and known.request_hash != request.hash():
        raise used_otherwise()
    return known


async def _check_unfinished(session: WriteSession, organisation_id: int) -> None:
    waiting = await session.scalar(
        select(func.count())
        .select_from(ExportJob)
        .where(
            ExportJob.organisation_id == organisation_id,
            ExportJob.status.in_(UNFINISHED),
        )
    )
    if (waiting or 0) >= UNFINISHED_MAX:
        message = f"{waiting} exports are waiting: let some end, or cancel them"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])


async def _next_number(session: WriteSession, organisation_id: int) -> int:
    last = await session.scalar(
        select(func.max(ExportJob.number)).where(
            ExportJob.organisation_id == organisation_id
        )
    )
    return (last or 0) + 1


def _job(
    number: int, pin: Pin, request: ExportRequest, wanted: JournalFilter
) -> ExportJob:
    """A job that waits to be taken."""
    head = pin.audit_head
    return ExportJob(
        organisation_id=pin.organisation_id,
        number=number,
        idempotency_key=request.key,
        request_hash=request.hash(),
        format=request.file_format.number,
        granularity=request.granularity.value,
        group_by=groupings_text(request.by),
        ledger_id=pin.ledger_id,
        currency=pin.currency,
        recording=pin.recording,
        today=pin.today,
        renamings=pin.renamings,
        audit_record=None if head is None else head.record,
        audit_hash=None if head is None else head.hash,
        status=int(ExportStatus.QUEUED),
        changes=0,
        changed_at=datetime.now(UTC),
        attempts=0,
        rows_total=0,
        rows_done=0,
        is_logged=False,
        selection=filter_text(wanted),
        file_name=file_name(
            pin.currency,
            wanted,
            request.granularity,
            by=request.by,
            as_of=request.selection.as_of,
            file_format=request.file_format,
        ),
    )
