"""The schema class: Strawberry's, with permissions, time limits and translated errors.

Each stream gets a context of its own, and ends when its caller's access changes.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionResult

from daybook.db.failures import OUTAGES
from daybook_graphql.context import STRANGER, Context
from daybook_graphql.execution.checked_documents import CheckingRunner, document_cache
from daybook_graphql.execution.inside import core_schema
from daybook_graphql.kit.connections import describe_connections
from daybook_graphql.kit.errors import ErrorCode, failure, translated, unexpected
from daybook_graphql.kit.permissions import guard, rules_of


class Schema(strawberry.Schema):
    """A Strawberry schema; `roots` are the classes whose fields need permissions."""

    def __init__(self, *args: Any, roots: Sequence[type], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.documents = document_cache()
        self.rules = {root.__name__: rules_of(root, self.config) for root in roots}
        built = core_schema(self)
        self.paged = _paged(built)
        guard(built, self.rules)
        describe_connections(built)
        _leave_out_null_defaults(built)

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute an operation; errors carry codes, and none shows our internals."""
        context: Context = kwargs["context_value"]
        try:
            async with asyncio.timeout(None) as context.limit:
                result = await super().execute(*args, **kwargs)
        except TimeoutError:
            return _too_slow(context)
        if result.errors:
            result.errors = [translated(error) for error in result.errors]
        return result

    async def stream(self, query: str | None, **options: Any) -> StreamResult:  # type: ignore[override]  # Strawberry passes them by name
        """Stream the results of an operation, with translated errors.

        Each operation has a context of its own, also where many share a connection. It
        ends when its caller's access changes.
        """
        try:
            context = await options["context_value"].renewed()
        except OUTAGES as failed:
            return _only(ExecutionResult(None, [unexpected(failed)]))
        options["context_value"] = context
        if context.caller is STRANGER:  # lost access, and is still connected
            return _only(_ended())
        try:
            results = await super().stream(query, **options)
        except BaseException:
            context.end()
            raise
        return _while_let_in(_translated(results, context), context)

    def create_extensions_runner(self, *args: Any, **kwargs: Any) -> CheckingRunner:
        """The runner of `CheckedDocuments`, our only extension."""
        return CheckingRunner(*args, **kwargs)

    def process_errors(self, *args: Any, **kwargs: Any) -> None:
        """Strawberry would log every error; ours are logged where they get their id."""


def _paged(built: GraphQLSchema) -> frozenset[str]:
    """The names of fields that give pages."""
    return frozenset(
        name
        for kind in built.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if "first" in field.args
    )


def _ended() -> ExecutionResult:
    message = "your session or key has ended, or lets you do something else now"
    return ExecutionResult(None, [failure(ErrorCode.UNAUTHENTICATED, message)])


async def _only(result: ExecutionResult) -> AsyncGenerator[Any, None]:
    yield result


def _too_slow(context: Context) -> ExecutionResult:
    seconds = context.settings.query_seconds_max
    message = f"the query takes longer than {seconds:g} seconds: ask for less"
    error = failure(ErrorCode.TIMEOUT, message)
    error.path = []  # it was executed, but for no field of it
    return ExecutionResult(None, [error])


async def _translated(results: Any, context: Context) -> AsyncGenerator[Any, None]:
    async with aclosing(results):
        while True:
            try:
                async with asyncio.timeout(None) as limit:
                    context.limit = limit
                    result = await anext(results)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if not limit.expired():
                    raise
                yield _too_slow(context)
                return
            if result.errors:
                result.errors = [translated(error) for error in result.errors]
            yield result


async def _while_let_in(
    results: AsyncGenerator[Any, None], context: Context
) -> AsyncGenerator[Any, None]:
    """Yield results until the caller's access changes, and then an error.

    A connection that is closed then says so by its close code, and by nothing else.
    """
    access_changed = asyncio.ensure_future(context.until_access_changes())
    following: asyncio.Future[Any] | None = None
    try:
        while True:
            following = asyncio.ensure_future(anext(results))
            await asyncio.wait(
                [following, access_changed], return_when=asyncio.FIRST_COMPLETED
            )
            if not following.done():
                if context.is_closed_when_shut_out:
                    await asyncio.Event().wait()  # until the closing cancels this
                yield _ended()
                return
            try:
                result = following.result()
            except StopAsyncIteration:
                return
            yield result
    finally:
        begun = [access_changed] if following is None else [access_changed, following]
        for task in begun:
            task.cancel()
        try:
            await asyncio.gather(*begun, return_exceptions=True)
        finally:
            try:
                await results.aclose()
            finally:
                context.end()


def _leave_out_null_defaults(built: GraphQLSchema) -> None:
    """Remove the default null that Strawberry gives each optional argument.

    It changes nothing but the printed schema, which is shorter.
    """
    for kind in built.type_map.values():
        optional: list[GraphQLArgument | GraphQLInputField] = []
        if isinstance(kind, GraphQLInputObjectType):
            optional += kind.fields.values()
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field in kind.fields.values():
                optional += field.args.values()
        for argument in optional:
            if argument.default_value is None:
                argument.default_value = Undefined
