"""Guarded pages: their handlers only run for callers who are signed in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlencode, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match

from daybook.access.rules import Caller
from daybook.settings import Settings
from daybook_graphql.context import STRANGER
from daybook_graphql.kit.errors import TooMany
from daybook_graphql.transport.bodies import body_within, with_body
from daybook_graphql.transport.callers import Authenticator, credentials_of
from daybook_web.kit.receiving import FileForm, FormLimits, Unreadable, file_form
from daybook_web.kit.times import note_zone

Handler = Callable[[Request], Awaitable[Response]]
FileHandler = Callable[[Request, FileForm], Awaitable[Response]]

SIGN_IN = "/sign-in"
FORM_BYTES_MAX = 2**20
"""The most bytes of a form."""
HOME = "/close"
ACCOUNT = "/account"
PAGES_OF = "page-organisation"
"""The field of forms, and the header of htmx, with the organisation that a page is of:
its reader may have gone to another one in another tab since."""


def caller_of(request: Request) -> Caller:
    """The caller of a page; the stranger if it is open to everybody."""
    found = getattr(request.state, "caller", STRANGER)
    assert isinstance(found, Caller), "only a caller is put there"
    return found


def note_caller(request: Request, caller: Caller) -> None:
    """Note who asks, and in which time zone they read moments."""
    request.state.caller = caller
    note_zone(caller.time_zone)


def note_waiting(request: Request, number: int) -> None:
    """Note how much waits for the caller, for the navigation."""
    request.state.waiting = number


def waiting_for(request: Request) -> int:
    """How much waits for the caller; 0 where a page has no navigation to say it."""
    return int(getattr(request.state, "waiting", 0))


@dataclass(frozen=True, slots=True)
class Instead:
    """What answers in a page's place.

    `signed_out` answers forms of strangers, so that what was typed isn't lost.
    `elsewhere` answers what a page sends whose reader has gone to another organisation
    meanwhile, so that nothing of one is taken for the other. `too_large` answers forms
    of more than `FORM_BYTES_MAX` bytes, and `over_limit` callers who ask too much.
    """

    signed_out: Handler
    elsewhere: Handler | None
    too_large: Handler
    over_limit: Callable[[Request, TooMany], Response]


def signed_in_only(
    handler: Handler,
    authenticator: Authenticator,
    settings: Settings,
    instead: Instead,
    stranger: Handler | None = None,
) -> Handler:
    """The handler for known callers; others are led to the sign-in page.

    `stranger` answers these, and readers who have gone to another organisation, where
    a part of a page must not lead away from it.
    """

    async def guarded(request: Request) -> Response:
        caller = await _admitted(request, authenticator, settings, instead)
        if isinstance(caller, Response):
            return caller
        form = None
        if caller is not STRANGER and request.method == "POST":
            try:
                form = await body_within(request, FORM_BYTES_MAX)
            except ClientDisconnect:
                return _ended_early()
            if form is None:
                note_caller(request, caller)
                return await instead.too_large(request)
            request = with_body(request, form)
            # The sender of a slow form may lose access while it arrives.
            caller = await authenticator.caller(
                credentials_of(request.headers, settings)
            )
        is_part = request.headers.get("hx-request") == "true"
        if caller is STRANGER:
            if stranger is not None and is_part:
                return await stranger(request)
            return await _not_known(request, instead)
        note_caller(request, caller)
        answering = handler
        elsewhere = instead.elsewhere
        if elsewhere and _is_of_another(await _page_of(request, form), caller):
            answering = stranger if stranger and is_part else elsewhere
        return await answering(request)

    return guarded


async def _page_of(request: Request, body: bytes | None) -> str | None:
    """The organisation that the page names which sends a request, if it does."""
    if body is not None:
        # Read from a copy: the handler sets its own limits when it reads the form.
        copy = with_body(request, body)
        async with copy.form(max_fields=FORM_BYTES_MAX) as form:
            if PAGES_OF in form:
                return str(form[PAGES_OF])
    return request.headers.get(PAGES_OF)


def _is_of_another(named: str | None, caller: Caller) -> bool:
    return named is not None and named != str(caller.organisation_id)


def signed_in_with_file(
    handler: FileHandler,
    authenticator: Authenticator,
    settings: Settings,
    most: FormLimits,
    instead: Instead,
) -> Handler:
    """The handler of a form with files, for known callers as `signed_in_only`."""

    async def guarded(request: Request) -> Response:
        caller = await _admitted(request, authenticator, settings, instead)
        if isinstance(caller, Response):
            return caller
        if caller is STRANGER:
            return await _not_known(request, instead)
        try:
            async with file_form(request, *most) as form:
                # The sender of a slow form may lose access while it arrives.
                caller = await authenticator.caller(
                    credentials_of(request.headers, settings)
                )
                if caller is STRANGER:
                    # The file was read already, and nothing of it is held.
                    return await _not_known(with_body(request, b""), instead)
                note_caller(request, caller)
                is_strange = _is_of_another(form.fields.get(PAGES_OF), caller)
                elsewhere = instead.elsewhere if is_strange else None
                return await (
                    elsewhere(request) if elsewhere else handler(request, form)
                )
        except ClientDisconnect:
            return _ended_early()
        except Unreadable as wrong:
            message = f"The form can't be read: {wrong}.\n"
            return PlainTextResponse(message, status_code=400)

    return guarded


async def _admitted(
    request: Request,
    authenticator: Authenticator,
    settings: Settings,
    instead: Instead,
) -> Caller | Response:
    """The caller of a request, or the answer to one over a limit."""
    caller = await authenticator.caller(credentials_of(request.headers, settings))
    try:
        # A stream ends the request's count, and is counted as what it is.
        request.state.end_request = await authenticator.limits.admit(request, caller)
    except TooMany as refused:
        return instead.over_limit(request, refused)
    return caller


def _ended_early() -> Response:
    return PlainTextResponse("The form ended early.\n", status_code=400)


def local_path(text: str) -> str:
    """The path to go on to after signing in; `HOME` for other sites' addresses."""
    is_ours = text.startswith("/") and text.isprintable() and "\\" not in text
    return text if is_ours and not text.startswith("//") else HOME


