"""Documents before they are executed: parsed, validated and kept within limits once.

A document that was found valid is kept with what its operations cost, by its text.
"""

from asyncio import get_running_loop
from collections.abc import Container, Hashable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, TypeAlias

from cachetools import LRUCache
from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    KnownDirectivesRule,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    Visitor,
    get_operation_ast,
    specified_rules,
    validate,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from daybook_graphql.context import Context
from daybook_graphql.execution.inside import core_schema
from daybook_graphql.execution.limits import (
    CHARACTERS_MAX,
    COMMENTS_MAX,
    TOKENS_MAX,
    cost_of,
    excess_of,
    unreadable_of,
)
from daybook_graphql.kit.errors import ErrorCode, TooMany, failure

SIZES = frozenset({"first", "last", "ids"})
"""Arguments that give the size of a list."""
ERRORS_MAX = 20
"""The most errors of a document that are reported; then validation stops."""
COSTS_MAX = 1_000
"""The most costs of a document that are kept: pages have 100 sizes."""
CACHED_MAX = 250
"""The most documents that are kept: clients send few different ones."""
CACHED_CHARACTERS_MAX = 250_000
"""The most characters of all kept documents: each takes some hundred bytes."""


class KnownDocument:
    """A valid document, and the costs of its operations."""

    def __init__(self, text: str, document: DocumentNode) -> None:
        self.document = document
        self.size = max(len(text), CACHED_CHARACTERS_MAX // CACHED_MAX)
        self._sized_by = _sized_by(document)
        self._costs: LRUCache[Hashable, int] = LRUCache(COSTS_MAX)

    def cost(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        paged: Container[str],
    ) -> int:
        """`cost_of` an operation, measured once for the same sizes of its lists."""
        sizes = [_size_given(variables, name) for name in self._sized_by]
        key = (id(operation), *sizes)  # a node of the document, which is kept
        cost = self._costs.get(key)
        if cost is None:
            cost = cost_of(self.document, operation, variables, paged)
            self._costs[key] = cost
        return cost


def _sized_by(document: DocumentNode) -> tuple[str, ...]:
    """The variables that give the sizes of lists."""
    names: set[str] = set()

    class Visits(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if node.name.value in SIZES:
                visit(node.value, Variables())

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            names.add(node.name.value)

    visit(document, Visits())
    return tuple(sorted(names))


def _size_given(variables: Mapping[str, Any], name: str) -> Hashable:
    """A key of the list's size that a variable gives: equal keys cost the same."""
    if name not in variables:
        return Undefined
    value = variables[name]
    if isinstance(value, list):
        return ("items", len(value))
    return value if isinstance(value, int | float | None) else str


DocumentCache: TypeAlias = LRUCache[str, KnownDocument]
"""Valid documents by their texts; the least recently used ones are dropped."""


def document_cache() -> DocumentCache:
    """An empty cache."""
    return LRUCache(CACHED_CHARACTERS_MAX, lambda known: known.size)


def keep_document(cache: DocumentCache, text: str, document: DocumentNode) -> None:
    """Cache a valid document, unless it is larger than the whole cache."""
    known = KnownDocument(text, document)
    if known.size <= cache.maxsize:
        cache[text] = known


class KnownDirectivesOnce(KnownDirectivesRule):
    """Reports the first unknown or misplaced directive only."""

    _has_reported = False

    def report_error(self, error: GraphQLError) -> None:
        """Report the first error."""
        if not self._has_reported:
            self._has_reported = True
            super().report_error(error)


RULES = (
    *(
        KnownDirectivesOnce if rule is KnownDirectivesRule else rule
        for rule in specified_rules
    ),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
"""The rules of documents: graphql-core's and Strawberry's."""


class CheckedDocuments(SchemaExtension):
    """Parses and validates a document once, and enforces limits on others' documents.

    Nothing is raised here: Strawberry would swallow it on streams. Nothing is done
    after a step, either: `CheckingRunner` doesn't return to it.
    """

    _known: KnownDocument | None = None

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        self._known = self._cache.get(execution.query or "")
        if self._known is not None:
            execution.graphql_document = self._known.document
        elif not execution.context.is_trusted:
            execution.parse_options = _PARSE_OPTIONS
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None, "what is validated was parsed"
        operation = get_operation_ast(document, execution.operation_name)
        errors = self._errors(document, operation)
        if not errors:
            if self._known is None:
                keep_document(self._cache, execution.query or "", document)
            errors = self._begin(operation)
        # Strawberry validates nothing that has its list of errors, if an empty one.
        execution.pre_execution_errors = errors
        yield

    def _errors(
        self, document: DocumentNode, operation: OperationDefinitionNode | None
    ) -> list[GraphQLError]:
        """The errors that keep a document from being executed."""
        execution = self.execution_context
        if not execution.context.is_trusted:
            excess = (
                None if self._known else unreadable_of(document) or excess_of(document)
            )
            excess = excess or self._excess_of_cost(document, operation)
            if excess is not None:
                return [excess]
        if self._known is not None:
            return []
        built = core_schema(execution.schema)
        return validate(built, document, RULES, max_errors=ERRORS_MAX)

    def _begin(self, operation: OperationDefinitionNode | None) -> list[GraphQLError]:
        """Begin a valid operation, unless its caller has too many running."""
        context: Context = self.execution_context.context
        kind = operation.operation if operation else None
        if kind is not OperationType.QUERY:
            context.present = None  # it may change before it is read
        try:
            context.begin(is_subscription=kind is OperationType.SUBSCRIPTION)
        except TooMany as refused:
            return [failure(ErrorCode.RATE_LIMITED, str(refused))]
        self._limit_time(operation)
        return []

    def _excess_of_cost(
        self, document: DocumentNode, operation: OperationDefinitionNode | None
    ) -> GraphQLError | None:
        """The error for an operation that may answer more values than allowed."""
        if operation is None:
            return None
        execution = self.execution_context
        most = execution.context.settings.query_cost_max
        paged = execution.schema.paged  # type: ignore[attr-defined]  # the schema is ours
        variables = execution.variables or {}
        if self._known is None:
            cost = cost_of(document, operation, variables, paged)
        else:
            cost = self._known.cost(operation, variables, paged)
        if cost <= most:
            return None
        message = (
            f"the operation may answer {cost:,} values, and {most:,} are allowed:"
            " ask for smaller pages, or for less of each item"
        )
        return failure(ErrorCode.TOO_COMPLEX, message)

    def _limit_time(self, operation: OperationDefinitionNode | None) -> None:
        """Limit a query's time; a mutation is never interrupted."""
        context: Context = self.execution_context.context
        is_query = operation and operation.operation is OperationType.QUERY
        if context.limit is not None and is_query and not context.is_trusted:
            seconds = context.settings.query_seconds_max
            context.limit.reschedule(get_running_loop().time() + seconds)

    @property
    def _cache(self) -> DocumentCache:
        cache: DocumentCache
        cache = self.execution_context.schema.documents  # type: ignore[attr-defined]  # the schema is ours
        return cache


class CheckingRunner(SchemaExtensionsRunner):
    """Runs the checks of documents as plain calls; there is no other extension.

    Strawberry would look for its hooks, and make and enter context managers for four
    steps of each operation: a fifth of the time around a short one.
    """

    extensions: list[CheckedDocuments]  # type: ignore[assignment]

    def operation(self) -> Any:
        """Nothing is to be done around an operation."""
        return _NOTHING

    def parsing(self) -> Any:
        """Look the document up."""
        for checked in self.extensions:
            next(checked.on_parse())
        return _NOTHING

    def validation(self) -> Any:
        """Check the document and begin its operation."""
        for checked in self.extensions:
            next(checked.on_validate())
        return _NOTHING

    def executing(self) -> Any:
        """Nothing is to be done around the execution."""
        return _NOTHING


_NOTHING = nullcontext()

# Strawberry's type knows one option only, and hands all of them to the parser.
_PARSE_OPTIONS: Any = {
    "max_lexical_tokens": TOKENS_MAX,
    "max_comments": COMMENTS_MAX,
    "max_source_length": CHARACTERS_MAX,
}
