"""What Strawberry keeps inside, and offers in no public way: the door to it.

There is no switch: without these nothing would be validated, selected or limited.
`PINNED` is what they were looked at with: a test fails for another version.
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
    """graphql-core's info: what Strawberry's selects is exponential in fragments."""
    return info._raw_info


def request_of(adapter: AsyncHTTPRequestAdapter) -> Request:
    """The request, whose body is a stream: the adapter only reads it whole."""
    request: Request = adapter._request  # type: ignore[attr-defined]
    return request
