"""The recurrences of manual journals: what made them."""

from daybook_graphql.adjustments.types import (
    maker_of_manual_journal,
    recurrence_of_manual_journal,
)
from daybook_graphql.context import Info
from daybook_graphql.recurring.loaders import instances, makers, recurrences
from daybook_graphql.recurring.types import RecurringManualJournal, recurrence_of


@recurrence_of_manual_journal.implemented
async def _recurrence(info: Info, number: int) -> RecurringManualJournal | None:
    instance = await instances(info.context).load(number)
    if instance is None:
        return None
    return recurrence_of(await recurrences(info.context).load(instance.recurrence))


@maker_of_manual_journal.implemented
async def _maker(info: Info, number: int) -> str | None:
    instance = await instances(info.context).load(number)
    if instance is None:
        return None
    version = instance.recurrence, instance.version
    return (await makers(info.context).load(version)).words()
