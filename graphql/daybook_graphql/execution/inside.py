"""The door to internals of Strawberry and cross-web that have no public counterpart.

There is no switch: without them nothing would be validated, selected or limited.
`PINNED` names the versions that they were checked with: a test fails for others.
"""

from typing import Any

import strawberry
from cross_web import AsyncHTTPRequestAdapter
from graphql import GraphQLResolveInfo, GraphQLSchema
from starlette.requests import Request

from daybook_graphql.context import Info

# ruff: noqa: SLF001

PINNED = {"cross-web": "0.9.0", "strawberry-graphql": "0.341.2"}


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema, to validate documents by."""
    built: GraphQLSchema = schema._schema
    return built


def core_info(info: Info) -> GraphQLResolveInfo[Any]:
    """graphql-core's info: Strawberry's selection is exponential in fragments."""
    return info._raw_info


def request_of(adapter: AsyncHTTPRequestAdapter) -> Request:
    """The request, whose body is a stream: the adapter only reads it whole."""
    request: Request = adapter._request  # type: ignore[attr-defined]  # see the module
    return request
