"""Loads journals by their numbers, with the details that their field selects."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from daybook.ledger.pins import Pin
from daybook.reports.journals.queries import journals_by_number
from daybook_graphql.context import Context, loader
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.journal_pages import journals_of
from daybook_graphql.journals.types import Journal


class JournalKey(NamedTuple):
    """A journal by its number in the pinned ledger, and what is selected of it."""

    pin: Pin
    number: int
    selected: Selected


@loader()
async def selected_journals(
    context: Context, keys: list[JournalKey]
) -> Sequence[Journal | None]:
    """Journals with their selected details; None where the ledger has none."""
    groups: dict[tuple[Pin, Selected], list[int]] = defaultdict(list)
    for pin, number, selected in keys:
        groups[pin, selected].append(number)
    found: dict[JournalKey, Journal] = {}
    async with context.database.pinned_reads() as session:
        for (pin, selected), numbers in groups.items():
            rows = await journals_by_number(session, pin, numbers)
            journals = await journals_of(context, session, pin, rows, selected)
            for journal in journals:
                found[JournalKey(pin, journal.row.number, selected)] = journal
    return [found.get(key) for key in keys]
