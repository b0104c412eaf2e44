"""The subscription `manualJournalsChanged`: what pages that show them listen to."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from daybook.adjustments.queries import last_step_of
from daybook.adjustments.recurring.queries import last_recurrence_step_of
from daybook.four_eyes.queries import is_four_eyes_on, last_change_of
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.listening import each_change
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import BigInt


@strawberry.type(
    description="That something was done with a manual journal, a recurring one, a"
    " requested change, or four eyes."
)
class ManualJournalsChange:
    last_step: BigInt = strawberry.field(
        description="The number of the last step of any manual journal; 0 before the"
        " first one. Several steps that came together are told as one change."
    )
    last_recurrence_step: BigInt = strawberry.field(
        description="The number of the last step of any recurring manual journal; 0"
        " before the first one."
    )
    last_request: BigInt = strawberry.field(
        description="The number of the last requested change; 0 before the first one."
    )
    decided_requests: BigInt = strawberry.field(
        description="How many of the requested changes don't wait any more."
    )
    is_four_eyes_on: bool = strawberry.field(description="Whether four eyes is on.")


@strawberry.type
class AdjustmentSubscriptions:
    @strawberry.subscription(
        description="What the organisation's manual journals and requested changes have"
        " come to: now, and then at each step and each decision, whichever process made"
        " it. It completes after an hour; subscribing again begins with the state"
        " then.",
        metadata=needs(READ),
    )
    async def manual_journals_changed(
        self, info: Info
    ) -> AsyncGenerator[ManualJournalsChange, None]:
        context = info.context
        last_sent: ManualJournalsChange | None = None
        changes = context.database.changes
        key = (ManualJournalsChange, context.organisation_id)
        async with aclosing(each_change(changes)) as each:
            async for _ in each:
                change = await changes.once(key, lambda: _newest(context))
                if change != last_sent:
                    last_sent = change
                    yield change


async def _newest(context: Context) -> ManualJournalsChange:
    async with context.database.pinned_reads() as session:
        last_step = await last_step_of(session, context.organisation_id)
        of_recurrences = await last_recurrence_step_of(session, context.organisation_id)
        requests, decided = await last_change_of(session, context.organisation_id)
        is_on = await is_four_eyes_on(session, context.organisation_id)
    return ManualJournalsChange(
        last_step=BigInt(last_step),
        last_recurrence_step=BigInt(of_recurrences),
        last_request=BigInt(requests),
        decided_requests=BigInt(decided),
        is_four_eyes_on=is_on,
    )
