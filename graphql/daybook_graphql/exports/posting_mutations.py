"""The mutations `markExportPosted` and `undoExportPosting`."""

from typing import Annotated

import strawberry

from daybook.errors import Rejected
from daybook.exports.posting.marking import Mark, mark_posted, undo_posting
from daybook_graphql.context import Info
from daybook_graphql.exports.ids import ExportRecordId
from daybook_graphql.exports.records import ExportRecord, export_record_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import CLOSE, needs
from daybook_graphql.kit.scalars import Date
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="Which file was loaded into its target, and as what.")
class MarkExportPostedInput:
    record_id: strawberry.ID = field(description="The record of the file.")
    reference: str = field(
        description="What the target calls it, such as the number of its journal: one"
        " line of up to 200 characters."
    )
    posted_on: Date | None = field(
        default=None,
        description="The day on which the target took the file; today where it is"
        " absent.",
    )
    confirm_doubled: bool = field(
        default=False,
        description="Confirms that entries of the file are in another posted file, too:"
        " the target has them twice, or a second system has them.",
    )


@strawberry.input(description="Which posting to undo, and why.")
class UndoExportPostingInput:
    record_id: strawberry.ID = field(description="The record of the file.")
    reason: str = field(description="Why: one line of up to 500 characters.")


@strawberry.type(description="The record of a file after a mutation.")
class ExportRecordPayload:
    record: ExportRecord | None = field(
        description="The record as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(
        description="What is wrong with the input; then nothing was changed."
    )


@strawberry.type
class PostingMutations:
    @strawberry.mutation(
        description="Mark a file as posted: its target has it. What is marked with the"
        " same reference stays as it is; with another one it is refused until that is"
        " undone. A file with entries that are in another posted file of the same"
        " target needs a confirmation; so does the first file of a target, with entries"
        " that are in one of any target.",
        metadata=needs(CLOSE),
    )
    async def mark_export_posted(
        self,
        info: Info,
        input: Annotated[MarkExportPostedInput, argument(description="Which file.")],
    ) -> ExportRecordPayload:
        context = info.context
        try:
            posted = await mark_posted(
                context.database,
                context.organisation_id,
                expect(input.record_id, ExportRecordId, "input.recordId").number,
                Mark(input.reference, input.posted_on, input.confirm_doubled),
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return _refused(rejected)
        record = export_record_of(posted.listed)
        return ExportRecordPayload(record=record, user_errors=[])

    @strawberry.mutation(
        description="Undo the posting of a file, which may be marked again afterwards.",
        metadata=needs(CLOSE),
    )
    async def undo_export_posting(
        self,
        info: Info,
        input: Annotated[UndoExportPostingInput, argument(description="Which.")],
    ) -> ExportRecordPayload:
        context = info.context
        try:
            listed = await undo_posting(
                context.database,
                context.organisation_id,
                expect(input.record_id, ExportRecordId, "input.recordId").number,
                reason=input.reason,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return _refused(rejected)
        return ExportRecordPayload(record=export_record_of(listed), user_errors=[])


def _refused(rejected: Rejected) -> ExportRecordPayload:
    return ExportRecordPayload(record=None, user_errors=errors_of(rejected.problems))
