"""The pages of errors: what went wrong, and where to go on."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from daybook.clock import ClockRefused
from daybook.db.failures import OUTAGES, log_outage, outage_of
from daybook_graphql.execution.operations import OperationFailed
from daybook_graphql.kit.errors import OUTAGE_CODES, TooMany
from daybook_web.kit.forbidden import AS_A_PAGE, forbidden, needed_in
from daybook_web.kit.formats import count, sentence
from daybook_web.kit.guard import (
    FORM_BYTES_MAX,
    HOME,
    is_for_people,
    local_path,
    page_before,
)
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.where import where_of


@dataclass(frozen=True, slots=True)
class ErrorView(View):
    """An error, and links that lead on."""

    page: ClassVar[str] = "kit/error.html"

    title: str
    message: str
    links: Sequence[Link]


TO_REPORT = Link("Go to the journal report", "/journals")


def error_page(
    request: Request,
    status: int,
    title: str,
    message: str,
    links: Sequence[Link] = (TO_REPORT,),
) -> HTMLResponse:
    """A page that explains an error and offers a way on, to the same ledger."""
    where = where_of(request)
    links = [Link(link.text, where.url(link.url)) for link in links]
    view = ErrorView(title, message, links)
    return respond(request, view, status=status, headers=AS_A_PAGE)


async def gone(_request: Request, _error: Exception) -> Response:
    """An answer that nobody reads: the sender disconnected, or was too slow."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def http_error(request: Request, error: Exception) -> Response:
    """The page of a status that a handler or the routing raised."""
    assert isinstance(error, HTTPException), "registered for this class only"
    if not hasattr(request.state, "caller"):  # no handler of a page was reached
        with suppress(*OUTAGES):
            await request.app.state.site.note_reader(request)
    if error.status_code == HTTPStatus.NOT_FOUND:
        message = "There is no page at this address. It may have been mistyped."
        return error_page(request, error.status_code, "Page not found", message)
    title = HTTPStatus(error.status_code).phrase
    answer = error_page(request, error.status_code, title, "The request was refused.")
    answer.headers.update(error.headers or {})
    return answer


async def too_large_form(request: Request) -> Response:
    """The answer to a form of more bytes than are read."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if not is_for_people(request):
        return PlainTextResponse("The form is too large.\n", status)
    message = (
        f"A form has at most {FORM_BYTES_MAX // 2**20} MiB. Nothing was changed. Open"
        " it again, and send what you typed in several parts."
    )
    again = Link("Open it again", local_path(page_before(request) or HOME))
    return error_page(request, status, "The form is too large", message, [again])


def over_limit(request: Request, refused: TooMany) -> Response:
    """The answer to a caller who asks for too much at a time."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    listens = "text/event-stream" in request.headers.get("accept", "")
    if listens or not is_for_people(request):
        return PlainTextResponse(f"{refused}\n", status, headers=refused.headers)
    message = (
        f"{sentence(str(refused))} Nothing was changed. Try again in"
        f" {count(refused.seconds, 'second', 'seconds')}."
    )
    again = Link("Try again", local_path(f"{request.url.path}?{request.url.query}"))
    links = [again] if request.method == "GET" else []
    answer = error_page(request, status, "Too many requests", message, links)
    answer.headers.update(refused.headers)
    return answer


async def server_error(request: Request, _error: Exception) -> Response:
    """The page of a bug: the log has the traceback, the page shows nothing of it."""
    message = (
        "Something went wrong on our side, and it was written to the server's log."
        " Nothing was changed. Try again; if it happens again, report the address and"
        " the time."
    )
    return error_page(request, 500, "Something went wrong", message)


async def outage(request: Request, error: Exception) -> Response:
    """The page of a database that can't answer now; raises other errors again."""
    found = outage_of(error)
    if found is None:
        raise error
    log_outage(found)
    return _outage_page(request, found.message, found.kind.retry_seconds)


def _outage_page(request: Request, message: str, seconds: int) -> Response:
    text = f"{message[:1].upper()}{message[1:]}. Nothing was changed."
    status = HTTPStatus.SERVICE_UNAVAILABLE
    again = Link("Try again", local_path(f"{request.url.path}?{request.url.query}"))
    links = (again, TO_REPORT) if request.method == "GET" else (TO_REPORT,)
    answer = error_page(request, status, "Not available now", text, links)
    answer.headers["Retry-After"] = str(seconds)
    return answer


async def operation_failed(request: Request, error: Exception) -> Response:
    """The page of an outage or a missing permission; raises other errors again."""
    assert isinstance(error, OperationFailed), "registered for this class only"
    if error.codes <= OUTAGE_CODES:
        first = error.errors[0]
        return _outage_page(request, first.message, first.retry_seconds or 1)
    if error.codes != {"FORBIDDEN"}:
        raise error
    return await forbidden(request, needed_in(error))


async def clock_refused(request: Request, error: Exception) -> Response:
    """The page of a first sign-in while the clock is refused."""
    assert isinstance(error, ClockRefused), "registered for this class only"
    message = (
        "The server's clock has to be set right before anybody can be let in for the"
        " first time, or by a link. Tell whoever runs it; after that, ask for a new"
        " link."
    )
    title = "The server's clock is wrong"
    return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, title, message)


EXCEPTION_HANDLERS: Mapping[Any, Any] = {
    ClientDisconnect: gone,
    **dict.fromkeys(OUTAGES, outage),
    HTTPException: http_error,
    ClockRefused: clock_refused,
    OperationFailed: operation_failed,
    Exception: server_error,
}
"""What a Starlette application takes as its `exception_handlers`."""
