"""The mutations `createExport`, `retryExport` and `cancelExport`."""

from typing import Annotated

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.commands import create_export
from daybook.exports.models import ExportJob as StoredJob
from daybook.exports.retrying import retry_export
from daybook.jobs.commands import cancel_job
from daybook.jobs.rules import JobId
from daybook_graphql.context import Info
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.exports.inputs import CreateExportInput, request_of
from daybook_graphql.exports.preflight import placed_options
from daybook_graphql.exports.types import ExportJob, export_job_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import EXPORT, needs
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="Which export to cancel.")
class CancelExportInput:
    id: strawberry.ID = field(description="The export.")


@strawberry.input(description="Which export to make again.")
class RetryExportInput:
    id: strawberry.ID = field(description="The export.")
    idempotency_key: str | None = field(
        default=None,
        description="A text of your own, of up to 200 characters: the same request with"
        " the same key gives the export that it made first.",
    )


@strawberry.type(description="An export after a mutation.")
class ExportJobPayload:
    job: ExportJob | None = field(
        description="The export as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


@strawberry.type
class ExportMutations:
    @strawberry.mutation(
        description="Ask for a file of journals. It is rendered in the background, from"
        " the ledger as it is now, or was at the end of the filter's as-of day; listen"
        " to `exportProgress`.",
        metadata=needs(EXPORT),
    )
    async def create_export(
        self,
        info: Info,
        input: Annotated[CreateExportInput, argument(description="What to export.")],
    ) -> ExportJobPayload:
        context, filter_input = info.context, input.filter
        as_of = None if filter_input is None else filter_input.as_of
        try:
            request = request_of(input, input.idempotency_key)
            job = await create_export(
                context.database,
                context.organisation_id,
                (await context.pins(as_of)).get(request.currency),
                request,
                now=context.now,
                requested_by=context.made_by,
            )
        except Rejected as rejected:
            return _refused(rejected)
        return ExportJobPayload(job=export_job_of(job), user_errors=[])

    @strawberry.mutation(
        description="Make the file of an export that failed, was cancelled or has"
        " expired: its request is queued again as a new export, of the same recording"
        " and the same selection.",
        metadata=needs(EXPORT),
    )
    async def retry_export(
        self,
        info: Info,
        input: Annotated[RetryExportInput, argument(description="Which export.")],
    ) -> ExportJobPayload:
        context = info.context
        try:
            job = await retry_export(
                context.database,
                context.organisation_id,
                expect(input.id, ExportJobId, "input.id").number,
                now=context.now,
                requested_by=context.made_by,
                key=input.idempotency_key,
            )
        except Rejected as rejected:
            return _refused(rejected)
        return ExportJobPayload(job=export_job_of(job), user_errors=[])

    @strawberry.mutation(
        description="Cancel an export that waits or is being rendered. One that has"
        " ended stays as it is.",
        metadata=needs(EXPORT),
    )
    async def cancel_export(
        self,
        info: Info,
        input: Annotated[CancelExportInput, argument(description="Which export.")],
    ) -> ExportJobPayload:
        context = info.context
        number = expect(input.id, ExportJobId, "input.id").number
        job_id = JobId(context.organisation_id, number)
        store = context.database.runtime
        job = await cancel_job(store, StoredJob, job_id, now=context.now)
        if job is None:
            message = "there is no such export"
            problem = Problem(ProblemCode.NOT_FOUND, message, ("id",))
            return _refused(Rejected([problem]))
        return ExportJobPayload(job=export_job_of(job), user_errors=[])


def _refused(rejected: Rejected) -> ExportJobPayload:
    return ExportJobPayload(
        job=None, user_errors=errors_of(placed_options(rejected.problems))
    )
