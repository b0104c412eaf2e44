"""Which permission each field of the API needs: the one place that says it.

Every field under a root has a rule here, or the schema is not built; what a role or a
key may do is in `daybook.access.rules`. A field is refused where it is asked for, so
that no document, trusted or not, passes by.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

from daybook.access.rules import Permission, permissions_in_words
from daybook_graphql.access.ids import ApiKeyId, UserId
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.ids import NodeId

NONE = Permission(0)
"""For whoever is known."""
READ, EXPORT, RECORD, CLOSE, ADMINISTER = Permission

RULES: Mapping[str, Mapping[str, Permission]] = {
    "Query": {
        "viewer": NONE,
        "systemStatus": READ,
        "users": ADMINISTER,
        "apiKeys": ADMINISTER,
        "node": READ,
        "nodes": READ,
        "ledgers": READ,
        "ledger": READ,
        "journals": READ,
        "journalGroups": READ,
        "journal": READ,
        "entries": READ,
        "sources": READ,
        "customers": READ,
        "products": READ,
        "exportJob": READ,
        "exportJobs": READ,
        "exportRecords": READ,
        "auditTrail": READ,
        "activity": READ,
    },
    "Mutation": {
        "importDocuments": RECORD,
        "voidDocument": RECORD,
        "completeMilestone": RECORD,
        "createExport": EXPORT,
        "cancelExport": EXPORT,
        "setLock": CLOSE,
        "updateSettings": CLOSE,
        "setProductMethod": CLOSE,
        "renameAccount": CLOSE,
        "inviteUser": ADMINISTER,
        "setRole": ADMINISTER,
        "createApiKey": ADMINISTER,
        "revokeApiKey": ADMINISTER,
    },
    "Subscription": {
        "ledgerChanged": READ,
        "exportProgress": READ,
        "exportJobs": READ,
    },
}

NODES: Mapping[type[NodeId], Permission] = {
    UserId: ADMINISTER,
    ApiKeyId: ADMINISTER,
}
"""What needs more than `READ`, where it is fetched by its id."""


class NoRule(Exception):
    """A field without a rule, or a rule without a field: our own mistake."""


def guard(built: GraphQLSchema) -> None:
    """Let each field under a root ask for its permission first; raises NoRule."""
    for name, rules in RULES.items():
        root = built.type_map[name]
        assert isinstance(root, GraphQLObjectType), "roots are objects"
        if unlike := set(rules) ^ set(root.fields):
            raise NoRule(f"{name}: {', '.join(sorted(unlike))}")
        for field_name, permission in rules.items():
            _guard(root.fields[field_name], field_name, permission)


def _guard(field: GraphQLField, name: str, permission: Permission) -> None:
    if field.subscribe is not None:
        field.subscribe = _asking(field.subscribe, name, permission)
        if field.resolve is not None:
            field.resolve = _asking(_of_event(field.resolve), name, permission)
    elif field.resolve is not None:
        field.resolve = _asking(field.resolve, name, permission)


def _asking(
    resolve: Callable[..., Any], name: str, permission: Permission
) -> Callable[..., Any]:
    def ask(source: Any, info: Any, **arguments: Any) -> Any:
        check(info.context.caller.permissions, permission, name)
        return resolve(source, info, **arguments)

    return ask


def _of_event(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Resolve what a subscription is told; executed at once, it is told nothing."""

    def of_event(event: Any, info: Any, **arguments: Any) -> Any:
        if event is None:
            message = "subscriptions need text/event-stream or a socket"
            raise failure(ErrorCode.BAD_REQUEST, message)
        return resolve(event, info, **arguments)

    return of_event


def check(has: Permission, needed: Permission, what: str) -> None:
    """Raise FORBIDDEN unless the permissions cover what is needed."""
    message = refusal_of(has, needed, what)
    if message is not None:
        raise failure(ErrorCode.FORBIDDEN, message)


def refusal_of(has: Permission, needed: Permission, what: str) -> str | None:
    """What to say to who lacks a permission for something; None for who has it."""
    if needed in has:
        return None
    words = permissions_in_words(needed)
    return f"{what} needs the permission {words}: ask an admin for it"
