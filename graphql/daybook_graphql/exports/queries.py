"""Queries of exports and of the records of their files, by pages and by ids."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.exports.listing import find_exports
from daybook.exports.models import ExportJob as StoredJob
from daybook.exports.queries import count_records, find_records, records_by_number
from daybook.jobs.queries import get_job, jobs_by_number
from daybook_graphql.context import Info
from daybook_graphql.execution.node_readers import Found, NodeKind, NodeReader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.exports.filters import (
    ExportFilter,
    ExportRecordFilter,
    filter_of,
    record_filter_of,
)
from daybook_graphql.exports.ids import ExportJobId, ExportRecordId
from daybook_graphql.exports.records import (
    ExportRecord,
    export_record_of,
)
from daybook_graphql.exports.types import (
    ExportJob,
    export_job_of,
)
from daybook_graphql.kit.connections import Connection, connection_of
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.paging import (
    After,
    Before,
    First,
    Last,
    page_request,
)
from daybook_graphql.kit.permissions import READ, needs


@strawberry.type
class ExportQueries:
    @strawberry.field(
        description="One export, by its id or by its number; null if there is none.",
        metadata=needs(READ),
    )
    async def export_job(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Its id.")
        ] = None,
        number: Annotated[
            int | None,
            strawberry.argument(
                description="Its number, as a webhook's message has it, in place of"
                " its id."
            ),
        ] = None,
    ) -> ExportJob | None:
        if (id is None) == (number is None):
            message = "an export has one of id and number: send either"
            raise failure(ErrorCode.INVALID_VALUE, message, "number")
        if number is None:
            number = expect(str(id), ExportJobId, "id").number
        async with info.context.database.runtime.reads() as session:
            organisation_id = info.context.organisation_id
            job = await get_job(session, StoredJob, organisation_id, number)
        return None if job is None else export_job_of(job)

    @strawberry.field(
        description="Exports, newest first.",
        metadata=needs(READ),
    )
    async def export_jobs(
        self,
        info: Info,
        filter: Annotated[
            ExportFilter | None,
            strawberry.argument(description="Only exports that fit it."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ExportJob]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        page, total = await find_exports(
            info.context.database,
            info.context.organisation_id,
            filter_of(filter),
            request,
            counts="totalCount" in Selected.of(info),
        )
        nodes = [export_job_of(job) for job in page.items]
        return connection_of(page, nodes, lambda job: (job.number,), total)

    @strawberry.field(
        description="Records of files that were made, newest first: by exports and by"
        " `daybook export`. A file itself is kept for some days only.",
        metadata=needs(READ),
    )
    async def export_records(
        self,
        info: Info,
        filter: Annotated[
            ExportRecordFilter | None,
            strawberry.argument(description="Only records that fit it."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ExportRecord]:
        request = page_request(1, first=first, after=after, last=last, before=before)
        wanted = record_filter_of(filter)
        organisation_id = info.context.organisation_id
        async with info.context.database.pinned_reads() as session:
            page = await find_records(session, organisation_id, request, wanted)
            total = 0
            if "totalCount" in Selected.of(info):
                total = await count_records(session, organisation_id, wanted)
        nodes = [export_record_of(listed) for listed in page.items]
        return connection_of(page, nodes, lambda listed: (listed.record.number,), total)


async def _read_jobs(reader: NodeReader, ids: Sequence[ExportJobId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.context.database.runtime.reads() as session:
        jobs = await jobs_by_number(session, StoredJob, reader.organisation_id, numbers)
    return {ExportJobId(job.number): export_job_of(job) for job in jobs}


async def _read_records(reader: NodeReader, ids: Sequence[ExportRecordId]) -> Found:
    numbers = [id_.number for id_ in ids]
    async with reader.reads() as session:
        records = await records_by_number(session, reader.organisation_id, numbers)
    return {
        ExportRecordId(listed.record.number): export_record_of(listed)
        for listed in records
    }


NODES = (NodeKind(ExportJobId, _read_jobs), NodeKind(ExportRecordId, _read_records))
