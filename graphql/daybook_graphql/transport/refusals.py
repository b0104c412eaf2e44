"""Responses to requests that are refused before anything is executed.

BadRequest     an error of a request, with its status and headers
refused        the response with an error
unavailable    the response while the database can't be reached
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Self

from graphql import GraphQLError
from starlette.responses import JSONResponse, Response

from daybook_graphql.kit.errors import (
    ErrorCode,
    TooMany,
    failure,
    retry_seconds,
    unexpected,
)
from daybook_graphql.transport.media_types import JSON

NO_KEY = "send a key: Authorization: Bearer …, or sign in"
NOT_A_KEY = (
    "the key is unknown, has ended or opens only /datasets/: `daybook key list` tells"
    " which, `daybook key create` makes another"
)
"""A socket is closed with it, too, so it may have 123 bytes at most."""


class BadRequest(Exception):
    """An HTTP request that can't be served; the message says why."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        code: ErrorCode = ErrorCode.BAD_REQUEST,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = failure(code, message)
        self.headers = headers

    @classmethod
    def of_stranger(cls, *, has_key: bool = False) -> Self:
        """The refusal of an unknown caller; `has_key` says whether they sent a key."""
        message = NOT_A_KEY if has_key else NO_KEY
        headers = {"WWW-Authenticate": "Bearer"}
        return cls(message, 401, ErrorCode.UNAUTHENTICATED, headers)

    @classmethod
    def over_limit(cls, limit: TooMany) -> Self:
        """The refusal of a caller who is over a limit."""
        return cls(str(limit), 429, ErrorCode.RATE_LIMITED, limit.headers)

    def response(self, content_type: str = JSON) -> Response:
        """The response with the error."""
        return refused(self.error, self.status, content_type, self.headers)


def refused(
    error: GraphQLError,
    status: int,
    content_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response to a request that was not executed."""
    return JSONResponse({"errors": [error.formatted]}, status, headers, content_type)


def unavailable(failed: BaseException, content_type: str = JSON) -> Response:
    """The response if the database failed before anything was executed."""
    error = unexpected(failed)
    seconds = retry_seconds([error.formatted])
    status = 500 if seconds is None else HTTPStatus.SERVICE_UNAVAILABLE
    return refused(error, status, content_type, retry_after(seconds))


def retry_after(seconds: int | None) -> dict[str, str]:
    """The header that says when to try again, if known."""
    return {} if seconds is None else {"Retry-After": str(seconds)}
