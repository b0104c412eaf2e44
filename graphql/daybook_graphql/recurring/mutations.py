"""The mutations that write, submit, decide about and end recurring manual journals."""

from collections.abc import Awaitable, Sequence
from typing import Annotated

import strawberry

from daybook.adjustments.recurring.commands import (
    RecurrenceState,
    end_recurrence,
    save_recurrence,
    submit_recurrence,
    withdraw_recurrence,
)
from daybook.adjustments.recurring.deciding import (
    approve_recurrence,
    reject_recurrence,
)
from daybook.adjustments.recurring.rules import RecurrenceStatus
from daybook.adjustments.recurring.running import run_recurrences
from daybook.errors import Rejected
from daybook_graphql.adjustments.inputs import FIELDS
from daybook_graphql.adjustments.saving import check_version_is_given, errors_of_saving
from daybook_graphql.context import Context, Info
from daybook_graphql.kit.ids import expect
from daybook_graphql.kit.permissions import ADJUST, APPROVE, needs
from daybook_graphql.kit.user_errors import errors_of
from daybook_graphql.recurring.ids import RecurrenceId
from daybook_graphql.recurring.inputs import (
    EndRecurrenceInput,
    RecurrenceVersionInput,
    RecurringManualJournalPayload,
    RejectRecurrenceInput,
    SaveRecurringManualJournalInput,
    entered_recurrence,
)
from daybook_graphql.recurring.queries import recurrence_numbered

argument = strawberry.argument

Which = Annotated[RecurrenceVersionInput, argument(description="Which.")]


@strawberry.type
class RecurrenceMutations:
    @strawberry.mutation(
        description="Save a recurring manual journal: a new one, or a new version of"
        " one that isn't submitted or ended. It is a draft then: an active one makes no"
        " journals until its new version is submitted, and approved while four eyes is"
        " on.",
        metadata=needs(ADJUST),
    )
    async def save_recurring_manual_journal(
        self,
        info: Info,
        input: Annotated[
            SaveRecurringManualJournalInput, argument(description="What it holds.")
        ],
    ) -> RecurringManualJournalPayload:
        context = info.context
        number = None if input.id is None else _number(input.id)
        try:
            check_version_is_given(input.id, input.version, "recurrence")
            saved = await save_recurrence(
                context.database,
                context.organisation_id,
                entered_recurrence(input.recurrence, "input.recurrence"),
                number=number,
                version=input.version,
                idempotency_key=input.idempotency_key,
                now=context.now,
                made_by=context.made_by,
            )
        except Rejected as rejected:
            errors = errors_of_saving(rejected, "recurrence")
            return RecurringManualJournalPayload(
                recurring_manual_journal=None, made=[], user_errors=errors
            )
        return await _as_it_is(context, saved.number)

    @strawberry.mutation(
        description="Submit a draft or a rejected one. It is active at once; while four"
        " eyes is on, it is frozen until another person approves or rejects it."
        " Journals of dates that have passed are made at once (`made`).",
        metadata=needs(ADJUST),
    )
    async def submit_recurring_manual_journal(
        self, info: Info, input: Which
    ) -> RecurringManualJournalPayload:
        context = info.context
        changing = submit_recurrence(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Take a submitted one back: it is a draft again.",
        metadata=needs(ADJUST),
    )
    async def withdraw_recurring_manual_journal(
        self, info: Info, input: Which
    ) -> RecurringManualJournalPayload:
        context = info.context
        changing = withdraw_recurrence(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Approve a submitted one, and with it the journals that this"
        " version makes: they post on their dates, and at once where these have passed"
        " (`made`). None of those who saved or submitted it can, and nobody whose key"
        " did; keys approve nothing.",
        metadata=needs(APPROVE),
    )
    async def approve_recurring_manual_journal(
        self, info: Info, input: Which
    ) -> RecurringManualJournalPayload:
        context = info.context
        changing = approve_recurrence(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            user_id=context.caller.user_id,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="Send a submitted one back to its authors, with a reason. Who may"
        " is as in `approveRecurringManualJournal`.",
        metadata=needs(APPROVE),
    )
    async def reject_recurring_manual_journal(
        self,
        info: Info,
        input: Annotated[
            RejectRecurrenceInput, argument(description="Which, and why.")
        ],
    ) -> RecurringManualJournalPayload:
        context = info.context
        changing = reject_recurrence(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            reason=input.reason,
            user_id=context.caller.user_id,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)

    @strawberry.mutation(
        description="End it for good, whatever its state. The journals that it made"
        " stay as they are.",
        metadata=needs(ADJUST),
    )
    async def end_recurring_manual_journal(
        self,
        info: Info,
        input: Annotated[EndRecurrenceInput, argument(description="Which, and why.")],
    ) -> RecurringManualJournalPayload:
        context = info.context
        changing = end_recurrence(
            *(context.database, context.organisation_id, _number(input.id)),
            version=input.version,
            reason=input.reason,
            now=context.now,
            made_by=context.made_by,
        )
        return await _payload(context, changing)


def _number(id_: str) -> int:
    return expect(id_, RecurrenceId, "input.id").number


async def _payload(
    context: Context, changing: Awaitable[RecurrenceState]
) -> RecurringManualJournalPayload:
    """The payload of a step, or what is wrong with it.

    What is due of an active one is made at once: else its server does within a minute,
    as after a failure in between.
    """
    try:
        changed = await changing
    except Rejected as rejected:
        errors = errors_of(rejected.problems, FIELDS)
        return RecurringManualJournalPayload(
            recurring_manual_journal=None, made=[], user_errors=errors
        )
    made: list[int] = []
    if changed.status is RecurrenceStatus.ACTIVE:
        where = context.database, context.organisation_id
        due = run_recurrences(*where, now=context.now, recurrence=changed.number)
        made = [its.journal async for its in due]
    return await _as_it_is(context, changed.number, made)


async def _as_it_is(
    context: Context, number: int, made: Sequence[int] = ()
) -> RecurringManualJournalPayload:
    """The payload of a recurrence that was changed, as it is now."""
    await context.pins_after_a_write()
    recurrence = await recurrence_numbered(context, number)
    return RecurringManualJournalPayload(
        recurring_manual_journal=recurrence, made=list(made), user_errors=[]
    )
