"""Connections: pages of any listed type as edges, nodes and page info.

A type is declared as `@listed`, and a field returns `Connection[User]`. In the schema
these are `UserConnection` and `UserEdge`, described by the declaration; Strawberry
would describe them alike for all types.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition

from daybook.paging import Page
from daybook_graphql.kit.paging import cursor_of
from daybook_graphql.kit.scalars import BigInt

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = Callable[[Row], Sequence[int | str]]
field = strawberry.field

RECORDING = (
    "The ledger's recording that the answer is of: give it as `asOfRecording` for the"
    " next page, and as `changedAfterRecording` for what changed since, once all pages"
    " are read."
)
"""The description of `recording` in the connections of a pinned ledger."""


@strawberry.type(description="Whether there is more on either side of a page.")
class PageInfo:
    has_next_page: bool = field(description="Whether more comes after.")
    has_previous_page: bool = field(description="Whether more comes before.")
    start_cursor: str | None = field(
        description="The first item's cursor; null on an empty page."
    )
    end_cursor: str | None = field(
        description="The last item's cursor; null on an empty page."
    )


@strawberry.type
class Edge(Generic[Item]):
    cursor: str
    node: Item


@strawberry.type
class Connection(Generic[Item]):
    edges: list[Edge[Item]]
    nodes: list[Item] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    total_count: int = field(description="How many there are in all.")


@strawberry.type
class PinnedConnection(Connection[Item]):
    recording: BigInt = field(description=RECORDING)


class Listing(NamedTuple):
    """The descriptions of a listed type's connection and edges, and their names."""

    name: str
    page: str
    items: str
    edge: str
    cursor: str
    node: str


_LISTINGS: dict[type, Listing] = {}


def listed(
    item: str,
    items: str,
    *,
    page: str,
    cursor: str = "Where it stands in the list.",
    node: str | None = None,
    name: str | None = None,
) -> Callable[[type[Item]], type[Item]]:
    """Declare a type of items that connections list.

    `item` is the singular with its article, `items` the plural. `page` describes the
    connection; `cursor` and `node` describe an edge's fields. The names of both begin
    with `name`, or the type's name.
    """

    def declare(item_type: type[Item]) -> type[Item]:
        _LISTINGS[item_type] = Listing(
            name=name or item_type.__name__,
            page=page,
            items=f"The page's {items}.",
            edge=f"{item} in a list.",
            cursor=cursor,
            node=node or f"The {item.partition(' ')[2]}.",
        )
        return item_type

    return declare


_SUFFIXES = {
    Connection.__name__: Connection.__name__,
    PinnedConnection.__name__: Connection.__name__,
    Edge.__name__: Edge.__name__,
}
"""The ends of the names of connections and edges, by those of their classes."""


class ConnectionNames(NameConverter):
    """Names connections and edges as their types are listed."""

    def from_generic(
        self, generic_type: StrawberryObjectDefinition, types: list[Any]
    ) -> str:
        """`UserConnection` for `Connection[User]`."""
        suffix = _SUFFIXES.get(generic_type.name)
        if suffix is None:
            return super().from_generic(generic_type, types)
        (item_type,) = types
        assert item_type in _LISTINGS, (
            f"{item_type.__name__} is not declared as @listed"
        )
        return f"{_LISTINGS[item_type].name}{suffix}"


def describe_connections(built: GraphQLSchema) -> None:
    """Set the descriptions of all connections and edges."""
    for listing in _LISTINGS.values():
        connection = built.type_map.get(f"{listing.name}{Connection.__name__}")
        edge = built.type_map.get(f"{listing.name}{Edge.__name__}")
        if isinstance(connection, GraphQLObjectType):
            connection.description = listing.page
            connection.fields["edges"].description = listing.items
        if isinstance(edge, GraphQLObjectType):
            edge.description = listing.edge
            edge.fields["cursor"].description = listing.cursor
            edge.fields["node"].description = listing.node


def connection_of(
    page: Page[Row], nodes: Sequence[Item], key: Key[Row], total_count: int
) -> Connection[Item]:
    """A page as a connection.

    `nodes` show the page's rows in their order; `key` is a row's sort key, which makes
    its cursor.
    """
    edges = edges_of(page, nodes, key)
    return Connection(
        edges=edges,
        nodes=list(nodes),
        page_info=page_info(page, [edge.cursor for edge in edges]),
        total_count=total_count,
    )


def pinned_connection_of(
    page: Page[Row],
    nodes: Sequence[Item],
    key: Key[Row],
    total_count: int,
    recording: int,
) -> PinnedConnection[Item]:
    """As `connection_of`, of a ledger at a recording."""
    edges = edges_of(page, nodes, key)
    return PinnedConnection(
        edges=edges,
        nodes=list(nodes),
        page_info=page_info(page, [edge.cursor for edge in edges]),
        total_count=total_count,
        recording=BigInt(recording),
    )


def edges_of(page: Page[Row], nodes: Sequence[Item], key: Key[Row]) -> list[Edge[Item]]:
    """The edges of a page's nodes, which show its rows in their order."""
    return [
        Edge(cursor=cursor_of(key(row)), node=node)
        for row, node in zip(page.items, nodes, strict=True)
    ]


def page_info(page: Page[Any], cursors: Sequence[str]) -> PageInfo:
    """The info of a page; `cursors` begin and end with those of its items."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
