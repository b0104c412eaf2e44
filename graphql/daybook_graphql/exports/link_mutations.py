"""The mutations `createExportLink` and `revokeExportLinks`."""

from typing import Annotated

import strawberry

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.exports.links import make_link, revoke_links
from daybook.exports.models import ExportJob as StoredJob
from daybook.jobs.queries import get_job
from daybook.jobs.rules import JobId
from daybook_graphql.context import Info
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.exports.mutations import ExportJobPayload
from daybook_graphql.exports.types import ExportJob, export_job_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import EXPORT, READ, needs
from daybook_graphql.kit.scalars import DateTime
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="Which file to make a link to.")
class CreateExportLinkInput:
    id: strawberry.ID = field(description="The export.")
    expires_in_hours: int | None = field(
        default=None,
        description="How long the link opens the file, in hours; until the file expires"
        " if absent, and never longer.",
    )


@strawberry.input(description="Whose links to revoke.")
class RevokeExportLinksInput:
    id: strawberry.ID = field(description="The export.")


@strawberry.type(
    description="A link to an export's file. It opens this one file without a sign-in,"
    " so whoever has it can read the file."
)
class ExportLink:
    url: str = field(
        description="The link; without `DAYBOOK_PUBLIC_URL` from the server's own"
        " address."
    )
    expires_at: DateTime = field(
        description="When it ends: then or with the file, whichever is earlier, or when"
        " the export's links are revoked."
    )


@strawberry.type(description="A link that was made.")
class ExportLinkPayload:
    link: ExportLink | None = field(description="The link; null with any user error.")
    job: ExportJob | None = field(
        description="The export whose file it opens; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then no link was made."
    )


@strawberry.type
class ExportLinkMutations:
    @strawberry.mutation(
        description="Make a link to the file of an export that is `READY`. Nothing is"
        " stored: a link holds by its signature. It needs `READ`, too: a link opens"
        " what may be read.",
        metadata=needs(READ | EXPORT),
    )
    async def create_export_link(
        self,
        info: Info,
        input: Annotated[CreateExportLinkInput, argument(description="Which file.")],
    ) -> ExportLinkPayload:
        context = info.context
        number = expect(input.id, ExportJobId, "input.id").number
        async with context.database.runtime.reads() as session:
            job = await get_job(session, StoredJob, context.organisation_id, number)
        try:
            if job is None:
                raise _no_export()
            made = make_link(context.settings, job, context.now, input.expires_in_hours)
        except Rejected as rejected:
            errors = errors_of(rejected.problems)
            return ExportLinkPayload(link=None, job=None, user_errors=errors)
        site = context.settings.public_url.rstrip("/")
        link = ExportLink(
            url=f"{site}{made.path}", expires_at=DateTime(made.expires_at)
        )
        return ExportLinkPayload(link=link, job=export_job_of(job), user_errors=[])

    @strawberry.mutation(
        description="End all links to an export's file that were made so far, also"
        " those that were mailed. The file stays, and new links can be made.",
        metadata=needs(EXPORT),
    )
    async def revoke_export_links(
        self,
        info: Info,
        input: Annotated[RevokeExportLinksInput, argument(description="Whose links.")],
    ) -> ExportJobPayload:
        context = info.context
        number = expect(input.id, ExportJobId, "input.id").number
        job_id = JobId(context.organisation_id, number)
        job = await revoke_links(context.database.runtime, job_id)
        if job is None:
            errors = errors_of(_no_export().problems)
            return ExportJobPayload(job=None, user_errors=errors)
        return ExportJobPayload(job=export_job_of(job), user_errors=[])


def _no_export() -> Rejected:
    message = "there is no such export"
    return Rejected([Problem(ProblemCode.NOT_FOUND, message, ("id",))])
