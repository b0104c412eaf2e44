"""Executing an operation: what is nothing but attributes is read directly.

Nearly all fields of a page are attributes of rows, or are made of them by a plain
method, and executing them one by one takes most of a request's time. Here they are read
without a path and an `info` of their own. With anything unusual (an awaitable, an
error, a null where none may be) all fields of the object go graphql-core's way, which
alone decides what becomes of it; fields with arguments, and resolvers that await or ask
for an `info`, always do. Reading has no effects, so that nothing happens twice.

This stands on internals of graphql-core and Strawberry, whose versions are pinned;
tests/graphql/test_executing.py compares it with the regular way.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

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

AS_THEY_ARE: Mapping[Any, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
}
"""Scalars that leave values of a type as they are."""

Complete: TypeAlias = Callable[[Any], Any]
"""Makes an attribute's value an answer; `Undefined` where it is unusual."""

PLAIN = frozenset({str, int, bool, date, datetime, dict})
"""Types of values that no scalar could mistake for something to await or to raise."""


class _Attribute(NamedTuple):
    """A selected field that is an attribute, or what a method makes of the object.

    A value of the type `unchanged` is the answer as it is; any other is completed.
    """

    name: str
    attribute: str
    method: Callable[[Any], Any] | None
    unchanged: type | None
    complete: Complete


class _Plan(NamedTuple):
    """The selected fields of an object: those to read, the others, and all in order."""

    attributes: tuple[_Attribute, ...]
    others: dict[str, Any]
    names: tuple[str, ...]


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
        read: Any = Undefined
        if plan.attributes:
            read = _read(source_value, plan.attributes)
        if read is Undefined:
            return regularly(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        if not plan.others:
            return read
        others: Any = regularly(
            parent_type, source_value, path, plan.others, position_context
        )
        if self.is_awaitable(others):
            return _together_later(plan.names, read, others)
        return _together(plan.names, read, others)

    def _plan(self, kind: GraphQLObjectType, selected: Any) -> _Plan:
        key = (kind.name, id(selected))
        known = self._plans.get(key)
        if known is None:
            known = self._plans[key] = (selected, self._new_plan(kind, selected))
        return known[1]

    def _new_plan(self, kind: GraphQLObjectType, selected: Any) -> _Plan:
        if self.middleware_manager and self.middleware_manager.middlewares:
            return _Plan((), selected, ())
        attributes = []
        others = {}
        for name, details in selected.items():
            found = self._attribute(kind, name, details)
            if found is None:
                others[name] = details
            else:
                attributes.append(found)
        return _Plan(tuple(attributes), others, tuple(selected))

    def _attribute(
        self, parent: GraphQLObjectType, name: str, details: Any
    ) -> _Attribute | None:
        """How a field is read, if it is nothing but an attribute."""
        asked = details[0].node.name.value
        if asked == "__typename":
            return _Attribute(name, "", lambda _: parent.name, str, _unusual)
        field = parent.fields.get(asked)
        found = _definition_of(field)
        if field is None or found is None or _is_deferred(details):
            return None
        attribute, method = found
        kind, is_nullable = _nullable(field.type)
        unchanged = AS_THEY_ARE.get(kind)
        complete = self._completing(kind, details)
        if complete is None:
            return None
        if is_nullable:
            complete = _or_null(complete)
        return _Attribute(name, attribute, method, unchanged, complete)

    def _completing(self, kind: Any, details: Any) -> Complete | None:
        """What completes values of a type, if they are nothing but attributes."""
        if isinstance(kind, CustomGraphQLEnumType):
            return _enum(kind)
        if is_leaf_type(kind):
            return _leaf(kind.coerce_output_value)
        if is_list_type(kind):
            item, is_nullable = _nullable(kind.of_type)
            complete = None if is_nullable else self._completing(item, details)
            return None if complete is None else _list(complete)
        kinds = [kind]
        if is_abstract_type(kind):
            kinds = self.schema.get_possible_types(kind)
        read = {}
        for one in kinds:
            origin = _origin(one)
            if origin is None:
                return None
            below = self._new_plan(one, self.collect_subfields(one, details)[0])
            if below.others:
                return None
            read[origin] = below.attributes
        return _object(read)


def _definition_of(
    field: GraphQLField | None,
) -> tuple[str, Callable[[Any], Any] | None] | None:
    """The attribute that a field without arguments reads, or its method."""
    if field is None or field.args:
        return None
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if definition is None or definition.extensions:
        return None
    if definition.is_basic_field:
        return definition.python_name, None
    resolver = definition.base_resolver
    if (
        type(definition) is not StrawberryField
        or resolver is None
        or resolver.is_async
        or list(resolver.signature.parameters) != ["self"]
    ):
        return None
    return "", resolver.wrapped_func


def _is_deferred(details: Any) -> bool:
    return any(one.defer_usage is not None for one in details)


def _nullable(kind: Any) -> tuple[Any, bool]:
    """A type without its mark for never being null, and whether it had none."""
    return (kind.of_type, False) if isinstance(kind, GraphQLNonNull) else (kind, True)


def _origin(kind: Any) -> type | None:
    """The class that an object type is made of, unless it tells its objects itself."""
    if not is_object_type(kind):
        return None
    definition = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if definition is None or definition.concrete_of or definition.is_type_of:
        return None
    origin: type = definition.origin
    return origin


def _leaf(coerce: Complete) -> Complete:
    def complete(value: Any) -> Any:
        if type(value) not in PLAIN and not isinstance(value, Enum):
            return Undefined
        try:
            completed = coerce(value)
        except Exception:  # noqa: BLE001  (the regular way tells what is wrong)
            return Undefined
        return Undefined if completed is None else completed

    return complete


def _enum(kind: CustomGraphQLEnumType) -> Complete:
    """By a table, since looking up a value in an enum takes longer than all else."""
    members: Iterable[Enum] = kind.wrapped_cls
    names = {member: member.name for member in members}
    if any(kind.coerce_output_value(one) != name for one, name in names.items()):
        return _leaf(kind.coerce_output_value)

    def complete(value: Any) -> Any:
        is_member = type(value) is kind.wrapped_cls
        return names.get(value, Undefined) if is_member else Undefined

    return complete


def _object(read: Mapping[type, tuple[_Attribute, ...]]) -> Complete:
    """By the class of the value: an abstract type has several."""

    def complete(value: Any) -> Any:
        attributes = read.get(type(value))
        return Undefined if attributes is None else _read(value, attributes)

    return complete


def _unusual(_value: Any) -> Any:
    return Undefined


def _list(complete_item: Complete) -> Complete:
    def complete(value: Any) -> Any:
        if type(value) is not list:
            return Undefined
        items = [complete_item(one) for one in value]
        return Undefined if any(one is Undefined for one in items) else items

    return complete


def _or_null(complete: Complete) -> Complete:
    return lambda value: None if value is None else complete(value)


def _read(source: Any, attributes: Iterable[_Attribute]) -> Any:
    """An object's attributes, completed; `Undefined` if any of them is unusual."""
    values = {}
    for name, attribute, method, unchanged, complete in attributes:
        if method is None:
            value = getattr(source, attribute, Undefined)
        else:
            try:
                value = method(source)
            except Exception:  # noqa: BLE001  (the regular way tells what is wrong)
                return Undefined
        if type(value) is not unchanged:
            value = complete(value)
            if value is Undefined:
                return Undefined
        values[name] = value
    return values


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
