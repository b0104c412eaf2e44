"""The mutations `createExport` and `cancelExport`."""

from typing import Annotated

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.commands import ExportRequest, create_export
from daybook.exports.compression import compression_of
from daybook.exports.formats import DEFAULT, format_of
from daybook.exports.models import ExportJob as StoredJob
from daybook.jobs.commands import cancel_job
from daybook.jobs.rules import JobId
from daybook.reports.journals.filters import Selection
from daybook.reports.journals.group_keys import Granularity as StoredGranularity
from daybook.reports.journals.group_keys import Grouping, in_order
from daybook_graphql.context import Info
from daybook_graphql.exports.enums import ExportCompression, ExportFormat
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.exports.types import ExportJob, export_job_of
from daybook_graphql.journals.enums import Granularity, JournalGrouping
from daybook_graphql.journals.filters import JournalFilter, placed, selection_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import EXPORT, needs
from daybook_graphql.kit.user_errors import UserError, errors_of
from daybook_graphql.ledgers.ids import LedgerId

argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="What to export, and how.")
class CreateExportInput:
    ledger_id: strawberry.ID = field(description="Which ledger.")
    granularity: Granularity = field(description="A row a day, or a row a month.")
    group_by: list[JournalGrouping] | None = field(
        default=None,
        description="Makes rows of journal groups, with their keys in place of journal"
        " numbers, as `journalGroups` lists them: none for one group a day or month;"
        " null for journals.",
    )
    filter: JournalFilter | None = field(
        default=None,
        description="What to select, as `journals` does, but of posted entries only"
        " unless `includeScheduled` is true.",
    )
    format: ExportFormat = field(
        default=ExportFormat[DEFAULT.name], description="What to write the file as."
    )
    compress: ExportCompression | None = field(
        default=None,
        description="How to compress the file, where its format is text; null for not"
        " at all.",
    )
    idempotency_key: str | None = field(
        default=None,
        description="A text of your own, of up to 200 characters: the same request with"
        " the same key gives the export that it made first.",
    )


@strawberry.input(description="Which export to cancel.")
class CancelExportInput:
    id: strawberry.ID = field(description="The export.")


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
        currency = expect(input.ledger_id, LedgerId, "input.ledgerId").currency
        as_of = None if filter_input is None else filter_input.as_of
        by = None
        if input.group_by is not None:
            by = in_order(Grouping[grouping.name] for grouping in input.group_by)
        request = ExportRequest(
            currency,
            Selection()
            if filter_input is None
            else selection_of(filter_input, "input.filter"),
            StoredGranularity[input.granularity.name],
            by,
            format_of(input.format.value),
            input.idempotency_key,
            compression_of(None if input.compress is None else input.compress.value),
        )
        try:
            job = await create_export(
                context.database,
                context.organisation_id,
                (await context.pins(as_of)).get(currency),
                request,
                now=context.now,
                requested_by=context.made_by,
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
    return ExportJobPayload(job=None, user_errors=errors_of(placed(rejected.problems)))
