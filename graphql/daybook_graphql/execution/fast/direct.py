"""Executing an operation: what is nothing but attributes is read directly.

Nearly all fields of a page are attributes of rows, or are made of them by a plain
method, and executing them one by one takes most of a request's time. Here they are read
without a path and an `info` of their own. With anything unusual (an awaitable, an
error, a null where none may be) all fields of the object go graphql-core's way, which
alone decides what becomes of it; fields with arguments, and resolvers that await or ask
for an `info`, always do. Reading has no effects, so that nothing happens twice.

What is to be read is planned once for a document and kept with the schema.

This stands on internals of graphql-core and Strawberry, whose versions are pinned;
tests/graphql/test_executing.py compares it with the regular way.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

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
    Read,
    of_enum,
    of_leaf,
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
"""Scalars that leave values of a type as they are."""

PLANS = "daybook.plans"
"""Where a schema keeps its plans, among its extensions."""
PLANS_MAX = 250
"""So many plans are kept; an operation has a few, and a large one's take 100 kB."""


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
        """A selection's plan, which is the same for each execution of its document.

        But for what `@skip` and `@include` leave out, by variables that are true or
        false.
        """
        kept = self.schema.extensions.setdefault(PLANS, OrderedDict())
        nodes = tuple(one.node for its in selected.values() for one in its)
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
            if len(kept) > PLANS_MAX:
                kept.popitem(last=False)
        else:
            kept.move_to_end(key)
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
        """How a field is read, if it is nothing but an attribute."""
        asked = details[0].node.name.value
        if asked == "__typename":
            return Attribute(name, "", lambda _: parent.name, str, unusual)
        field = parent.fields.get(asked)
        found = _definition_of(field)
        if field is None or found is None or _is_deferred(details):
            return None
        kind, is_nullable = _nullable(field.type)
        complete = self._completing(kind, details)
        if complete is None:
            return None
        return Attribute(name, *found, AS_THEY_ARE.get(kind), complete, is_nullable)

    def _completing(self, kind: Any, details: Any) -> Read | None:
        """What completes values of a type, if they are nothing but attributes."""
        if isinstance(kind, CustomGraphQLEnumType):
            return of_enum(kind)
        if is_leaf_type(kind):
            return of_leaf(kind.coerce_output_value)
        if is_list_type(kind):
            item, is_nullable = _nullable(kind.of_type)
            complete = None if is_nullable else self._completing(item, details)
            return None if complete is None else of_list(complete)
        kinds = [kind]
        if is_abstract_type(kind):
            kinds = self.schema.get_possible_types(kind)
        readers: dict[type, Read] = {}
        for one in kinds:
            origin = _origin(one)
            if origin is None:
                return None
            below = self._new_plan(one, self.collect_subfields(one, details)[0])
            if below.others:
                return None
            readers[origin] = below.read
        return of_object(readers)


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
    return any(one.defer_usage is not None for one in details)


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
    """All values in the order in which they were asked for."""
    return {
        name: read[name] if name in read else others[name]
        for name in names
        if name in read or name in others
    }


async def _together_later(
    names: Iterable[str], read: Mapping[str, Any], others: Any
) -> dict[str, Any]:
    return _together(names, read, await others)
