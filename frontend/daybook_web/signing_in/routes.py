"""Signing in and out: with a password, or at a provider.

These pages write sessions themselves: no operation of the API does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.attempts import SignInFailed, TooManyAttempts
from daybook.access.provider import WAIT, Provider, Returned
from daybook.access.sessions import sign_in
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.transport.callers import cookie_name
from daybook_web.kit.cookies import INVITATIONS, Cookies, set_cookie
from daybook_web.kit.forms import Problem, address_of, form_of
from daybook_web.kit.guard import ACCOUNT, HOME, SIGN_IN, page_path
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site
from daybook_web.signing_in.invitations import invitation_routes
from daybook_web.signing_in.links import end_session, link_routes

PROVIDER = f"{SIGN_IN}/provider"
PROVIDER_BACK = f"{PROVIDER}/back"
"""Where the provider redirects to: its configuration must allow it."""
STATE_COOKIE = "daybook_provider"


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The form's values: the address that was typed, and the path to go on to."""

    next: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class SignInView(View):
    """The form for an address and a password."""

    page: ClassVar[str] = "signing_in/sign_in.html"

    title: str
    sign_in_form: SignInForm
    provider: str
    problems: Sequence[Problem]


def sign_in_routes(site: Site) -> list[Route]:
    """The pages that are open to everybody."""
    pages = _SigningIn(site.database, site.cookies)
    return [
        *invitation_routes(site),
        Route(SIGN_IN, pages.show, methods=["GET"]),
        Route(SIGN_IN, pages.enter, methods=["POST"]),
        *link_routes(site),
        Route(PROVIDER, pages.go_to_provider, methods=["GET"]),
        Route(PROVIDER_BACK, pages.come_back, methods=["GET"]),
        Route("/sign-out", pages.leave, methods=["POST"]),
    ]


class _SigningIn:
    """The handlers, which share a database, cookies and the provider."""

    def __init__(self, database: Database, cookies: Cookies) -> None:
        self.database = database
        self.cookies = cookies
        self.settings: Settings = cookies.settings
        self.provider = Provider(database, self.settings)

    async def show(self, request: Request) -> Response:
        """Show the form."""
        path = page_path(request, request.query_params.get("next", ""))
        return self._form(request, SignInForm(path))

    async def enter(self, request: Request) -> Response:
        """Sign in by a password; the session that the browser had ends."""
        form = await form_of(request)
        sign_in_form = SignInForm(
            page_path(request, form.get("next", "")), form.get("email", "")
        )
        try:
            signed_in = await sign_in(
                self.database,
                email=sign_in_form.email,
                password=form.get("password", ""),
                address=address_of(request),
                now=real_now(),
                device=self.cookies.device(request),
            )
        except SignInFailed as failed:
            return self._refused(request, sign_in_form, failed, 422)
        await end_session(self.database, self.settings, request)
        answer = RedirectResponse(sign_in_form.next, HTTPStatus.SEE_OTHER)
        self.cookies.enter(request, answer, signed_in)
        return answer

    async def go_to_provider(self, request: Request) -> Response:
        """Redirect to the provider; the browser keeps the state in a cookie."""
        if not self.settings.oidc_issuer:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        try:
            sent = await self.provider.send(
                redirect_uri=self._redirect_uri(request),
                back_to=page_path(request, request.query_params.get("next", "")),
                address=address_of(request),
                now=real_now(),
            )
        except SignInFailed as failed:
            return self._refused(request, SignInForm(HOME), failed, 502)
        answer = RedirectResponse(sent.address, HTTPStatus.SEE_OTHER)
        set_cookie(
            answer,
            STATE_COOKIE,
            sent.state,
            life=WAIT,
            settings=self.settings,
            path=PROVIDER,
        )
        return answer

    async def come_back(self, request: Request) -> Response:
        """Sign in a user who returns from the provider with the browser's state."""
        parameters = request.query_params
        state, kept = parameters.get("state", ""), request.cookies.get(STATE_COOKIE, "")
        try:
            _check_state(state, kept)
            returned = await self.provider.take_back(
                state=state,
                code=parameters.get("code", ""),
                redirect_uri=self._redirect_uri(request),
                address=address_of(request),
                now=real_now(),
            )
        except SignInFailed as failed:
            answer = self._refused(request, SignInForm(HOME), failed, 403)
        else:
            await end_session(self.database, self.settings, request)
            answer = self._let_in(request, returned)
        answer.delete_cookie(STATE_COOKIE, path=PROVIDER)
        return answer

    def _let_in(self, request: Request, returned: Returned) -> Response:
        """Redirect a user that the provider vouched for; an invitee to invitations."""
        if returned.signed_in is None:
            invited = RedirectResponse(INVITATIONS, HTTPStatus.SEE_OTHER)
            self.cookies.invite(invited, returned.invitee)
            return invited
        path = ACCOUNT if returned.is_news else returned.back_to
        answer = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        self.cookies.enter(request, answer, returned.signed_in)
        return answer

    def _redirect_uri(self, request: Request) -> str:
        site = self.settings.public_url or str(request.base_url)
        return f"{site.rstrip('/')}{PROVIDER_BACK}"

    async def leave(self, request: Request) -> Response:
        """Sign out, and clear the pages from the browser's cache."""
        await end_session(self.database, self.settings, request)
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        name = cookie_name(self.settings)
        answer.delete_cookie(name, secure=self.settings.is_secure, httponly=True)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    def _refused(
        self,
        request: Request,
        sign_in_form: SignInForm,
        failed: SignInFailed,
        status: int,
    ) -> Response:
        """Show the form again, with the problem and when to try again."""
        if not isinstance(failed, TooManyAttempts):
            return self._form(request, sign_in_form, str(failed), status)
        answer = self._form(
            request, sign_in_form, str(failed), HTTPStatus.TOO_MANY_REQUESTS
        )
        answer.headers["Retry-After"] = str(failed.wait_seconds)
        return answer

    def _form(
        self,
        request: Request,
        sign_in_form: SignInForm,
        problem: str = "",
        status: int = 200,
    ) -> Response:
        view = SignInView(
            title="Sign in",
            sign_in_form=sign_in_form,
            provider=self.settings.oidc_name if self.settings.oidc_issuer else "",
            problems=[Problem("email", problem)] if problem else [],
        )
        return respond(request, view, status=status)


def _check_state(state: str, kept: str) -> None:
    """Raise SignInFailed unless this browser was sent to the provider."""
    if not state or not compare_digest(state.encode(), kept.encode()):
        raise SignInFailed("This browser was not sent to the provider: try again.")
