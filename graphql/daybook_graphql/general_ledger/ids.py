"""The id of a connection."""

from typing import NamedTuple

from daybook.numbers import read_number
from daybook_graphql.kit.ids import node_id


@node_id(
    *("GlConnection", read_number),
    found_by="`{ glConnections { id name } }` lists them",
)
class GlConnectionId(NamedTuple):
    """A connection, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"GlConnection:{self.number}"
