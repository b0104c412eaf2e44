"""The ids of recurrences."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("RecurringManualJournal", read_number)
class RecurrenceId(NamedTuple):
    """A recurrence, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"RecurringManualJournal:{self.number}"
