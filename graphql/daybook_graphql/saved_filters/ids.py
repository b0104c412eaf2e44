"""The ids of saved filters."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("SavedFilter", read_number)
class SavedFilterId(NamedTuple):
    """A saved filter, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"SavedFilter:{self.number}"
