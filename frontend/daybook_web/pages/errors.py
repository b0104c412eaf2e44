"""The pages that say what went wrong, and where to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from daybook.clock import ClockRefused
from daybook_graphql.operations import OperationFailed
from daybook_web.rendering import respond


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ErrorView:
    """A page in place of the one that was asked for."""

    page: ClassVar[str] = "pages/error.html"
    fragment: ClassVar[str] = "pages/error.html"

    title: str
    message: str
    links: Sequence[Link]


HOME = Link("Go to the journal report", "/journals")
# An error is a page, and replaces one even where htmx asked for a fragment.
AS_A_PAGE = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"}


def error_page(
    request: Request,
    status: int,
    title: str,
    message: str,
    links: Sequence[Link] = (HOME,),
) -> HTMLResponse:
    """A page that says what is wrong and how to go on."""
    view = ErrorView(title, message, links)
    return respond(request, view, status=status, headers=AS_A_PAGE)


async def gone(_request: Request, _error: Exception) -> Response:
    """For nobody: who sent the request has left before its end, or was too slow."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def http_error(request: Request, error: Exception) -> Response:
    """The page of a status that a route or the routing raised."""
    assert isinstance(error, HTTPException), "registered for this class only"
    if error.status_code == HTTPStatus.NOT_FOUND:
        message = "There is no page at this address. It may have been mistyped."
        return error_page(request, error.status_code, "Page not found", message)
    title = HTTPStatus(error.status_code).phrase
    answer = error_page(request, error.status_code, title, "The request was refused.")
    answer.headers.update(error.headers or {})
    return answer


async def server_error(request: Request, _error: Exception) -> Response:
    """The page of a mistake of ours: the log says what it was, the page does not."""
    message = (
        "Something went wrong on our side, and it was written to the server's log."
        " Nothing was changed. Try again; if it happens again, report the address and"
        " the time."
    )
    return error_page(request, 500, "Something went wrong", message)


async def operation_failed(request: Request, error: Exception) -> Response:
    """The page of what somebody may not do; any other failure is a mistake of ours."""
    assert isinstance(error, OperationFailed), "registered for this class only"
    if error.codes != {"FORBIDDEN"}:
        raise error
    message = "Your role does not allow this. Ask an admin of your organisation."
    return error_page(request, HTTPStatus.FORBIDDEN, "Not allowed", message)


async def clock_refused(request: Request, error: Exception) -> Response:
    """The page of a first sign-in while the clock is refused."""
    assert isinstance(error, ClockRefused), "registered for this class only"
    message = (
        "The server's clock has to be set right before anybody can be let in for the"
        " first time, or by a link. Tell who runs the server; after that, ask for a new"
        " link."
    )
    title = "The server's clock is wrong"
    return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, title, message)


EXCEPTION_HANDLERS: Mapping[Any, Any] = {
    ClientDisconnect: gone,
    HTTPException: http_error,
    ClockRefused: clock_refused,
    OperationFailed: operation_failed,
    Exception: server_error,
}
"""What a Starlette application takes as its `exception_handlers`."""
