"""The mutations `voidDocument` and `completeMilestone`."""

from typing import Annotated

import strawberry

from daybook.documents.actions import complete_milestone, void_document
from daybook.documents.results import ImportResult
from daybook.errors import Rejected
from daybook_graphql.context import Info
from daybook_graphql.documents.ids import InvoiceId, expect_document, kind_of
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import RECORD, needs
from daybook_graphql.kit.scalars import Date
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field


@strawberry.input(description="Which document to void, and why.")
class VoidDocumentInput:
    document_id: strawberry.ID = field(description="An invoice or a credit note.")
    reason: str | None = field(
        default=None,
        description="Why: one line of up to 500 characters, which the audit trail and"
        " the document's versions keep.",
    )


@strawberry.input(description="Which milestone was reached, and when.")
class CompleteMilestoneInput:
    invoice_id: strawberry.ID = field(description="The invoice.")
    line_id: str = field(description="The sender's own id of the line.")
    milestone_id: str = field(description="The sender's own id of the milestone.")
    completed_on: Date | None = field(
        default=None,
        description="The day it was reached; without one it is open again.",
    )


@strawberry.type(
    description="What came of it. With any user error nothing was changed."
)
class DocumentActionPayload:
    changed: bool = field(
        description="Whether anything was; what stands already changes nothing."
    )
    unchanged_because: str | None = field(
        description="What stands already, in words, such as the first reason of a"
        " document that was void before; null where something was changed, with user"
        " errors, and of milestones."
    )
    journals: int = field(description="How many journals came to be.")
    movements: int = field(description="How many movements were added.")
    user_errors: list[UserError] = field(description="What is wrong with the input.")


@strawberry.type
class DocumentActionMutations:
    @strawberry.mutation(
        description="Take back all of an invoice or credit note: posted entries are"
        " mirrored on their own dates, locked ones on the first open day. An invoice"
        " with credit notes that are not void is refused, naming them.",
        metadata=needs(RECORD),
    )
    async def void_document(
        self,
        info: Info,
        input: Annotated[VoidDocumentInput, argument(description="What to void.")],
    ) -> DocumentActionPayload:
        context = info.context
        id_ = expect_document(input.document_id, "input.documentId")
        try:
            result = await void_document(
                context.database,
                context.organisation_id,
                kind_of(id_),
                id_.external_id,
                now=context.now,
                made_by=context.made_by,
                reason=input.reason,
            )
        except Rejected as rejected:
            return _refused(rejected, {"id": "documentId"})
        return _done(result)

    @strawberry.mutation(
        description="Set the day on which a milestone of an invoice's line was reached,"
        " or open it again: what was recognized is taken back on its day, or on the"
        " first open one.",
        metadata=needs(RECORD),
    )
    async def complete_milestone(
        self,
        info: Info,
        input: Annotated[
            CompleteMilestoneInput, argument(description="Which milestone, and when.")
        ],
    ) -> DocumentActionPayload:
        context = info.context
        try:
            result = await complete_milestone(
                context.database,
                context.organisation_id,
                expect(input.invoice_id, InvoiceId, "input.invoiceId").external_id,
                input.line_id,
                input.milestone_id,
                input.completed_on,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return _refused(rejected, {"id": "invoiceId"})
        return _done(result)


def _done(result: ImportResult) -> DocumentActionPayload:
    return DocumentActionPayload(
        changed=not result.unchanged,
        unchanged_because=result.stands or None,
        journals=result.journals,
        movements=result.movements,
        user_errors=[],
    )


def _refused(rejected: Rejected, fields: dict[str, str]) -> DocumentActionPayload:
    return DocumentActionPayload(
        changed=False,
        unchanged_because=None,
        journals=0,
        movements=0,
        user_errors=errors_of(rejected.problems, fields),
    )
