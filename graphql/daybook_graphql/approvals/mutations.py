"""The mutations of four eyes and of requested changes."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from daybook.decisions.commands import (
    Decided,
    approve_change,
    reject_change,
    set_four_eyes,
    withdraw_change,
)
from daybook.errors import Rejected
from daybook_graphql.approvals.ids import ChangeRequestId
from daybook_graphql.approvals.queries import (
    four_eyes_now,
    requested,
    requested_instead,
)
from daybook_graphql.approvals.types import ChangeRequest, FourEyes
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.expected import EXPECTED_RECORD
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADJUST, APPROVE, CLOSE, needs
from daybook_graphql.kit.scalars import BigInt
from daybook_graphql.kit.user_errors import UserError, errors_of

argument = strawberry.argument
field = strawberry.field

ERRORS = "What is wrong with the input; then nothing was changed."
FIELDS = {"number": "id"}
"""Input fields, by the domain's names for them."""


@strawberry.input(description="Whether another person approves.")
class SetFourEyesInput:
    is_on: bool = field(description="Whether it is to be on.")
    reason: str | None = field(
        default=None,
        description="Why, in one line: who decides reads it, and the audit trail keeps"
        " it.",
    )
    expected_audit_record: BigInt | None = field(
        default=None, description=EXPECTED_RECORD
    )


@strawberry.type(description="What became of the four-eyes setting.")
class SetFourEyesPayload:
    four_eyes: FourEyes | None = field(
        description="The setting as it is now; null with any user error."
    )
    request: ChangeRequest | None = field(
        description="The request to turn it off, which another person has to approve;"
        " then there is the user error `APPROVAL_PENDING`."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.input(description="Which requested change.")
class ChangeRequestInput:
    id: strawberry.ID = field(description="The request.")


@strawberry.input(description="Which requested change, and why it isn't made.")
class RejectChangeInput:
    id: strawberry.ID = field(description="The request.")
    reason: str = field(
        description="Why, in one line: whoever requested it reads it, and the audit"
        " trail keeps it."
    )


@strawberry.type(description="What became of a requested change.")
class ChangeRequestPayload:
    request: ChangeRequest | None = field(
        description="The request as it is now; null with any user error."
    )
    user_errors: list[UserError] = field(description=ERRORS)


@strawberry.type
class ApprovalMutations:
    @strawberry.mutation(
        description="Turn four eyes on, or request that it be turned off. It is on at"
        " once; off only when another person has approved that. While it is on, manual"
        " journals, whatever opens locked days, and changes of mappings need another"
        " person's approval. What is submitted when it is turned off still needs it.",
        metadata=needs(CLOSE),
    )
    async def set_four_eyes(
        self,
        info: Info,
        input: Annotated[SetFourEyesInput, argument(description="On or off.")],
    ) -> SetFourEyesPayload:
        context = info.context
        try:
            await set_four_eyes(
                context.database,
                context.organisation_id,
                is_on=input.is_on,
                reason=input.reason,
                expected=input.expected_audit_record,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return SetFourEyesPayload(
                four_eyes=None,
                request=await requested_instead(context, rejected),
                user_errors=errors_of(rejected.problems),
            )
        return SetFourEyesPayload(
            four_eyes=await four_eyes_now(context), request=None, user_errors=[]
        )

    @strawberry.mutation(
        description="Approve a requested change, which makes it. It is checked again,"
        " as if it were requested now. Nobody approves their own, nor what a key of"
        " theirs requested; keys approve nothing.",
        metadata=needs(APPROVE),
    )
    async def approve_change(
        self,
        info: Info,
        input: Annotated[ChangeRequestInput, argument(description="Which.")],
    ) -> ChangeRequestPayload:
        context, number = info.context, _number(input.id)
        deciding = approve_change(
            context.database,
            context.organisation_id,
            number,
            user_id=context.caller.user_id,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, number, deciding)

    @strawberry.mutation(
        description="Reject a requested change: it is not made. Who may is as in"
        " `approveChange`.",
        metadata=needs(APPROVE),
    )
    async def reject_change(
        self,
        info: Info,
        input: Annotated[RejectChangeInput, argument(description="Which, and why.")],
    ) -> ChangeRequestPayload:
        context, number = info.context, _number(input.id)
        deciding = reject_change(
            context.database,
            context.organisation_id,
            number,
            reason=input.reason,
            user_id=context.caller.user_id,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, number, deciding)

    @strawberry.mutation(
        description="Take back a change that you requested: it is not made.",
        metadata=needs(ADJUST),
    )
    async def withdraw_change(
        self,
        info: Info,
        input: Annotated[ChangeRequestInput, argument(description="Which.")],
    ) -> ChangeRequestPayload:
        context, number = info.context, _number(input.id)
        deciding = withdraw_change(
            context.database,
            context.organisation_id,
            number,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, number, deciding)


def _number(id_: str) -> int:
    return expect(id_, ChangeRequestId, "input.id").number


async def _payload(
    context: Context, number: int, deciding: Awaitable[Decided]
) -> ChangeRequestPayload:
    try:
        await deciding
    except Rejected as rejected:
        errors = errors_of(rejected.problems, FIELDS)
        return ChangeRequestPayload(request=None, user_errors=errors)
    await context.pins_after_a_write()
    return ChangeRequestPayload(
        request=await requested(context, number), user_errors=[]
    )
