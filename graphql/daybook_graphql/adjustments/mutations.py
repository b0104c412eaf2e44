"""The mutations that write, submit, decide about, discard and undo manual journals."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from daybook.adjustments.commands import (
    JournalState,
    discard,
    save_draft,
    submit,
    withdraw,
)
from daybook.adjustments.deciding import approve, reject
from daybook.adjustments.reversing import reverse
from daybook.errors import Rejected
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.adjustments.inputs import FIELDS, entered_journal
from daybook_graphql.adjustments.mutation_types import (
    ManualJournalPayload,
    ManualJournalReasonInput,
    ManualJournalVersionInput,
    ReverseManualJournalPayload,
    SaveManualJournalInput,
)
from daybook_graphql.adjustments.queries import manual_journal_numbered
from daybook_graphql.adjustments.saving import check_version_is_given, errors_of_saving
from daybook_graphql.approvals.queries import requested_instead
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADJUST, APPROVE, needs
from daybook_graphql.kit.user_errors import errors_of

argument = strawberry.argument


@strawberry.type
class AdjustmentMutations:
    @strawberry.mutation(
        description="Save a draft: a new journal, or a new version of a draft or of a"
        " rejected one. Lines that take an adjusted journal back are derived now, from"
        " what that is now. Nothing is posted.",
        metadata=needs(ADJUST),
    )
    async def save_manual_journal(
        self,
        info: Info,
        input: Annotated[
            SaveManualJournalInput, argument(description="What it holds.")
        ],
    ) -> ManualJournalPayload:
        context = info.context
        number = None if input.id is None else _number(input.id)
        try:
            check_version_is_given(input.id, input.version, "journal")
            saved = await save_draft(
                context.database,
                context.organisation_id,
                entered_journal(input.journal, "input.journal"),
                number=number,
                version=input.version,
                idempotency_key=input.idempotency_key,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of_saving(rejected, "journal")
            return ManualJournalPayload(manual_journal=None, user_errors=errors)
        return await _as_it_is(context, saved.number)

    @strawberry.mutation(
        description="Submit a draft or a rejected journal. It is posted at once; while"
        " four eyes is on, it is frozen until another person approves or rejects it.",
        metadata=needs(ADJUST),
    )
    async def submit_manual_journal(
        self,
        info: Info,
        input: Annotated[ManualJournalVersionInput, argument(description="Which.")],
    ) -> ManualJournalPayload:
        context = info.context
        changing = submit(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Take a submitted journal back: it is a draft again.",
        metadata=needs(ADJUST),
    )
    async def withdraw_manual_journal(
        self,
        info: Info,
        input: Annotated[ManualJournalVersionInput, argument(description="Which.")],
    ) -> ManualJournalPayload:
        context = info.context
        changing = withdraw(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Approve a submitted journal, which posts it on its own date. None"
        " of those who saved or submitted it can, and nobody whose key did; keys"
        " approve nothing. A date that was locked meanwhile is refused.",
        metadata=needs(APPROVE),
    )
    async def approve_manual_journal(
        self,
        info: Info,
        input: Annotated[ManualJournalVersionInput, argument(description="Which.")],
    ) -> ManualJournalPayload:
        context = info.context
        changing = approve(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            user_id=context.caller.user_id,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Send a submitted journal back to its authors, with a reason. Who"
        " may is as in `approveManualJournal`.",
        metadata=needs(APPROVE),
    )
    async def reject_manual_journal(
        self,
        info: Info,
        input: Annotated[
            ManualJournalReasonInput, argument(description="Which, and why.")
        ],
    ) -> ManualJournalPayload:
        context = info.context
        changing = reject(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            reason=input.reason,
            user_id=context.caller.user_id,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Give up a draft or a rejected journal for good. What it was stays"
        " readable.",
        metadata=needs(ADJUST),
    )
    async def discard_manual_journal(
        self,
        info: Info,
        input: Annotated[ManualJournalVersionInput, argument(description="Which.")],
    ) -> ManualJournalPayload:
        context = info.context
        changing = discard(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Undo a posted journal by its mirror, on its own date, or on the"
        " first open day if that is locked; what takes it back later is undone, too."
        " While four eyes is on, this only requests it.",
        metadata=needs(ADJUST),
    )
    async def reverse_manual_journal(
        self,
        info: Info,
        input: Annotated[
            ManualJournalReasonInput, argument(description="Which, and why.")
        ],
    ) -> ReverseManualJournalPayload:
        context, number = info.context, _number(input.id)
        try:
            await reverse(
                *(context.database, context.organisation_id, number),
                version=input.version,
                reason=input.reason,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            return ReverseManualJournalPayload(
                manual_journal=None,
                request=await requested_instead(context, rejected),
                user_errors=errors_of(rejected.problems, FIELDS),
            )
        done = await _as_it_is(context, number)
        return ReverseManualJournalPayload(
            manual_journal=done.manual_journal, request=None, user_errors=[]
        )


def _number(id_: str) -> int:
    return expect(id_, ManualJournalId, "input.id").number


async def _payload(
    context: Context, changing: Awaitable[JournalState]
) -> ManualJournalPayload:
    """The payload of a step, or what is wrong with it."""
    try:
        changed = await changing
    except Rejected as rejected:
        errors = errors_of(rejected.problems, FIELDS)
        return ManualJournalPayload(manual_journal=None, user_errors=errors)
    return await _as_it_is(context, changed.number)


async def _as_it_is(context: Context, number: int) -> ManualJournalPayload:
    """The payload of a journal that was changed, as it is now."""
    await context.pins_after_a_write()
    journal = await manual_journal_numbered(context, number)
    return ManualJournalPayload(manual_journal=journal, user_errors=[])
