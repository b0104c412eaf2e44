"""Limits on documents: how deep and wide they are, and how much they may answer.

They are measured in time linear in the document, each fragment once: fragments that
spread one another twice multiply what they select, but not the work of measuring it.
"""

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Token,
    TokenKind,
    Undefined,
    value_from_ast_untyped,
)

from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.paging import SIZE_DEFAULT, SIZE_MAX

COMMENTS_MAX = 1_000
TOKENS_MAX = 1_000
"""Tokens of a document; our largest operation has some 250."""
CHARACTERS_MAX = 20_000
DEPTH_MAX = 15
"""Fields within fields; tools' introspection needs all of it."""
FIELDS_MAX = 2_000
"""Fields with all fragments expanded."""
DIRECTIVES_MAX = 50
"""Directives with all fragments expanded."""
DIGITS_MAX = 500
"""Digits of an integer; Python's own limit can't be set lower."""
ALIASES_MAX = 15
"""Aliases with all fragments expanded: each may repeat a whole query."""


class Measure(NamedTuple):
    """The size of a selection with all fragments expanded.

    `cost` is how many values its answer may have.
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
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._variables = dict(variables)
        self._paged = paged
        self._measured: dict[str, Measure] = {}

    def of(self, selections: SelectionSetNode | None) -> Measure:
        """The measure of a selection set."""
        measure = Measure()
        for selection in selections.selections if selections else ():
            directives = Measure(directives=len(selection.directives or ()))
            measure = measure.plus(directives).plus(self._of_selection(selection))
        return measure

    def _of_selection(self, selection: SelectionNode) -> Measure:
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            return self.of(selection.selection_set)
        assert isinstance(selection, FieldNode), "there is no fourth kind of selection"
        below = self.of(selection.selection_set)
        is_alias = selection.alias is not None
        items = self._items(selection)
        return Measure(
            below.depth + 1,
            below.fields + 1,
            below.aliases + is_alias,
            1 + items * below.cost,
            below.directives,
        )

    def _items(self, field: FieldNode) -> int:
        """The most items of a field's list; 1 for a field without pages."""
        arguments: dict[str, Any] = {
            argument.name.value: value_from_ast_untyped(argument.value, self._variables)
            for argument in field.arguments or ()
        }
        if field.name.value in self._paged:
            sizes = [arguments.get("first"), arguments.get("last")]
            page_sizes = [
                size for size in sizes if size is not None and size is not Undefined
            ]
            return max(map(_size, page_sizes), default=SIZE_DEFAULT)
        if field.name.value == "nodes" and "ids" in arguments:
            ids = arguments["ids"]
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


def _size(size: object) -> int:
    """The items of a page of this size; `SIZE_MAX` if the size is not a number."""
    if isinstance(size, float) and size.is_integer():
        size = int(size)  # as JSON may write a whole number
    return max(min(size, SIZE_MAX), 0) if isinstance(size, int) else SIZE_MAX


def excess_of(document: DocumentNode) -> GraphQLError | None:
    """The error for the first limit that a document exceeds, if any."""
    measuring = _Measuring(document)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            measure = measuring.of(definition.selection_set)
            for name, size, most in (
                ("levels deep", measure.depth, DEPTH_MAX),
                ("fields", measure.fields, FIELDS_MAX),
                ("aliases", measure.aliases, ALIASES_MAX),
                ("directives", measure.directives, DIRECTIVES_MAX),
            ):
                if size > most:
                    message = f"the operation has more than {most} {name}"
                    return failure(ErrorCode.TOO_COMPLEX, message)
    return None


def unreadable_of(document: DocumentNode) -> GraphQLError | None:
    """The error for the first integer of too many digits, if any."""
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
    """The most values that an operation's answer may have.

    Each field is one; the fields below a paged field count for each item of its page,
    those of `nodes` for each id. `paged` are the names of paged fields.
    """
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    measuring = _Measuring(document, {**defaults, **variables}, paged)
    return measuring.of(operation.selection_set).cost
