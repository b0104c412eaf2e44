"""GraphQL requests and responses as JSON: decoded strictly, checked, and encoded."""

import json
from collections.abc import Mapping
from json import JSONDecodeError
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.http import GraphQLRequestData

from daybook_graphql.kit.errors import ErrorCode
from daybook_graphql.transport.refusals import BadRequest
from daybook_graphql.transport.trusted import TrustedDocuments

VALUES_MAX = 100_000
"""The most values of a request's JSON: each takes time, and a byte makes one."""


def request_data(
    parameters: Mapping[str, Any], trusted: TrustedDocuments
) -> GraphQLRequestData:
    """The checked parts of a request, with a document that may run."""
    parts: dict[str, Any] = {}
    for name, kind, words in (
        ("query", str, "text"),
        ("documentId", str, "text"),
        ("operationName", str, "text"),
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
    ):
        value = parameters.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadRequest(f"{name} must be {words}")
        parts[name] = value
    query, id_ = parts["query"], parts["documentId"]
    if bool(query) == bool(id_):
        raise BadRequest('the request has a "query", or a "documentId" of a known one')
    try:
        query = query or trusted.text_of(id_)
        trusted.check(query)
    except GraphQLError as unknown:
        raise BadRequest(unknown.message, code=ErrorCode.UNKNOWN_DOCUMENT) from None
    return GraphQLRequestData(
        query=query,
        variables=parts["variables"],
        operation_name=parts["operationName"],
        extensions=parts["extensions"],
    )


def in_query_string(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a request in a query string; some are JSON."""
    parts: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        text = parts.pop(name, None)
        if text:
            parts[name] = decoded(text.encode(), name)
    return parts


def is_json(content_type: str) -> bool:
    """Whether a body is JSON in UTF-8 by its content type."""
    media_type, *parameters = content_type.lower().replace('"', "").split(";")
    charsets = [
        value.strip()
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    ]
    return media_type.strip() == "application/json" and charsets in (
        [],
        ["utf-8"],
        ["utf8"],
    )


def decoded(text: bytes, what: str) -> Any:
    """Decode strict JSON; raises BadRequest for anything else."""
    try:
        # A mebibyte takes some ten milliseconds: less than handing it to a thread would
        # save, since decoding lets no other thread run.
        value = json.loads(text.decode(), parse_constant=_no_constant)
        if b"\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # lone surrogates: no text
    except JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: {error}") from None
    except UnicodeError:
        raise BadRequest(f"{what} is not Unicode text") from None
    except RecursionError:
        raise BadRequest(f"{what} is nested too deeply") from None
    except _NoValue as error:
        raise BadRequest(f"{what} is not JSON: {error}") from None
    except ValueError:  # of an integer that is longer than Python reads
        message = f"{what} holds a number of too many digits"
        raise BadRequest(message) from None
    if _has_too_many(value, text):
        message = f"{what} holds more than {VALUES_MAX:,} values"
        raise BadRequest(message, 413, ErrorCode.TOO_LARGE)
    return value


def _has_too_many(value: object, text: bytes) -> bool:
    """Whether decoded JSON holds more values than it may."""
    if text.count(b",") + text.count(b"[") + text.count(b"{") < VALUES_MAX:
        return False
    count, open_ = 0, [value]
    while open_:
        item = open_.pop()
        if isinstance(item, dict | list):
            count += len(item)
            if count > VALUES_MAX:
                return True
            open_ += item.values() if isinstance(item, dict) else item
    return False


class _NoValue(ValueError):
    """A constant that Python would accept and JSON doesn't have."""


def _no_constant(name: str) -> None:
    raise _NoValue(f"{name} is no JSON value")


def encoded(answer: object) -> bytes:
    """JSON for HTTP; sockets have their own, since bytes would become binary frames.

    orjson refuses integers of more than 64 bits and lone surrogates, which a JSON
    scalar may hold: `json` encodes those.
    """
    try:
        return orjson.dumps(answer)
    except TypeError:
        return json.dumps(answer, separators=(",", ":")).encode()
