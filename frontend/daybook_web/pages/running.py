"""What every page's handler is given: operations, and a context for each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from daybook.access.rules import Caller
from daybook_graphql.context import Context
from daybook_graphql.operations import Operations
from daybook_web.callers import caller_of


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
    new_context: Callable[[Caller], Context]

    def start(self, request: Request) -> Running:
        """For one request, of whoever asks."""
        return Running(self.operations, self.new_context(caller_of(request)))
