"""The subscription `ledgerChanged`: what live pages listen to."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from daybook.ledger.models import Recording
from daybook.ledger.pins import Pin
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.listening import each_change
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import BigInt, DateTime
from daybook_graphql.ledgers.queries import LedgerIdArgument, pin_of
from daybook_graphql.ledgers.types import Ledger, ledger_of


@strawberry.type(
    description="That a ledger has something new: a run, a lock, a setting, a name."
)
class LedgerChange:
    ledger: Ledger = strawberry.field(description="The ledger as it is now.")
    recording: BigInt = strawberry.field(
        description="The number of its last recording; several that came together are"
        " told as one change. To bring a copy up to date, ask what changed after the"
        " recording that the copy has come to (`changedAfterRecording`), not after this"
        " one."
    )
    recorded_at: DateTime = strawberry.field(description="When that was made.")
    reason: str = strawberry.field(description="Why it was made, in words.")
    made_by: str | None = strawberry.field(description="By whom, where it is known.")


@strawberry.type
class LedgerSubscriptions:
    @strawberry.subscription(
        description="What a ledger has come to: its last recording now, and then each"
        " time that it has another one, whichever process made it. It completes after"
        " an hour; subscribing again begins with the state then.",
        metadata=needs(READ),
    )
    async def ledger_changed(
        self, info: Info, ledger_id: LedgerIdArgument
    ) -> AsyncGenerator[LedgerChange, None]:
        context = info.context
        pin = await pin_of(context, ledger_id)
        last_sent: int | None = None
        changes = context.database.changes
        key = (LedgerChange, context.organisation_id, pin.ledger_id)
        async with aclosing(each_change(changes)) as each:
            async for _ in each:
                change = await changes.once(key, lambda: _newest(context, pin))
                if change.recording != last_sent:
                    last_sent = change.recording
                    yield change


async def _newest(context: Context, before: Pin) -> LedgerChange:
    """The ledger at its last recording."""
    pin = (await context.unloaded().pins())[before.currency]
    async with context.database.pinned_reads() as session:
        recording = await session.get_one(Recording, (pin.ledger_id, pin.recording))
    return LedgerChange(
        ledger=ledger_of(pin),
        recording=BigInt(recording.number),
        recorded_at=DateTime(recording.recorded_at),
        reason=recording.reason,
        made_by=recording.made_by,
    )
