"""The manual journals of a ledger's journals: what adjusts them, what posted them."""

from daybook.ledger.pins import Pin
from daybook_graphql.adjustments.loaders import LedgerKey, adjusting, posting
from daybook_graphql.adjustments.types import ManualJournal, manual_journal_of
from daybook_graphql.context import Info
from daybook_graphql.journals.types import adjustments_of_journal, manual_of_document


@adjustments_of_journal.implemented
async def _adjustments(info: Info, pin: Pin, number: int) -> list[ManualJournal]:
    found = await adjusting(info.context).load(LedgerKey(pin, number))
    return [manual_journal_of(row) for row in found]


@manual_of_document.implemented
async def _manual(info: Info, pin: Pin, document: int) -> ManualJournal | None:
    found = await posting(info.context).load(LedgerKey(pin, document))
    return None if found is None else manual_journal_of(found)
