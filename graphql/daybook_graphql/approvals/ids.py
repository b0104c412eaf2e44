"""The ids of requested changes."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id("ChangeRequest", read_number)
class ChangeRequestId(NamedTuple):
    """A requested change, by its number in its organisation."""

    number: int

    def __str__(self) -> str:
        return f"ChangeRequest:{self.number}"
