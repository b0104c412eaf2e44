"""Errors as callers see them: a message and a code, no internals.

    failure        a GraphQLError with a code, for input that a resolver refuses
    UnfitValue     a scalar can't read a value
    unavailable    the GraphQLError for a database that can't answer now
    translated     any error of an operation as its caller may see it
    TooMany        a caller is over a limit; when to try again

What the domain rejects (`daybook.errors.Rejected`) keeps its problems; an unexpected
error is logged under an id, and the caller sees only the id.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError, TokenKind
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)

from daybook.db.failures import Outage, log_outage, outage_of
from daybook.errors import Problem, ProblemCode, Rejected

logger = logging.getLogger(__name__)

CODE = "code"
"""The key of an error's code in its `extensions`."""
RETRY_AFTER = "retryAfter"
"""The key of the seconds after which to try again."""
NEEDED = "permissions"
"""The key of the permissions of which a refused caller needs one."""


class ErrorCode(StrEnum):
    """Codes of top-level errors. They are only ever added: clients switch on them.

    Where the domain refuses something, the code is its `ProblemCode`.
    """

    BAD_REQUEST = "BAD_REQUEST"
    """The HTTP request does not hold a GraphQL request."""
    TOO_LARGE = "TOO_LARGE"
    """A limit on size or number was passed."""
    SYNTAX_ERROR = "SYNTAX_ERROR"
    """The document is not GraphQL."""
    INVALID_QUERY = "INVALID_QUERY"
    """The document or its variables do not fit the schema."""
    TOO_COMPLEX = "TOO_COMPLEX"
    """The document passes a limit on depth, aliases or fields."""
    TIMEOUT = "TIMEOUT"
    """The query took longer than it may."""
    INVALID_ID = "INVALID_ID"
    """Not an id that this API gave, or one of another type."""
    INVALID_CURSOR = "INVALID_CURSOR"
    """Not a cursor that this list gave."""
    INVALID_PAGE = "INVALID_PAGE"
    """`first`, `last`, `after` and `before` do not make a page."""
    INVALID_VALUE = "INVALID_VALUE"
    """An argument's value is not one of those allowed."""
    INVALID_PERIOD = "INVALID_PERIOD"
    """A range that ends before it starts."""
    UNAUTHENTICATED = "UNAUTHENTICATED"
    """No key and no session, or one that does not hold any more."""
    FORBIDDEN = "FORBIDDEN"
    """The caller is known, and may not do this."""
    RATE_LIMITED = "RATE_LIMITED"
    """The caller does too much at a time, or in a minute."""
    UNKNOWN_DOCUMENT = "UNKNOWN_DOCUMENT"
    """Not an operation that this installation trusts."""
    NOT_FOUND = "NOT_FOUND"
    """What an argument names is not there, or not yours."""
    BUSY = "BUSY"
    """Too many wait to write already: try again after `retryAfter` seconds."""
    UNAVAILABLE = "UNAVAILABLE"
    """The database can't be reached or used now: try again after `retryAfter`."""
    INTERNAL_ERROR = "INTERNAL_ERROR"
    """Our mistake; it is logged under the error's id."""


SOON_SECONDS = 1
"""When to try again if another request has to end first."""


class TooMany(Exception):
    """A caller is over a limit; the message says which, `seconds` when to try again."""

    def __init__(self, message: str, seconds: int = SOON_SECONDS) -> None:
        super().__init__(message)
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        """The header that says when to try again."""
        return {"Retry-After": str(self.seconds)}


def failure(
    code: ErrorCode | ProblemCode, message: str, argument: str | None = None
) -> GraphQLError:
    """An error that the caller can correct, with its code and the argument at fault."""
    extensions: dict[str, Any] = {CODE: code.value}
    if argument is not None:
        extensions["argument"] = argument
    return GraphQLError(message, extensions=extensions)


class UnfitValue(Exception):
    """A scalar's text or literal that can't be read; the message says what can be."""


def refusal(problems: Sequence[Problem], under: tuple[str, ...] = ()) -> GraphQLError:
    """The domain's problems as one error; `under` is the argument they are about.

    The error's own code and argument are those of the first problem.
    """
    first = problems[0]
    message = "; ".join(problem.message for problem in problems)
    listed = [
        {
            "code": problem.code.value,
            "message": problem.message,
            "path": [*under, *problem.path],
        }
        for problem in problems
    ]
    argument = ".".join((*under, *first.path)) or None
    extensions = failure(first.code, message, argument).extensions or {}
    return GraphQLError(message, extensions={**extensions, "problems": listed})


