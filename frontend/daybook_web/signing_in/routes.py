"""Signing in and out: with a password, by a one-time link, or at a provider.

These pages write sessions themselves: no operation of the API signs anybody in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.attempts import SignInFailed, TooManyAttempts
from daybook.access.links import sign_in_by_link
from daybook.access.provider import WAIT, Provider, Returned
from daybook.access.rules import Caller
from daybook.access.sessions import sign_in, sign_out
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.callers import Door, cookie_name, credentials_of
from daybook_web.journals.view import Problem
from daybook_web.kit.callers import HOME, SIGN_IN, local_path
from daybook_web.kit.cookies import INVITATIONS, Cookies, set_cookie
from daybook_web.kit.errors import Link, error_page
from daybook_web.kit.forms import form_of, place_called_from
from daybook_web.kit.rendering import respond

ACCOUNT = "/account"
PROVIDER = f"{SIGN_IN}/provider"
PROVIDER_BACK = f"{PROVIDER}/back"
"""Where the provider leads back to: what it must be told to allow."""
STATE_COOKIE = "daybook_provider"


@dataclass(frozen=True, slots=True)
class SignInView:
    """The form that asks who somebody is."""

    page: ClassVar[str] = "signing_in/sign_in.html"
    fragment: ClassVar[str] = "signing_in/sign_in.html"

    title: str
    given: Mapping[str, str]
    provider: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class LinkView:
    """The page of a one-time link, with a button that uses it."""

    page: ClassVar[str] = "signing_in/sign_in_link.html"
    fragment: ClassVar[str] = "signing_in/sign_in_link.html"

    title: str


def sign_in_routes(database: Database, cookies: Cookies, door: Door) -> list[Route]:
    """The pages that are open to everybody."""
    pages = _SigningIn(database, cookies, door)
    return [
        Route(SIGN_IN, pages.show, methods=["GET"]),
        Route(SIGN_IN, pages.enter, methods=["POST"]),
        Route(f"{SIGN_IN}/link/{{token}}", pages.show_link, methods=["GET"]),
        Route(f"{SIGN_IN}/link/{{token}}", pages.enter_by_link, methods=["POST"]),
        Route(PROVIDER, pages.go_to_provider, methods=["GET"]),
        Route(PROVIDER_BACK, pages.come_back, methods=["GET"]),
        Route("/sign-out", pages.leave, methods=["POST"]),
    ]


class _SigningIn:
    """The handlers, which share a database and what cookies are made with."""

    def __init__(self, database: Database, cookies: Cookies, door: Door) -> None:
        self.database = database
        self.cookies = cookies
        self.settings: Settings = cookies.settings
        self.provider = Provider(database, self.settings)
        self.door = door

    async def show(self, request: Request) -> Response:
        """Ask who somebody is."""
        place = local_path(request.query_params.get("next", ""))
        return self._form(request, {"next": place})

    async def enter(self, request: Request) -> Response:
        """Sign in who knows their password; the session they came with ends."""
        given = await form_of(request)
        given["next"] = local_path(given.get("next", ""))
        try:
            signed_in = await sign_in(
                self.database,
                email=given.get("email", ""),
                password=given.get("password", ""),
                address=place_called_from(request),
                now=real_now(),
                device=self.cookies.device(request),
            )
        except SignInFailed as failed:
            return self._refused(request, given, failed, 422)
        await self._end_session(request)
        answer = RedirectResponse(given["next"], HTTPStatus.SEE_OTHER)
        self.cookies.enter(request, answer, signed_in)
        return answer

    async def show_link(self, request: Request) -> Response:
        """Ask for a press of a button: programs that look at a link don't use it."""
        return respond(request, LinkView("Sign in"), headers=NEVER_KEPT)

    async def enter_by_link(self, request: Request) -> Response:
        """Sign in by a link, and go on to a password where there is none."""
        token = request.path_params["token"]
        try:
            signed_in = await sign_in_by_link(
                self.database, token, real_now(), by=await self._caller(request)
            )
        except SignInFailed as failed:
            links = [Link("Sign in with a password", SIGN_IN)]
            return error_page(
                request, 410, "This link let nobody in", str(failed), links
            )
        await self._end_session(request)
        place = HOME if signed_in.has_password else ACCOUNT
        answer = RedirectResponse(place, HTTPStatus.SEE_OTHER)
        self.cookies.enter(request, answer, signed_in)
        return answer

    async def go_to_provider(self, request: Request) -> Response:
        """Send somebody to the provider; their browser keeps the state."""
        if not self.settings.oidc_issuer:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        try:
            sent = await self.provider.send(
                redirect_uri=self._redirect_uri(request),
                back_to=local_path(request.query_params.get("next", "")),
                address=place_called_from(request),
                now=real_now(),
            )
        except SignInFailed as failed:
            return self._refused(request, {"next": HOME}, failed, 502)
        answer = RedirectResponse(sent.address, HTTPStatus.SEE_OTHER)
        its = STATE_COOKIE, sent.state, WAIT, self.settings
        set_cookie(answer, *its, path=PROVIDER)
        return answer

    async def come_back(self, request: Request) -> Response:
        """Sign in who comes back from the provider with what they were sent with."""
        given = request.query_params
        state, kept = given.get("state", ""), request.cookies.get(STATE_COOKIE, "")
        try:
            _check_state(state, kept)
            returned = await self.provider.take_back(
                state=state,
                code=given.get("code", ""),
                redirect_uri=self._redirect_uri(request),
                address=place_called_from(request),
                now=real_now(),
            )
        except SignInFailed as failed:
            answer = self._refused(request, {"next": HOME}, failed, 403)
        else:
            await self._end_session(request)
            answer = self._let_in(request, returned)
        answer.delete_cookie(STATE_COOKIE, path=PROVIDER)
        return answer

    def _let_in(self, request: Request, returned: Returned) -> Response:
        """Lead on whom the provider vouched for; who belongs nowhere, to say yes."""
        if returned.signed_in is None:
            asked = RedirectResponse(INVITATIONS, HTTPStatus.SEE_OTHER)
            self.cookies.invite(asked, returned.invitee)
            return asked
        place = ACCOUNT if returned.is_news else returned.back_to
        answer = RedirectResponse(place, HTTPStatus.SEE_OTHER)
        self.cookies.enter(request, answer, returned.signed_in)
        return answer

    def _redirect_uri(self, request: Request) -> str:
        site = self.settings.public_url or str(request.base_url)
        return f"{site.rstrip('/')}{PROVIDER_BACK}"

    async def leave(self, request: Request) -> Response:
        """Sign out; nothing of the pages is left in the browser."""
        await self._end_session(request)
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        name = cookie_name(self.settings)
        answer.delete_cookie(name, secure=self.settings.is_secure, httponly=True)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    async def _caller(self, request: Request) -> Caller:
        """Who is signed in already."""
        presented = credentials_of(request.headers, self.settings)
        return await self.door.caller(presented)

    async def _end_session(self, request: Request) -> None:
        token = credentials_of(request.headers, self.settings).session
        if token is not None:
            await sign_out(self.database, token)

    def _refused(
        self,
        request: Request,
        given: Mapping[str, str],
        failed: SignInFailed,
        status: int,
    ) -> Response:
        """The form again, with what is wrong, and until when it is of no use."""
        if not isinstance(failed, TooManyAttempts):
            return self._form(request, given, str(failed), status)
        answer = self._form(request, given, str(failed), HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(failed.wait_seconds)
        return answer

    def _form(
        self,
        request: Request,
        given: Mapping[str, str],
        problem: str = "",
        status: int = 200,
    ) -> Response:
        view = SignInView(
            title="Sign in",
            given={"email": "", **given},
            provider=self.settings.oidc_name if self.settings.oidc_issuer else "",
            problems=[Problem("email", problem)] if problem else [],
        )
        return respond(request, view, status=status)


def _check_state(state: str, kept: str) -> None:
    """Raise SignInFailed unless it is this browser that was sent to the provider."""
    if not state or not compare_digest(state.encode(), kept.encode()):
        raise SignInFailed("This browser was not sent to the provider: try again.")


NEVER_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Of pages whose address is a secret."""
