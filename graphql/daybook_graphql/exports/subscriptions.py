"""The subscriptions `exportProgress` and `exportJobs`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Annotated

import strawberry

from daybook.exports.models import ExportJob as StoredJob
from daybook.jobs.queries import get_job, jobs_in_motion
from daybook.jobs.rules import UNFINISHED
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.listening import each_change
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.exports.types import ExportJob, export_job_of
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import READ, needs

LATELY = timedelta(minutes=5)
"""The most that the clocks of machines may differ for a change to count as new."""


@strawberry.type
class ExportSubscriptions:
    @strawberry.subscription(
        description="An export: as it is now, then at every change, until it has ended;"
        " then it completes. Who is slow is told the latest state only. It completes"
        " after an hour at the latest; subscribing again begins with the state then.",
        metadata=needs(READ),
    )
    async def export_progress(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The export.")],
    ) -> AsyncGenerator[ExportJob, None]:
        context, number = info.context, expect(id, ExportJobId, "id").number
        key = (ExportJob, context.organisation_id, number)
        last_sent: tuple[int, int, int] | None = None
        changes = context.database.runtime.changes
        async with aclosing(each_change(changes)) as each:
            async for _ in each:
                found = await changes.once(key, lambda: _job(context, number))
                if found is None:
                    message = "id: there is no such export"
                    raise failure(ErrorCode.NOT_FOUND, message, "id")
                job, shown = found
                if job.shown != last_sent:
                    last_sent = job.shown
                    yield shown
                if job.status not in UNFINISHED:
                    return

    @strawberry.subscription(
        description="Every export: those that have not ended as they are now, then each"
        " one that changes. It completes after an hour; subscribing again begins with"
        " the state then.",
        metadata=needs(READ),
    )
    async def export_jobs(self, info: Info) -> AsyncGenerator[ExportJob, None]:
        context = info.context
        key = (ExportJob, context.organisation_id)
        sent: dict[int, tuple[int, int, int]] | None = None
        changes = context.database.runtime.changes
        async with aclosing(each_change(changes)) as each:
            async for _ in each:
                jobs = await changes.once(key, lambda: _in_motion(context))
                is_first, sent = sent is None, sent or {}
                for job, shown in jobs:
                    if sent.get(job.number) == job.shown:
                        continue
                    sent[job.number] = job.shown
                    if not is_first or job.status in UNFINISHED:
                        yield shown


async def _job(context: Context, number: int) -> tuple[StoredJob, ExportJob] | None:
    async with context.database.runtime.reads() as session:
        job = await get_job(session, StoredJob, context.organisation_id, number)
    return None if job is None else (job, export_job_of(job))


async def _in_motion(context: Context) -> list[tuple[StoredJob, ExportJob]]:
    since = datetime.now(UTC) - LATELY
    async with context.database.runtime.reads() as session:
        organisation_id = context.organisation_id
        jobs = await jobs_in_motion(session, StoredJob, organisation_id, since)
    return [(job, export_job_of(job)) for job in jobs]
