"""Executing an operation: fields that are only attributes are read directly.

Nearly all fields of a page are attributes of rows, or are made of them by a plain
method, and executing them one by one takes most of a request's time. Here they are read
without a path and an `info` of their own. If anything is unusual (an awaitable, an
error, a null where none may be), graphql-core executes all fields of the object again
and handles it; it always executes fields with arguments, and resolvers that await or
take an `info`. Reading has no effects, so nothing happens twice.

The plan of what to read is made once for a document and kept with the schema.

This uses internals of graphql-core and Strawberry, whose versions are pinned;
tests/graphql/test_executing.py compares it with the regular way.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cachetools import LRUCache
from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import (
    CustomGraphQLEnumType,
    GraphQLCoreConverter,
)
from strawberry.types.field import StrawberryField

from daybook_graphql.execution.fast.readers import (
    Attribute,
    Fields,
    Kind,
    Leaf,
    Other,
    Read,
    enum_kind,
    function_of,
    of_list,
    of_object,
    reader,
    unusual,
)

AS_THEY_ARE: Mapping[Any, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
}
"""Scalars that leave values of a type as they are, as those that `str` serializes."""

PLANS = "daybook.plans"
"""Where a schema keeps its plans, among its extensions."""
PLANS_MAX = 250
"""The most plans that are kept: an operation has a few, large ones take 100 kB."""


class _Plan(NamedTuple):
    """What reads the selected fields of an object, and the names of the others."""

    read: Read
    others: tuple[str, ...]


class DirectExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, with a direct way to attributes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By the identity of the selection, which is kept so that it stays its own.
        self._plans: dict[tuple[str, int], tuple[Any, _Plan]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """Execute the fields of an object, its attributes directly."""
        regularly = super().execute_fields
        plan = self._plan(parent_type, grouped_field_set)
        read = plan.read(source_value)
        if read is Undefined:
            return regularly(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        if not plan.others:
            return read
        others: Any = regularly(
            parent_type,
            source_value,
            path,
            {name: grouped_field_set[name] for name in plan.others},
            position_context,
        )
        names = tuple(grouped_field_set)
        if self.is_awaitable(others):
            return _together_later(names, read, others)
        return _together(names, read, others)

    def _plan(self, kind: GraphQLObjectType, selected: Any) -> _Plan:
        key = (kind.name, id(selected))
        known = self._plans.get(key)
        if known is None:
            known = self._plans[key] = (selected, self._kept_plan(kind, selected))
        return known[1]

    def _kept_plan(self, kind: GraphQLObjectType, selected: Any) -> _Plan:
        """A selection's plan, which is kept for all executions of its document.

        It depends on the variables that are true or false: `@skip` and `@include` leave
        out fields by them.
        """
        kept = self.schema.extensions.setdefault(PLANS, LRUCache(PLANS_MAX))
        nodes = tuple(
            detail.node for details in selected.values() for detail in details
        )
        switches = frozenset(
            pair
            for pair in self.variable_values.coerced.items()
            if isinstance(pair[1], bool)
        )
        # The nodes are kept too: as long as they are, no others have their identities.
        key = (kind.name, tuple(map(id, nodes)), switches)
        found = kept.get(key)
        if found is None:
            found = kept[key] = (nodes, self._new_plan(kind, selected))
        plan: _Plan = found[1]
        return plan

    def _new_plan(self, kind: GraphQLObjectType, selected: Any) -> _Plan:
        if self.middleware_manager and self.middleware_manager.middlewares:
            return _Plan(unusual, tuple(selected))
        attributes, others = [], []
        for name, details in selected.items():
            found = self._attribute(kind, name, details)
            if found is None:
                others.append(name)
            else:
                attributes.append(found)
        return _Plan(reader(attributes) if attributes else unusual, tuple(others))

    def _attribute(
        self, parent: GraphQLObjectType, name: str, details: Any
    ) -> Attribute | None:
        """How to read a field that is only an attribute; None for other fields."""
        field_name = details[0].node.name.value
        if field_name == "__typename":
            return Attribute(name, "", lambda _: parent.name, Leaf(str, str))
        field = parent.fields.get(field_name)
        found = _definition_of(field)
        if field is None or found is None or _is_deferred(details):
            return None
        its_type, is_nullable = _nullable(field.type)
        kind = self._kind(its_type, details)
        return None if kind is None else Attribute(name, *found, kind, is_nullable)

    def _kind(self, its_type: Any, details: Any) -> Kind | None:
        """How values of a type are completed, if they are only attributes."""
        if isinstance(its_type, CustomGraphQLEnumType):
            return enum_kind(its_type)
        if is_leaf_type(its_type):
            coerce = its_type.coerce_output_value
            is_text = coerce is str
            return Leaf(coerce, str if is_text else AS_THEY_ARE.get(its_type))
        if is_list_type(its_type):
            item_type, is_nullable = _nullable(its_type.of_type)
            item = None if is_nullable else self._kind(item_type, details)
            return None if item is None else Other(of_list(function_of(item)))
        if not is_abstract_type(its_type):
            return self._fields(its_type, details)
        readers: dict[type, Read] = {}
        for possible in self.schema.get_possible_types(its_type):
            fields = self._fields(possible, details)
            if fields is None:
                return None
            readers[fields.origin] = reader(fields.attributes)
        return Other(of_object(readers))

    def _fields(self, its_type: Any, details: Any) -> Fields | None:
        """The selected fields of an object, if all are only attributes."""
        origin = _origin(its_type)
        if origin is None:
            return None
        attributes = []
        for name, below in self.collect_subfields(its_type, details)[0].items():
            found = self._attribute(its_type, name, below)
            if found is None:
                return None
            attributes.append(found)
        return Fields(origin, attributes) if attributes else None


def _definition_of(field: GraphQLField | None) -> tuple[str, Read | None] | None:
    """The attribute that a field without arguments reads, or its method."""
    if field is None or field.args:
        return None
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if definition is None or definition.extensions:
        return None
    if definition.is_basic_field:
        return definition.python_name, None
    resolver = definition.base_resolver
    is_method = (
        type(definition) is StrawberryField
        and resolver is not None
        and not resolver.is_async
        and list(resolver.signature.parameters) == ["self"]
    )
    return ("", resolver.wrapped_func) if is_method else None


def _is_deferred(details: Any) -> bool:
    return any(detail.defer_usage is not None for detail in details)


def _nullable(kind: Any) -> tuple[Any, bool]:
    """A type without its mark for never being null, and whether it had none."""
    return (kind.of_type, False) if isinstance(kind, GraphQLNonNull) else (kind, True)


def _origin(kind: Any) -> type | None:
    """The class of a type's objects, unless the type recognizes its objects itself.

    `Edge[User]` is a type of its own, and its objects are of the class `Edge`.
    """
    if not is_object_type(kind):
        return None
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if definition is None or definition.is_type_of:
        return None
    origin: type = (definition.concrete_of or definition).origin
    return origin


def _together(
    names: Iterable[str], read: Mapping[str, Any], others: Mapping[str, Any]
) -> dict[str, Any]:
    """All values in the order of the selection."""
    return {
        name: read[name] if name in read else others[name]
        for name in names
        if name in read or name in others
    }


async def _together_later(
    names: Iterable[str], read: Mapping[str, Any], others: Any
) -> dict[str, Any]:
    return _together(names, read, await others)
