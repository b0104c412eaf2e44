"""Limits on documents, and a cache of those that were parsed and found valid.

Limits are measured in time linear in the document, each fragment once: fragments that
spread one another twice multiply what they select, but not the work of measuring it.
"""

from asyncio import get_running_loop
from collections import OrderedDict
from collections.abc import Container, Hashable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    KnownDirectivesRule,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Token,
    TokenKind,
    Undefined,
    VariableNode,
    Visitor,
    get_operation_ast,
    specified_rules,
    validate,
    value_from_ast_untyped,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from daybook_graphql.context import Context
from daybook_graphql.execution.inside import core_schema
from daybook_graphql.kit.errors import ErrorCode, TooMany, failure
from daybook_graphql.kit.paging import SIZE_DEFAULT, SIZE_MAX

COMMENTS_MAX = 1_000
TOKENS_MAX = 1_000
"""Tokens of a document; our largest operation has some 250."""
CHARACTERS_MAX = 20_000
DEPTH_MAX = 15
"""Fields within fields; tools' introspection needs all of it."""
FIELDS_MAX = 2_000
"""Fields with all fragments written out."""
DIRECTIVES_MAX = 50
"""Directives with all fragments written out."""
DIGITS_MAX = 500
"""Digits of an integer: Python reads no more than some thousand, at the least 640."""
ALIASES_MAX = 15
"""Aliases with all fragments written out: each may repeat a whole query."""
COSTS_MAX = 1_000
"""So many costs of a document are remembered: pages have 100 sizes."""
SIZES = frozenset({"first", "last", "ids"})
"""Arguments that say how long a list is."""
ERRORS_MAX = 20
"""So many errors of a document are told; then validation ends with a last one."""
CACHED_MAX = 256
"""Documents that are remembered: clients send few different ones."""
CACHED_CHARACTERS_MAX = 250_000
"""Of all of them: a parsed document takes some hundred bytes for each character."""


class Measure(NamedTuple):
    """How much a selection asks for, with all fragments written out.

    `cost` is how many values it may answer.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: int = 0
    directives: int = 0

    def plus(self, other: "Measure") -> "Measure":
        """The measure of both, side by side."""
        depth = max(self.depth, other.depth)
        return Measure(
            depth, *(a + b for a, b in zip(self[1:], other[1:], strict=True))
        )


class _Measuring:
    """Measures a document's selections; each fragment is measured once."""

    def __init__(
        self,
        document: DocumentNode,
        variables: Mapping[str, Any] = MappingProxyType({}),
        paged: Container[str] = (),
    ) -> None:
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._variables = dict(variables)
        self._paged = paged
        self._measured: dict[str, Measure] = {}

    def of(self, selections: SelectionSetNode | None) -> Measure:
        """The measure of a selection set."""
        measure = Measure()
        for one in selections.selections if selections else ():
            its_own = Measure(directives=len(one.directives or ()))
            measure = measure.plus(its_own).plus(self._of_one(one))
        return measure

    def _of_one(self, one: SelectionNode) -> Measure:
        if isinstance(one, FragmentSpreadNode):
            return self._of_fragment(one.name.value)
        if isinstance(one, InlineFragmentNode):
            return self.of(one.selection_set)
        assert isinstance(one, FieldNode), "there is no fourth kind of selection"
        below = self.of(one.selection_set)
        is_alias = one.alias is not None
        items = self._items(one)
        return Measure(
            below.depth + 1,
            below.fields + 1,
            below.aliases + is_alias,
            1 + items * below.cost,
            below.directives,
        )

    def _items(self, field: FieldNode) -> int:
        """How many items a field's list may have; 1 for what is read without pages."""
        given: dict[str, Any] = {
            one.name.value: value_from_ast_untyped(one.value, self._variables)
            for one in field.arguments or ()
        }
        if field.name.value in self._paged:
            sizes = [given.get("first"), given.get("last")]
            known = [one for one in sizes if one is not None and one is not Undefined]
            return max(map(_size, known), default=SIZE_DEFAULT)
        if field.name.value == "nodes" and "ids" in given:
            ids = given["ids"]
            return _size(len(ids)) if isinstance(ids, list) else 1
        return 1

    def _of_fragment(self, name: str) -> Measure:
        if name not in self._measured:
            # A fragment that reaches itself is found by validation.
            self._measured[name] = Measure()
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._measured[name] = self.of(fragment.selection_set)
        return self._measured[name]


def _size(given: object) -> int:
    """How many items a page of a size has; all it may have where that is no number."""
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # as JSON may write a whole number
    return max(min(given, SIZE_MAX), 0) if isinstance(given, int) else SIZE_MAX


def excess_of(document: DocumentNode) -> GraphQLError | None:
    """The limit that a document passes, if any."""
    measuring = _Measuring(document)
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            measure = measuring.of(one.selection_set)
            for name, is_, most in (
                ("levels deep", measure.depth, DEPTH_MAX),
                ("fields", measure.fields, FIELDS_MAX),
                ("aliases", measure.aliases, ALIASES_MAX),
                ("directives", measure.directives, DIRECTIVES_MAX),
            ):
                if is_ > most:
                    message = f"the operation has more than {most} {name}"
                    return failure(ErrorCode.TOO_COMPLEX, message)
    return None


