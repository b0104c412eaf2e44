"""Which fields an operation selects below a field, so that only those are loaded.

It may name too many fields, never too few: `@skip`, `@include` and the types of
fragments are ignored. Each fragment is followed once at each level, so
the work grows with the document and not with what its fragments multiply to.
"""

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from daybook_graphql.context import Info
from daybook_graphql.execution.inside import core_info

Fragments = Mapping[str, FragmentDefinitionNode]


class Selected:
    """The fields selected below some field nodes, by name and not by alias.

    Selections below the same nodes of a document are equal, so that a loader can read
    the objects of one selection together.
    """

    def __init__(self, nodes: Sequence[FieldNode], fragments: Fragments) -> None:
        self._nodes = tuple(nodes)
        self._fragments = fragments
        self._below: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            for child in self._children(node.selection_set, seen):
                self._below.setdefault(child.name.value, []).append(child)

    @classmethod
    def of(cls, info: Info) -> "Selected":
        """The selection below the field that is being resolved."""
        raw = core_info(info)
        return cls(raw.field_nodes, raw.fragments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selected) and self._places == other._places

    def __hash__(self) -> int:
        return hash(self._places)

    @property
    def _places(self) -> tuple[int, ...]:
        # Equal nodes at other places would take as long to compare as to follow.
        return tuple(id(node) for node in self._nodes)

    def __contains__(self, name: str) -> bool:
        return name in self._below

    def __iter__(self) -> Iterator[str]:
        return iter(self._below)

    def any_of(self, *names: str) -> bool:
        """Whether at least one of these fields is selected."""
        return any(name in self._below for name in names)

    def below(self, *names: str) -> "Selected":
        """The selection below these fields, taken together."""
        nodes = [node for name in names for node in self._below.get(name, ())]
        return Selected(nodes, self._fragments)

    def __or__(self, other: "Selected") -> "Selected":
        both = Selected((), self._fragments)
        both._nodes = self._nodes + other._nodes
        for selected in (self, other):
            for name, nodes in selected._below.items():
                both._below.setdefault(name, []).extend(nodes)
        return both

    def _children(
        self, selections: SelectionSetNode | None, seen: set[str]
    ) -> Iterator[FieldNode]:
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self._children(selection.selection_set, seen)
            elif (
                isinstance(selection, FragmentSpreadNode)
                and (name := selection.name.value) not in seen
            ):
                seen.add(name)
                fragment = self._fragments[name]
                yield from self._children(fragment.selection_set, seen)
