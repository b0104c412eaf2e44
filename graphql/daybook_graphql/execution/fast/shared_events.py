"""Executing an event of a subscription once for all subscribers of one document.

A thousand listen to one export with one document: each change of it is one object, read
by one query (`Changes.once`) and executed once for all of them. Subscribers who may see
different things never share: organisation and permissions are part of the key.
"""

import asyncio
from collections.abc import Hashable
from functools import partial
from typing import Any, ClassVar, TypeAlias

from cachetools import LRUCache
from graphql import ExecutionResult, OperationType

from daybook_graphql.execution.fast.direct import DirectExecutor

_Result: TypeAlias = "ExecutionResult | asyncio.Future[ExecutionResult]"

SHARED_MAX = 64
"""The most results that are kept: an event reaches all subscribers at about once."""


class SharingExecutor(DirectExecutor):
    """The direct executor, with one result per event, document and kind of caller."""

    # The event and the operation are kept too, so that their identities stay theirs.
    _results: ClassVar[LRUCache[Hashable, tuple[Any, Any, _Result]]] = LRUCache(
        SHARED_MAX
    )

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001  (the signature of graphql-core)
        """Execute an operation, unless it was executed for this event already."""
        is_event = (
            self.operation.operation is OperationType.SUBSCRIPTION
            and self.root_value is not None
        )
        if not is_event:
            return super().execute_operation(serially)
        key = self._key()
        known = self._results.get(key)
        if known is not None:
            return _of(known[-1])
        result: Any = super().execute_operation(serially)
        if self.is_awaitable(result):
            result = asyncio.ensure_future(result)
            result.add_done_callback(partial(self._forget_errors, key))
        elif not isinstance(result, ExecutionResult) or result.errors:
            return result
        self._results[key] = (self.root_value, self.operation, result)
        return _of(result)

    def _forget_errors(
        self, key: Hashable, done: "asyncio.Future[ExecutionResult]"
    ) -> None:
        """Execute the event again for later subscribers."""
        if done.cancelled() or done.exception() or done.result().errors:
            self._results.pop(key, None)

    def _key(self) -> Hashable:
        caller = self.context_value.caller
        return (
            id(self.root_value),
            id(self.operation),
            repr(self.variable_values.coerced),
            caller.organisation_id,
            caller.permissions,
        )


def _of(result: _Result) -> Any:
    return result if isinstance(result, ExecutionResult) else _awaited(result)


async def _awaited(result: "asyncio.Future[ExecutionResult]") -> ExecutionResult:
    """A result that others await too: cancelling one of them cancels no other."""
    return await asyncio.shield(result)
