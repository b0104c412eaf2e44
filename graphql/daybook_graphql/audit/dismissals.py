"""Failed imports that wait or were made good: types, loaders and the mutation."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from daybook.closing.dismissals import Dismissal, dismissals_of
from daybook.closing.dismissing import dismiss_import
from daybook.closing.failed_imports import imported_since, open_failures
from daybook.errors import Rejected
from daybook.reports.trail.names import person_name
from daybook_graphql.context import Context, Info, loader
from daybook_graphql.kit.permissions import RECORD, needs
from daybook_graphql.kit.scalars import BigInt, DateTime
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field


@strawberry.type(
    description="That a failed import was dismissed: nothing of its file has to be"
    " imported."
)
class ImportDismissal:
    run: BigInt = field(description="The import's number in the activity log.")
    at: DateTime = field(description="When it was dismissed.")
    who: str = field(description="Who dismissed it, for people.")
    made_by: str | None = field(description="Who dismissed it, if that is known.")
    reason: str = field(description="Why.")


@strawberry.input(description="Which failed import to dismiss, and why.")
class DismissImportInput:
    number: BigInt = field(description="Its number in the activity log.")
    reason: str = field(description="Why: one line of up to 500 characters.")


@strawberry.type(description="A failed import after it was dismissed.")
class DismissImportPayload:
    dismissal: ImportDismissal | None = field(
        description="By whom, when and why; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


@strawberry.type
class DismissalMutations:
    @strawberry.mutation(
        description="Dismiss a failed import: no month waits for its file any more."
        " What is dismissed already stays as it is.",
        metadata=needs(RECORD),
    )
    async def dismiss_import(
        self,
        info: Info,
        input: Annotated[DismissImportInput, argument(description="Which.")],
    ) -> DismissImportPayload:
        context = info.context
        try:
            dismissed = await dismiss_import(
                context.database,
                context.organisation_id,
                int(input.number),
                reason=input.reason,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of(rejected.problems)
            return DismissImportPayload(dismissal=None, user_errors=errors)
        dismissal = dismissal_of(dismissed.dismissal)
        return DismissImportPayload(dismissal=dismissal, user_errors=[])


def dismissal_of(found: Dismissal) -> ImportDismissal:
    """A dismissal as the schema shows it."""
    return ImportDismissal(
        run=BigInt(found.run),
        at=DateTime(found.at),
        who=person_name(found.made_by),
        made_by=found.made_by,
        reason=found.reason,
    )


@loader()
async def dismissals_by_run(
    context: Context, runs: list[int]
) -> Sequence[Dismissal | None]:
    """The dismissals of failed imports."""
    async with context.database.pinned_reads() as session:
        found = await dismissals_of(session, context.organisation_id, runs)
    return [found.get(run) for run in runs]


@loader()
async def imported_since_by_run(
    context: Context, runs: list[int]
) -> Sequence[int | None]:
    """The last import of each failed import's file, where it is a later one."""
    async with context.database.pinned_reads() as session:
        found = await imported_since(session, context.organisation_id, runs)
    return [found.get(run) for run in runs]


@loader()
async def waiting_by_run(context: Context, runs: list[int]) -> Sequence[bool]:
    """Whether failed imports wait: neither imported since nor dismissed."""
    async with context.database.pinned_reads() as session:
        found = await open_failures(session, context.organisation_id, min(runs))
    waiting = {its.number for its in found}
    return [run in waiting for run in runs]
