"""The headers of every answer and the checks of every request, as ASGI middleware.

A browser sends its cookie along wherever a page of another web site leads it, and such
a site could name this server by its own host name (DNS rebinding). So the Host must be
one of ours, and requests that change something must not come from another origin.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from daybook.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " object-src 'none'"
)

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Answers that may be kept set their own.
    "Cache-Control": "no-store",
}
HTTPS_ONLY: Mapping[str, str] = {"Strict-Transport-Security": "max-age=31536000"}
"""Where people reach Daybook over HTTPS, browsers never try without for a year."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_AUTHORITY = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s]+)(?::[0-9]{1,5})?")


def middleware(settings: Settings) -> list[Middleware]:
    """The three classes below, in their order, for the whole application."""
    headers = {**SECURITY_HEADERS, **(HTTPS_ONLY if settings.is_secure else {})}
    return [
        Middleware(SecurityHeaders, headers=headers),
        Middleware(AllowedHosts, names=_host_names(settings)),
        Middleware(SameOrigin),
    ]


def _host_names(settings: Settings) -> tuple[str, ...]:
    """The host names of the settings, and the one under which people open Daybook."""
    public = urlsplit(settings.public_url).hostname
    return (*settings.allowed_hosts, *([public] if public else ()))


class SecurityHeaders:
    """Adds the headers that tell a browser to trust this origin only."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers that it didn't set."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        is_http = scope["type"] == "http"
        await self.app(scope, receive, send_with_headers if is_http else send)


class AllowedHosts:
    """Refuses requests whose Host header names another server."""

    def __init__(self, app: ASGIApp, names: tuple[str, ...]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400 (no host) or 421 (not ours)."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        name = _host_name(Headers(scope=scope))
        if name in self.names:
            await self.app(scope, receive, send)
        elif name is None:
            await _refuse(scope, receive, send, 400, "One valid Host header is needed.")
        else:
            message = (
                "This server does not answer to that host name."
                " DAYBOOK_ALLOWED_HOSTS lists those it answers to."
            )
            await _refuse(scope, receive, send, 421, message)


class SameOrigin:
    """Refuses requests of other web sites that could change something.

    Programs other than browsers send neither header and pass. The order is that of Go's
    CrossOriginProtection: Sec-Fetch-Site first, as only browsers can set it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        is_unsafe = scope["type"] == "websocket" or (
            scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        )
        if is_unsafe and not _is_same_origin(Headers(scope=scope)):
            message = "Requests from other web sites are refused."
            await _refuse(scope, receive, send, 403, message)
        else:
            await self.app(scope, receive, send)


def _host_name(headers: Headers) -> str | None:
    """The host's name without its port; None unless there is exactly one."""
    hosts = headers.getlist("host")
    match = _AUTHORITY.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return match["name"].lower() if match else None


def _is_same_origin(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in {"same-origin", "none"}
    if origin is None:
        return True
    scheme, _, authority = origin.partition("://")
    return scheme in {"http", "https"} and authority == headers.get("host")


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: int, message: str
) -> None:
    if scope["type"] == "websocket":
        # Closed before it was accepted: the server answers the handshake with 403.
        await WebSocketClose(code=1008, reason=message)(scope, receive, send)
    else:
        answer = PlainTextResponse(f"{message}\n", status_code=status)
        await answer(scope, receive, send)
