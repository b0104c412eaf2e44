"""Puts the named operations and the printed schema into the wheel's GraphQL package."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BESIDE_THE_PACKAGE = {
    "graphql/operations": "daybook_graphql/operations",
    "graphql/schema.graphql": "daybook_graphql/schema.graphql",
}


class GraphQLDocuments(BuildHookInterface[Any]):
    """Adds the documents that live beside the package, not inside it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable install reads them in the checkout: a copy would go stale, and
        # a table of forced files in pyproject.toml would copy them there as well.
        if version == "standard":
            build_data["force_include"].update(BESIDE_THE_PACKAGE)
