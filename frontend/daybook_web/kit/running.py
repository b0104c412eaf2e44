"""Operations of one request: what a page loads, and what its forms change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from daybook_graphql.context import Context
from daybook_graphql.execution.operations import OperationFailed, Operations
from daybook_web.kit.results import ResultType, read_result

REQUEST = "request"
"""The field of payloads that holds a request for another person's approval."""
UNFIT = {"INVALID_VALUE", "INVALID_QUERY", "INVALID_ID"}
"""The codes of values that the schema rejects, such as a malformed date."""


class InputFault(NamedTuple):
    """A user error of a mutation's input; `field` is empty for errors of no field.

    `path` leads on from the field, to a line and its field; `line` is that of a file,
    if the operation asks for it.
    """

    field: str
    code: str
    message: str
    path: tuple[str, ...] = ()
    line: int | None = None


class Refused(Exception):
    """A mutation changed nothing: something is wrong with its input."""

    def __init__(self, faults: list[InputFault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


class Requested(Refused):
    """A mutation changed nothing yet: another person has to approve it.

    `number` is that of the request.
    """

    def __init__(self, faults: list[InputFault], number: int) -> None:
        super().__init__(faults)
        self.number = number


def refused_by_schema(failed: OperationFailed) -> Refused:
    """The values that the schema rejects, as faults; raises any other error again."""
    if not failed.codes <= UNFIT:
        raise failed
    return Refused(
        [InputFault("", error.code, error.message) for error in failed.errors]
    )


@dataclass(frozen=True, slots=True)
class Running:
    """The operations of one request: one context, so that all read one moment."""

    operations: Operations
    context: Context

    def renewed(self) -> "Running":
        """The same of a later moment: nothing is loaded yet."""
        return Running(self.operations, self.context.unloaded())

    async def run(
        self, kind: type[ResultType], variables: Mapping[str, Any]
    ) -> ResultType:
        """Run the operation that a result class is named for.

        Raises OperationFailed for any error.
        """
        name = kind.__name__
        data = await self.operations.run(name, variables, self.context)
        return read_result(kind, data)

    async def run_kept(
        self, kind: type[ResultType], variables: Mapping[str, Any]
    ) -> ResultType:
        """As `run`, of ledgers alone: nothing is read again while nothing changed.

        Raises OperationFailed for any error.
        """
        data = await self.operations.run_kept(kind.__name__, variables, self.context)
        return read_result(kind, data)

    async def known(
        self, kind: type[ResultType], variables: Mapping[str, Any]
    ) -> ResultType | None:
        """What `run_kept` would give, if nothing has to be read for it."""
        data = await self.operations.known(kind.__name__, variables, self.context)
        return None if data is None else read_result(kind, data)

    async def change(
        self, name: str, variables: Mapping[str, Any], kind: type[ResultType]
    ) -> ResultType:
        """Run a mutation and return its payload.

        Raises Requested where another person has to approve it, Refused where its input
        is wrong, OperationFailed for any other error.
        """
        try:
            data = await self.operations.run(name, {"input": variables}, self.context)
        except OperationFailed as failed:
            raise refused_by_schema(failed) from None
        (payload,) = data.values()
        if payload["userErrors"]:
            faults = [
                InputFault(
                    "".join(error["path"][:1]),
                    error["code"],
                    error["message"],
                    tuple(error["path"]),
                    error.get("line"),
                )
                for error in payload["userErrors"]
            ]
            if payload.get(REQUEST):
                raise Requested(faults, payload[REQUEST]["number"])
            raise Refused(faults)
        return read_result(kind, payload)
