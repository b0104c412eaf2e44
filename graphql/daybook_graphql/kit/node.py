"""The interface of everything that has a global id."""

import strawberry

from daybook_graphql.kit.ids import IdText, NodeId, encode


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    node_id: strawberry.Private[NodeId | IdText]

    @strawberry.field(
        description="Opaque, and the same for ever: what `node(id:)` takes."
    )
    def id(self) -> strawberry.ID:
        return encode(self.node_id)
