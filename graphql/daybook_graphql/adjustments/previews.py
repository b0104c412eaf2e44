"""The query `manualJournalPreview`: what a journal would be; nothing is saved."""

from typing import Annotated

import strawberry

from daybook.adjustments.effects import effect_of
from daybook.adjustments.previewing import preview_draft
from daybook.errors import Rejected
from daybook.ledger.models import Ledger as StoredLedger
from daybook_graphql.adjustments.effects import ManualJournalEffect, effect_shown
from daybook_graphql.adjustments.inputs import (
    FIELDS,
    ManualJournalInput,
    entered_journal,
)
from daybook_graphql.adjustments.lines import ManualJournalLine, lines_shown
from daybook_graphql.context import Info
from daybook_graphql.kit.money import Money, money
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.user_errors import UserError, errors_of
from daybook_graphql.ledgers.queries import pin_of

field = strawberry.field


@strawberry.type(description="What a manual journal would be if it were submitted now.")
class ManualJournalPreview:
    lines: list[ManualJournalLine] = field(
        description="Its lines, those included that would take the adjusted journal"
        " back; none where an amount can't be read."
    )
    debits: Money = field(description="What the debits of these lines sum to.")
    credits: Money = field(description="What the credits of these lines sum to.")
    effect: ManualJournalEffect | None = field(
        description="What posting it would do; null while its lines can't be posted."
    )
    user_errors: list[UserError] = field(
        description="What stands against posting it now, by the fields of the input."
    )


@strawberry.type
class PreviewedAdjustments:
    @strawberry.field(
        description="What a manual journal would be and do if it were submitted now."
        " Nothing is saved.",
        metadata=needs(READ),
    )
    async def manual_journal_preview(
        self,
        info: Info,
        input: Annotated[
            ManualJournalInput, strawberry.argument(description="What it would hold.")
        ],
    ) -> ManualJournalPreview:
        context = info.context
        pin = await pin_of(context, input.ledger_id)
        try:
            entered = entered_journal(input, "input")
        except Rejected as rejected:
            return _unread(pin.currency, rejected)
        effect, shown = None, None
        async with context.database.pinned_reads() as session:
            ledger = await session.get_one(StoredLedger, pin.ledger_id)
            version, problems = await preview_draft(session, ledger, entered)
            if version.is_balanced:
                where = (session, context.organisation_id)
                effect = await effect_of(*where, version)
        # A loader opens a session of its own: none is held while it is awaited.
        if effect is not None:
            shown = await effect_shown(context, pin, version.day, effect)
        return ManualJournalPreview(
            lines=await lines_shown(context, pin, version),
            debits=money(version.debits, pin.currency),
            credits=money(version.credits, pin.currency),
            effect=shown,
            user_errors=errors_of(problems, FIELDS),
        )


def _unread(currency: str, rejected: Rejected) -> ManualJournalPreview:
    """The preview of an input whose amounts can't be read."""
    return ManualJournalPreview(
        lines=[],
        debits=money(0, currency),
        credits=money(0, currency),
        effect=None,
        user_errors=errors_of(rejected.problems, FIELDS),
    )