def unreadable_of(document: DocumentNode) -> GraphQLError | None:
    """The first integer that has too many digits to be read, if any."""
    assert document.loc is not None, "documents are parsed with their places"
    token: Token | None = document.loc.start_token
    while token is not None:
        is_integer = token.kind is TokenKind.INT
        if is_integer and token.value and len(token.value) > DIGITS_MAX:
            message = f"an integer has more than {DIGITS_MAX} digits"
            error = failure(ErrorCode.INVALID_QUERY, message)
            return GraphQLError(
                message,
                source=document.loc.source,
                positions=[token.start],
                extensions=error.extensions,
            )
        token = token.next
    return None


def cost_of(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    paged: Container[str],
) -> int:
    """How many values an operation may answer, at the most.

    Each field is one; what stands below a list that is read by pages counts for each
    item of its page, or for each id of `nodes`. `paged` are the names of such fields.
    """
    known = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }
    measuring = _Measuring(document, {**known, **variables}, paged)
    return measuring.of(operation.selection_set).cost


class KnownDocument:
    """A document that was found valid, and what its operations were found to cost."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self._sized_by = _sized_by(document)
        self._costs: dict[Hashable, int] = {}

    def cost(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        paged: Container[str],
    ) -> int:
        """`cost_of` an operation, made out once for the same sizes of its lists."""
        sizes = [_size_given(variables, name) for name in self._sized_by]
        key = (id(operation), *sizes)  # a node of the document, which is kept
        cost = self._costs.get(key)
        if cost is None:
            cost = cost_of(self.document, operation, variables, paged)
            if len(self._costs) < COSTS_MAX:
                self._costs[key] = cost
        return cost


def _sized_by(document: DocumentNode) -> tuple[str, ...]:
    """The variables that say how long lists are."""
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
    """What a variable says of a list's size: two that say the same cost the same."""
    if name not in variables:
        return Undefined
    value = variables[name]
    if isinstance(value, list):
        return ("items", len(value))
    return value if isinstance(value, int | float | None) else str


class DocumentCache:
    """Documents that were found valid, by their text; the least used ones go."""

    def __init__(self) -> None:
        self._documents: OrderedDict[str, KnownDocument] = OrderedDict()
        self._characters = 0

    def get(self, text: str) -> KnownDocument | None:
        """The valid document of a text, if it is remembered."""
        known = self._documents.get(text)
        if known is not None:
            self._documents.move_to_end(text)
        return known

    def put(self, text: str, document: DocumentNode) -> None:
        """Remember a valid document."""
        if text not in self._documents:
            self._characters += len(text)
        self._documents[text] = KnownDocument(document)
        while (
            len(self._documents) > CACHED_MAX
            or self._characters > CACHED_CHARACTERS_MAX
        ):
            forgotten, _ = self._documents.popitem(last=False)
            self._characters -= len(forgotten)


class KnownDirectivesOnce(KnownDirectivesRule):
    """Tells of the first directive that is unknown or out of place only."""

    _has_told = False

    def report_error(self, error: GraphQLError) -> None:
        """Note the first error."""
        if not self._has_told:
            self._has_told = True
            super().report_error(error)


RULES = (
    *(
        KnownDirectivesOnce if one is KnownDirectivesRule else one
        for one in specified_rules
    ),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
"""The rules of documents: graphql-core's and Strawberry's."""


class CheckedDocuments(SchemaExtension):
    """Parses and validates a document once, and holds strangers' ones to the limits.

    Nothing is raised here: Strawberry would swallow it on streams.
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
                self._cache.put(execution.query or "", document)
            errors = self._begin(operation)
        # Strawberry validates nothing that has its list of errors, if an empty one.
        execution.pre_execution_errors = errors
        yield

    def _errors(
        self, document: DocumentNode, operation: OperationDefinitionNode | None
    ) -> list[GraphQLError]:
        """What keeps a document from being executed."""
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
        try:
            context.begin(is_subscription=kind is OperationType.SUBSCRIPTION)
        except TooMany as refused:
            return [failure(ErrorCode.RATE_LIMITED, str(refused))]
        self._limit_time(operation)
        return []

    def _excess_of_cost(
        self, document: DocumentNode, operation: OperationDefinitionNode | None
    ) -> GraphQLError | None:
        """That an operation may answer more values than are allowed, if it may."""
        if operation is None:
            return None
        execution = self.execution_context
        most = execution.context.settings.query_cost_max
        paged = execution.schema.paged  # type: ignore[attr-defined]
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
        """A query ends in time; what was begun to be written is not broken off."""
        context: Context = self.execution_context.context
        is_query = operation and operation.operation is OperationType.QUERY
        if context.limit is not None and is_query and not context.is_trusted:
            seconds = context.settings.query_seconds_max
            context.limit.reschedule(get_running_loop().time() + seconds)

    @property
    def _cache(self) -> DocumentCache:
        cache = self.execution_context.schema.documents  # type: ignore[attr-defined]
        assert isinstance(cache, DocumentCache), "the schema is ours"
        return cache


# Strawberry's type knows one option only, and hands all of them to the parser.
_PARSE_OPTIONS: Any = {
    "max_lexical_tokens": TOKENS_MAX,
    "max_comments": COMMENTS_MAX,
    "max_source_length": CHARACTERS_MAX,
}
