"""What every page's handler is given: operations, and a context for each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from daybook_graphql.context import Context
from daybook_graphql.operations import Operations


@dataclass(frozen=True, slots=True)
class Running:
    """The operations of one request: one context, so that all read one moment."""

    operations: Operations
    context: Context

    async def run(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Run a named operation; raises OperationFailed for any error."""
        return await self.operations.run(name, variables, self.context)


@dataclass(frozen=True, slots=True)
class Pages:
    """Starts the operations of each request."""

    operations: Operations
    new_context: Callable[[], Context]

    def start(self) -> Running:
        """For one request."""
        return Running(self.operations, self.new_context())