def page_path(request: Request, text: str) -> str:
    """The local path, if a page can be opened there; `HOME` where one only sends."""
    path = local_path(text)
    scope = {**request.scope, "method": "GET", "path": unquote(urlsplit(path).path)}
    is_page = any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    return path if is_page else HOME


def page_before(request: Request) -> str:
    """The path of the page that led here, if it is one of ours; else empty."""
    named = request.headers.get("hx-current-url") or request.headers.get("referer", "")
    try:
        address = urlsplit(named)
    except ValueError:  # it isn't an address
        return ""
    if address.netloc != request.headers.get("host"):
        return ""
    return local_path(f"{address.path}{'?' * bool(address.query)}{address.query}")


async def _not_known(request: Request, instead: Instead) -> Response:
    """The answer to a stranger: its own to the form of a person."""
    if request.method != "POST" or not is_for_people(request):
        return _to_sign_in(request)
    try:
        return await instead.signed_out(request)
    except ClientDisconnect:
        return _ended_early()


def _to_sign_in(request: Request) -> Response:
    if not is_for_people(request):
        return PlainTextResponse(
            "Send a key: Authorization: Bearer …\n",
            status_code=HTTPStatus.UNAUTHORIZED,
            headers={"WWW-Authenticate": "Bearer"},
        )
    url = request.headers.get("hx-current-url") or str(request.url)
    path = "/" + url.split("/", 3)[3] if url.count("/") > 2 else HOME
    address = f"{SIGN_IN}?{urlencode({'next': local_path(path)})}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=HTTPStatus.OK, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)


def is_for_people(request: Request) -> bool:
    """Whether a person reads the answer in a browser, and not a program."""
    if "authorization" in request.headers:
        return False
    return (
        "text/html" in request.headers.get("accept", "")
        or request.headers.get("hx-request") == "true"
    )
