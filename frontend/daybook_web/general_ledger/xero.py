"""Connecting a connection to Xero, coming back, fetching what is new, disconnecting.

Xero is another site, so admins go there by a link: a form may only lead to our own.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.gl.live.app import CALLBACK
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode
from daybook_web.general_ledger.live import (
    ConnectGl,
    DisconnectGl,
    FinishConnectGl,
)
from daybook_web.general_ledger.refresh_results import CONNECTIONS
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import form_of
from daybook_web.kit.links import Link
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused
from daybook_web.kit.site import Site

TO_CONNECTIONS = Link("Connections", CONNECTIONS)


def xero_routes(site: Site) -> list[Route]:
    """The ways to Xero and back, and the forms of a connection that is connected."""

    async def connect(request: Request) -> Response:
        variables = {
            "connectionId": encode(GlConnectionId(request.path_params["number"])),
            "site": str(request.base_url).rstrip("/"),
        }
        try:
            sent = await site.running(request).change("ConnectGl", variables, ConnectGl)
        except Refused as refused:
            return _refused(request, refused, "Not connected")
        return RedirectResponse(sent.address, 303)

    async def come_back(request: Request) -> Response:
        query = request.query_params
        if "error" in query:
            message = (
                f"Xero said {query['error']!r}. Nothing was changed: connect it again"
                " if that wasn't meant."
            )
            return error_page(request, 422, "Not connected", message, _links())
        variables = {"state": query.get("state", ""), "code": query.get("code", "")}
        running = site.running(request)
        try:
            found = await running.change("FinishConnectGl", variables, FinishConnectGl)
        except Refused as refused:
            return _refused(request, refused, "Not connected")
        return _page(found.connection.number, "connected")

    async def change(request: Request) -> Response:
        number = request.path_params["number"]
        form, running = await form_of(request), site.running(request)
        which = {"connectionId": encode(GlConnectionId(number))}
        try:
            match form.get("form"):
                case "sync":
                    await running.change("SyncGl", which, Changed)
                    return _page(number, "sync")
                case "disconnect":
                    ended = await running.change("DisconnectGl", which, DisconnectGl)
                    return _page(
                        number, "left" if ended.left_in_xero else "disconnected"
                    )
        except Refused as refused:
            return _refused(request, refused, "Nothing was changed")
        message = "The form was incomplete. Go back and send it again."
        return error_page(request, 400, "Nothing was changed", message)

    address = f"{CONNECTIONS}/{{number:int}}"
    return [
        site.guarded(f"{address}/connect", connect),
        site.guarded(f"{address}/xero", change, "POST"),
        site.guarded(CALLBACK, come_back),
    ]


def _page(number: int, saved: str) -> Response:
    return RedirectResponse(f"{CONNECTIONS}/{number}?saved={saved}", 303)


def _refused(request: Request, refused: Refused, title: str) -> Response:
    """The page that says why; 404 for a connection that there isn't."""
    message = "; ".join(fault.message for fault in refused.faults)
    message = f"{message[:1].upper()}{message[1:]}."
    is_missing = {fault.code for fault in refused.faults} == {"NOT_FOUND"}
    status = 404 if is_missing else 422
    return error_page(request, status, title, message, _links())


def _links() -> tuple[Link, ...]:
    return (TO_CONNECTIONS,)
