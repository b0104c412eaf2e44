"""The named operations of `graphql/operations`: what pages run, and examples for all.

They are validated against the schema when they are loaded, so no page meets an invalid
one, and they run in process through the same resolvers as all operations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from daybook_graphql.context import Context
from daybook_graphql.execution.checked_documents import RULES, keep_document
from daybook_graphql.execution.inside import core_schema
from daybook_graphql.execution.kept_results import KeptResults
from daybook_graphql.execution.schema import Schema
from daybook_graphql.execution.turns import Turns
from daybook_graphql.kit.errors import CODE, NEEDED, RETRY_AFTER

PACKAGED = "operations"
SUFFIX = ".graphql"


@dataclass(frozen=True, slots=True)
class OperationError:
    """One error of an operation; `path` leads to the field, `problems` to its reasons.

    `code` is one of `ErrorCode` or `ProblemCode`.
    """

    code: str
    message: str
    path: tuple[str | int, ...]
    argument: str | None = None
    problems: tuple[Mapping[str, Any], ...] = ()
    retry_seconds: int | None = None
    needed: tuple[str, ...] = ()
    """The names of permissions that a refused caller lacks: with one they may do it."""


class OperationFailed(Exception):
    """An operation ended with errors; its data is not used."""

    def __init__(self, name: str, errors: list[OperationError]) -> None:
        super().__init__(f"{name}: {'; '.join(error.message for error in errors)}")
        self.errors = errors

    @property
    def codes(self) -> set[str]:
        """The codes of all its errors."""
        return {error.code for error in self.errors}


class InvalidOperation(Exception):
    """A file of operations that doesn't fit the schema: our own mistake."""


class Operations:
    """All named operations, valid and ready to run."""

    def __init__(self, schema: Schema, texts: Mapping[str, str] | None = None) -> None:
        self._schema = schema
        self._turns = Turns()
        self._kept = KeptResults()
        self._texts = operation_texts() if texts is None else dict(texts)
        for name, text in self._texts.items():
            _check(schema, name, text)

    @property
    def names(self) -> list[str]:
        """The operations' names, in alphabetical order."""
        return sorted(self._texts)

    async def run(
        self, name: str, variables: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        """Run an operation and give its data; raises OperationFailed for any error."""
        context.is_trusted = True
        async with self._turns.turn():
            result = await self._schema.execute(
                self._texts[name],
                variable_values=dict(variables),
                context_value=context,
                operation_name=name,
            )
        if result.errors:
            raise OperationFailed(name, [_error_of(error) for error in result.errors])
        assert result.data is not None, "an operation without errors has data"
        return result.data

    async def run_kept(
        self, name: str, variables: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        """Run a query of an organisation's ledgers, unless its result is still true.

        It must read nothing of the runtime store, such as jobs. The data is shared:
        nobody may change it.
        """
        return await self._kept.of(
            name, variables, context, lambda: self.run(name, variables, context)
        )

    async def known(
        self, name: str, variables: Mapping[str, Any], context: Context
    ) -> dict[str, Any] | None:
        """What `run_kept` would give without running anything, if that is known."""
        return await self._kept.known(name, variables, context)


def operation_texts() -> dict[str, str]:
    """The text of each operation by its name, which is its file's name too."""
    return {**_operation_texts()}


@cache
def _operation_texts() -> Mapping[str, str]:
    """The same, read once: they are a part of the program."""
    folder = _folder()
    return {
        file.name.removesuffix(SUFFIX): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(SUFFIX)
    }


def _folder() -> Traversable:
    """The operations inside the installed package, or beside it in a checkout."""
    packaged = files("daybook_graphql") / PACKAGED
    if packaged.is_dir():
        return packaged
    return Path(__file__).parents[2] / PACKAGED


def _check(schema: Schema, name: str, text: str) -> None:
    """Validate an operation, and keep it as a known document of the schema."""
    known = schema.documents.get(text)
    try:
        document = known.document if known else parse(text)
    except GraphQLSyntaxError as error:
        raise InvalidOperation(f"{name}{SUFFIX}: {error}") from None
    names = _operation_names(document)
    if names != [name]:
        raise InvalidOperation(f"{name}{SUFFIX} holds {names}, not just {name}")
    if known is not None:
        return
    errors = validate(core_schema(schema), document, RULES)
    if errors:
        raise InvalidOperation(f"{name}{SUFFIX}: {errors[0]}")
    keep_document(schema.documents, text, document)


def _operation_names(document: DocumentNode) -> list[str | None]:
    return [
        definition.name.value if definition.name else None
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]


def _error_of(error: Any) -> OperationError:
    extensions = error.extensions or {}
    return OperationError(
        code=extensions[CODE],
        message=error.message,
        path=tuple(error.path or ()),
        argument=extensions.get("argument"),
        problems=tuple(extensions.get("problems", ())),
        retry_seconds=extensions.get(RETRY_AFTER),
        needed=tuple(extensions.get(NEEDED, ())),
    )
