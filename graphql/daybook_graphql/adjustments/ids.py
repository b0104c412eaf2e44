"""The ids of manual journals."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("ManualJournal", read_number)
class ManualJournalId(NamedTuple):
    """A manual journal, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"ManualJournal:{self.number}"
