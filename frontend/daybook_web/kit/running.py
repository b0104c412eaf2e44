"""What every page's handler is given: operations, and a context for each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request

from daybook.access.rules import Caller
from daybook_graphql.context import Context
from daybook_graphql.operations import OperationFailed, Operations
from daybook_web.kit.callers import caller_of

UNFIT = {"INVALID_VALUE", "INVALID_QUERY", "INVALID_ID"}
"""The codes of values that the schema doesn't take, such as a date."""


class Fault(NamedTuple):
    """What is wrong with a field of a mutation's input; `field` is empty for none."""

    field: str
    code: str
    message: str


def unfit(failed: OperationFailed) -> list[Fault]:
    """What the schema says of values that it doesn't take; raises any other error."""
    if not failed.codes <= UNFIT:
        raise failed
    return [Fault("", one.code, one.message) for one in failed.errors]


@dataclass(frozen=True, slots=True)
class Running:
    """The operations of one request: one context, so that all read one moment."""

    operations: Operations
    context: Context

    async def run(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Run a named operation; raises OperationFailed for any error."""
        return await self.operations.run(name, variables, self.context)

    async def change(
        self, name: str, given: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Fault]]:
        """Run a mutation; its payload, and what is wrong with its input.

        The payload is empty where the schema doesn't take a value. Raises
        OperationFailed for any other error.
        """
        try:
            (payload,) = (await self.run(name, {"input": given})).values()
        except OperationFailed as failed:
            return {}, unfit(failed)
        return payload, [
            Fault("".join(one["path"][:1]), one["code"], one["message"])
            for one in payload["userErrors"]
        ]


@dataclass(frozen=True, slots=True)
class Pages:
    """Starts the operations of each request."""

    operations: Operations
    new_context: Callable[[Caller], Context]

    def start(self, request: Request) -> Running:
        """For one request, of whoever asks."""
        return Running(self.operations, self.new_context(caller_of(request)))
