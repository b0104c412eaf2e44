"""The permissions that fields and nodes need, declared where these are.

Each field under a root declares what it needs (`metadata=needs(READ)`), or the schema
is not built; what roles and keys may do is in `daybook.access.rules`. A field is
refused where it is resolved, so that no document, trusted or not, passes by.

    needs      what a field under a root declares
    rules_of   the permissions that a root's fields need, by the fields' names
    guard      makes each field under a root check its permission first
    check      raises FORBIDDEN for a caller who lacks a permission
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import get_object_definition

from daybook.access.rules import Caller, Permission, permissions_in_words, roles_with
from daybook_graphql.kit.errors import NEEDED, ErrorCode, failure

NONE = Permission(0)
"""Every known caller has it."""
READ, EXPORT, RECORD, CLOSE, ADMINISTER, ADJUST, APPROVE, DATASET = Permission

Needed: TypeAlias = tuple[Permission, ...]
"""Permissions of which one is enough."""

_NEEDS = "needs"


class NoRule(Exception):
    """A field under a root that declares no permission: our own mistake."""


def needs(*alternatives: Permission) -> Mapping[str, Needed]:
    """The metadata of a field under a root; one of several permissions is enough."""
    return {_NEEDS: alternatives}


def rules_of(root: type, config: StrawberryConfig) -> Mapping[str, Needed]:
    """The permissions that a root's fields need, by name; raises NoRule."""
    definition = get_object_definition(root, strict=True)
    rules = {}
    for field in definition.fields:
        name = config.name_converter.get_graphql_name(field)
        if _NEEDS not in field.metadata:
            raise NoRule(f"{definition.name}: {name}")
        rules[name] = field.metadata[_NEEDS]
    return rules


def guard(built: GraphQLSchema, rules: Mapping[str, Mapping[str, Needed]]) -> None:
    """Make each field under the roots check its permission first."""
    for root_name, permissions in rules.items():
        root = built.type_map[root_name]
        assert isinstance(root, GraphQLObjectType), "roots are objects"
        for name, field in root.fields.items():
            _guard(field, name, permissions[name])


def _guard(field: GraphQLField, name: str, needed: Needed) -> None:
    if field.subscribe is not None:
        field.subscribe = _checking(field.subscribe, name, needed)
        if field.resolve is not None:
            field.resolve = _checking(_of_event(field.resolve), name, needed)
    elif field.resolve is not None:
        field.resolve = _checking(field.resolve, name, needed)


def _checking(
    resolve: Callable[..., Any], name: str, needed: Needed
) -> Callable[..., Any]:
    def checked(source: Any, info: Any, **arguments: Any) -> Any:
        check(info.context.caller, name, *needed)
        return resolve(source, info, **arguments)

    return checked


def _of_event(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Resolve an event of a subscription; there is none if it is executed at once."""

    def of_event(event: Any, info: Any, **arguments: Any) -> Any:
        if event is None:
            message = "subscriptions need text/event-stream or a socket"
            raise failure(ErrorCode.BAD_REQUEST, message)
        return resolve(event, info, **arguments)

    return of_event


def check(caller: Caller, what: str, *needed: Permission) -> None:
    """Raise FORBIDDEN unless the caller has one of the permissions that are needed."""
    message = refusal_of(caller, what, *needed)
    if message is not None:
        refused = failure(ErrorCode.FORBIDDEN, message)
        assert refused.extensions is not None, "it has a code"
        refused.extensions[NEEDED] = [
            permission.name
            for alternative in needed
            for permission in alternative
            if not caller.may(permission)
        ]
        raise refused


def refusal_of(caller: Caller, what: str, *needed: Permission) -> str | None:
    """The message for a caller who lacks all of the needed; None for others."""
    if any(map(caller.may, needed)):
        return None
    words = " or ".join(map(permissions_in_words, needed))
    if caller.key_number is not None and needed == (APPROVE,):
        way_out = "API keys never approve: a person does, who has it from an admin"
    elif caller.key_number is not None:
        wanted = caller.permissions | needed[0]
        options = " ".join(f"--may {flag.name}" for flag in wanted)
        way_out = (
            "a key keeps the permissions that it was made with, so make another one"
            f" (`daybook key create NAME {options}`)"
        )
    elif caller.role is not None:
        role, those = caller.role.name.lower(), roles_with(needed[0])
        way_out = f"{those} have it, you are {_a(role)}: ask an admin for another role"
    else:
        way_out = "ask an admin for it"
    return f"{what} needs the permission {words}: {way_out}"


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] == "a" else f"a {noun}"
