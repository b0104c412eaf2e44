"""Which exports a list has.

Jobs are in the runtime store, and what is posted in the ledger's database: a filter by
both reads the posted files first.
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Database
from daybook.db.lists import rows_in_lists, texts_as_rows
from daybook.exports.models import ExportJob
from daybook.exports.queries import posted_files_of_jobs
from daybook.jobs.queries import COMPLETE, count_jobs, find_jobs
from daybook.jobs.rules import JobStatus
from daybook.paging import Page, PageRequest


class ExportFilter(NamedTuple):
    """What exports of a list have in common; None for what doesn't matter.

    `file_format` is a format's number. `is_posted` is of complete exports only: their
    file is marked as posted, or is not.
    """

    statuses: Collection[JobStatus] | None = None
    currency: str | None = None
    file_format: int | None = None
    requested_by: str | None = None
    is_posted: bool | None = None


class FoundExports(NamedTuple):
    """A page of a list, and how many the list has in all; 0 if that wasn't asked."""

    page: Page[ExportJob]
    total: int


async def find_exports(
    database: Database,
    organisation_id: int,
    wanted: ExportFilter,
    request: PageRequest,
    *,
    counts: bool,
) -> FoundExports:
    """A page of the exports that fit a filter, newest first; keyed by number."""
    posted: Collection[tuple[int, bytes]] = ()
    if wanted.is_posted is not None:
        async with database.pinned_reads() as session:
            posted = await posted_files_of_jobs(session, organisation_id)
    async with database.runtime.reads() as session:
        conditions = _conditions(wanted)
        if wanted.is_posted is not None:
            numbers = await _numbers_of(session, organisation_id, posted)
            texts = await texts_as_rows(session, map(str, numbers))
            is_posted = cast(ExportJob.number, Text).in_(texts)
            conditions += [
                ExportJob.status.in_(COMPLETE),
                is_posted if wanted.is_posted else ~is_posted,
            ]
        its = (session, ExportJob, organisation_id)
        page = await find_jobs(*its, request, conditions)
        total = await count_jobs(*its, conditions) if counts else 0
    return FoundExports(page, total)


def _conditions(wanted: ExportFilter) -> list[ColumnElement[bool]]:
    """The conditions of a job's own columns."""
    conditions = list[ColumnElement[bool]]()
    if wanted.statuses is not None:
        conditions.append(ExportJob.status.in_(sorted(wanted.statuses)))
    if wanted.currency is not None:
        conditions.append(ExportJob.currency == wanted.currency)
    if wanted.file_format is not None:
        conditions.append(ExportJob.format == wanted.file_format)
    if wanted.requested_by is not None:
        conditions.append(ExportJob.requested_by == wanted.requested_by)
    return conditions


async def _numbers_of(
    session: AsyncSession, organisation_id: int, files: Collection[tuple[int, bytes]]
) -> list[int]:
    """The numbers of the jobs that made some files."""
    statement = select(ExportJob.number, ExportJob.file_sha256).where(
        ExportJob.organisation_id == organisation_id
    )
    numbers = [number for number, _ in files]
    rows = await rows_in_lists(session, statement, ExportJob.number.in_, numbers)
    return [number for number, digest in rows if (number, digest) in files]
