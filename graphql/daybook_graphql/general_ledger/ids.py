"""The ids of connections and of refreshes."""

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


@node_id(
    *("GlRefresh", read_number),
    found_by="`{ glRefreshes { nodes { id } } }` lists them",
)
class GlRefreshId(NamedTuple):
    """A refresh of the dataset, by its number in the organisation."""

    number: int

    def __str__(self) -> str:
        return f"GlRefresh:{self.number}"
