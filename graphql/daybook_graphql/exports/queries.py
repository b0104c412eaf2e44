"""Queries of exports: one by its id, and jobs and records page by page."""

from typing import Annotated

import strawberry

from daybook.exports.models import ExportJob as StoredJob
from daybook.exports.queries import count_records, find_records
from daybook.jobs.queries import count_jobs, find_jobs, get_job
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.exports.records import (
    ExportRecordConnection,
    ExportRecordEdge,
    export_record_of,
)
from daybook_graphql.exports.types import (
    ExportJob,
    ExportJobConnection,
    ExportJobEdge,
    export_job_of,
)
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    connection_of,
    page_request,
)


@strawberry.type
class ExportQueries:
    @strawberry.field(description="One export; null if there is no such.")
    async def export_job(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
    ) -> ExportJob | None:
        wanted = expect(id, ExportJobId, "id")
        async with info.context.database.runtime.reads() as session:
            its = info.context.organisation_id
            job = await get_job(session, StoredJob, its, wanted.number)
        return None if job is None else export_job_of(job)

    @strawberry.field(description="Exports, newest first.")
    async def export_jobs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ExportJobConnection:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.runtime.reads() as session:
            page = await find_jobs(session, StoredJob, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_jobs(session, StoredJob, organisation_id)
        nodes = [export_job_of(job) for job in page.items]
        return connection_of(
            (ExportJobConnection, ExportJobEdge),
            page,
            nodes,
            lambda job: (job.number,),
            total_count=total,
        )

    @strawberry.field(
        description="Records of files that were made, newest first: by exports and by"
        " `daybook export`. A file itself is kept for some days only."
    )
    async def export_records(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ExportRecordConnection:
        request = page_request(1, first=first, after=after, last=last, before=before)
        organisation_id = info.context.organisation_id
        async with info.context.database.pinned_reads() as session:
            page = await find_records(session, organisation_id, request)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_records(session, organisation_id)
        return connection_of(
            (ExportRecordConnection, ExportRecordEdge),
            page,
            [export_record_of(one) for one in page.items],
            lambda one: (one.record.number,),
            total_count=total,
        )
