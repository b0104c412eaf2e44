"""The interface of everything that has a global id."""

import strawberry


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque, and the same for ever: what `node(id:)` takes."
    )