def translated(error: GraphQLError) -> GraphQLError:
    """The error as its caller may see it: with a code, and without our internals."""
    original = error.original_error
    if isinstance(original, Rejected):
        return _in_place(error, refusal(original.problems))
    if CODE in (error.extensions or {}):
        return error
    if (unfit := _unfit_value(error)) is not None:
        argument = _argument_of(error)
        message = str(unfit) if argument is None else f"{argument}: {unfit}"
        return _in_place(error, failure(ErrorCode.INVALID_VALUE, message, argument))
    if isinstance(original, MISTAKES):
        return _in_place(error, failure(ErrorCode.BAD_REQUEST, _reason(original)))
    if original is not None and not isinstance(original, GraphQLError):
        return _in_place(error, unexpected(original))
    return _in_place(error, failure(_code_of(error), error.message))


def _unfit_value(error: GraphQLError) -> UnfitValue | None:
    """The scalar's error that graphql-core has put into this one, if any."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause if isinstance(cause, UnfitValue) else None


_OF_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at '?([^':]+)'?)?:")
"""How graphql-core begins its message about a variable's value."""


def _argument_of(error: GraphQLError) -> str | None:
    """The argument, field or variable of a value that a scalar can't read."""
    if of_variable := _OF_VARIABLE.match(error.message):
        name, path = of_variable.groups()
        return f"${name}{path or ''}"
    loc = error.nodes[0].loc if error.nodes else None
    colon = loc and loc.start_token.prev
    if not colon or colon.kind is not TokenKind.COLON or colon.prev is None:
        return None
    return colon.prev.value


MISTAKES = (InvalidOperationTypeError, CannotGetOperationTypeError, MissingQueryError)
"""What Strawberry raises for a request whose operation can't be started."""


def _reason(mistake: Exception) -> str:
    """The reason why such a request is refused."""
    match mistake:
        case InvalidOperationTypeError():
            # Only a GET may not hold each of them: it must change nothing.
            return mistake.as_http_error_reason("GET")
        case CannotGetOperationTypeError():
            return mistake.as_http_error_reason()
        case _:
            return "the request has no operation"


def _code_of(error: GraphQLError) -> ErrorCode:
    """The code of an error that graphql-core found in a document or its variables."""
    if not isinstance(error, GraphQLSyntaxError):
        return ErrorCode.INVALID_QUERY
    is_limit = "Parsing aborted" in error.message  # the parser's words for its limits
    return ErrorCode.TOO_COMPLEX if is_limit else ErrorCode.SYNTAX_ERROR


OUTAGE_CODES = frozenset({ErrorCode.BUSY.value, ErrorCode.UNAVAILABLE.value})


def unavailable(outage: Outage) -> GraphQLError:
    """The error for a database that can't answer now; the outage is logged once."""
    log_outage(outage)
    kind = outage.kind
    extensions = {CODE: kind.code, RETRY_AFTER: kind.retry_seconds}
    return GraphQLError(outage.message, extensions=extensions)


def retry_seconds(errors: Sequence[Mapping[str, Any]]) -> int | None:
    """Seconds until a retry, if each of these errors is an outage."""
    extensions = [error.get("extensions", {}) for error in errors]
    codes = {extension.get(CODE) for extension in extensions}
    if not codes or not codes <= OUTAGE_CODES:
        return None
    return max(int(extension[RETRY_AFTER]) for extension in extensions)


def unexpected(error: BaseException) -> GraphQLError:
    """The error for the caller of something that should not have happened.

    An outage is named. Anything else is logged, and the error has only the log's id.
    """
    outage = outage_of(error)
    if outage is not None:
        return unavailable(outage)
    error_id = uuid4().hex
    logger.error("error %s", error_id, exc_info=error)
    return GraphQLError(
        f"Something went wrong; quote {error_id} when you report it.",
        extensions={CODE: ErrorCode.INTERNAL_ERROR.value, "id": error_id},
    )


def _in_place(error: GraphQLError, shown: GraphQLError) -> GraphQLError:
    """The error to show, at the place in the document where the error arose."""
    extensions: dict[str, Any] = shown.extensions or {}
    return GraphQLError(
        shown.message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
