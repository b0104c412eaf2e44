"""The ids of journals, movements and entries."""

from typing import NamedTuple

from daybook.calendar import Day, day_text, parse_day
from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id, read_currency, read_seq


def journals_of_ledger(currency: str) -> str:
    """How the texts of its journals' ids begin; their numbers follow."""
    return f"Journal:{currency}:"


@node_id("Journal", read_currency, read_number)
class JournalId(NamedTuple):
    """A journal, by its number in its ledger."""

    currency: str
    number: int

    def __str__(self) -> str:
        return f"{journals_of_ledger(self.currency)}{self.number}"


@node_id("Movement", read_currency, read_number, read_seq)
class MovementId(NamedTuple):
    """A movement, by its place in its journal."""

    currency: str
    number: int
    seq: int

    def __str__(self) -> str:
        return f"Movement:{self.currency}:{self.number}:{self.seq}"


@node_id("Entry", read_currency, read_number, read_seq, parse_day)
class EntryId(NamedTuple):
    """One day of a movement."""

    currency: str
    number: int
    seq: int
    day: Day

    def __str__(self) -> str:
        return f"Entry:{self.currency}:{self.number}:{self.seq}:{day_text(self.day)}"
