"""The account page: a user's password, mail, organisations and invitations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.attempts import TooManyAttempts, begin_attempt, forget_attempts
from daybook.access.commands import set_password
from daybook.access.cookies import device_of
from daybook.access.invitations import (
    NotProved,
    accept_invitation,
    decline_invitation,
)
from daybook.access.mail_preferences import set_mail_preferences
from daybook.access.queries import ListedOrganisation
from daybook.access.rules import Caller, Invitee
from daybook.access.sessions import move_session
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook_graphql.transport.callers import credentials_of
from daybook_web.account.mail import MailForm, mail_form, wanted_mail
from daybook_web.account.results import AccountOrganisation, AccountPage
from daybook_web.kit.cookies import Cookies, set_session
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, address_of, form_of, form_with_list
from daybook_web.kit.guard import ACCOUNT, HOME, caller_of, page_path
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site
from daybook_web.signing_in.invitations import organisation_in

ACCESS = "/access"
"""The page that only admins see."""
ADMIN = "ADMIN"
SAVED = {
    "password": "The password is saved. Everywhere else you are signed out.",
    "mail": "What mail you want is saved.",
    "accepted": "You belong to that organisation now: go there when you like.",
    "joined": "You belong to these organisations now: switch at the top of each page.",
    "partly": "One of the invitations was taken back, or answered before; you belong to"
    " the others.",
    "declined": "The invitation is declined.",
}


@dataclass(frozen=True, slots=True)
class AccountView(View):
    """A user, their organisations, and the form for their password."""

    page: ClassVar[str] = "account/account.html"

    title: str
    name: str
    email: str
    role: str
    has_password: bool
    is_verified: bool
    provider: str
    invitations: Sequence[ListedOrganisation]
    place: str
    organisations: Sequence[AccountOrganisation]
    organisation_number: int
    mail: MailForm
    saved: str
    problems: Sequence[Problem]


def account_routes(site: Site) -> list[Route]:
    """`/account`, for people: a key has none."""

    async def account(request: Request) -> Response:
        caller = caller_of(request)
        if caller.user_id is None:
            message = "Only people have one: sign in with an address and a password."
            return error_page(request, 403, "No account", message)
        page = _Page(
            request,
            site.running(request),
            site.database,
            site.cookies,
            caller,
            caller.user_id,
        )
        return await (page.change() if request.method == "POST" else page.show())

    async def switch(request: Request) -> Response:
        caller = caller_of(request)
        if caller.user_id is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        page = _Page(
            request,
            site.running(request),
            site.database,
            site.cookies,
            caller,
            caller.user_id,
        )
        return await page.switch()

    return [
        site.guarded(ACCOUNT, account, "GET", "POST"),
        site.guarded(f"{ACCOUNT}/organisation", switch, "POST", is_anywheres=True),
    ]


@dataclass(frozen=True, slots=True)
class _Page:
    """One request for somebody's account."""

    request: Request
    running: Running
    database: Database
    cookies: Cookies
    caller: Caller
    user_id: int

    async def show(self, problems: Sequence[Problem] = ()) -> Response:
        """The page as things are."""
        found = await self.running.run(AccountPage, {})
        account = found.viewer.account
        settings = self.cookies.settings
        view = AccountView(
            title="Account",
            name=account.name,
            email=account.email,
            role=found.viewer.role.capitalize(),
            has_password=account.has_password,
            is_verified=account.is_verified,
            provider=settings.oidc_name if settings.oidc_issuer else "",
            invitations=[invitation.listed for invitation in account.invitations],
            place=ACCOUNT,
            organisations=account.organisations,
            organisation_number=self.caller.organisation_id,
            mail=mail_form(found.mail_preferences),
            saved=SAVED.get(self.request.query_params.get("saved", ""), ""),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def change(self) -> Response:
        """Make the change of a form."""
        form, events = await form_with_list(self.request, "events")
        organisation_id = organisation_in(form.get("organisation", ""))
        match form.get("form"):
            case "mail":
                return await self._set_mail(form.get("format", ""), events)
            case "accept" | "decline" as answer:
                is_yes = answer == "accept"
                return await self._answer(organisation_id, is_yes=is_yes)
        return await self._set_password(form)

    async def switch(self) -> Response:
        """Go to another organisation, and on with the same page if they may see it."""
        form = await form_of(self.request)
        organisation_id = organisation_in(form.get("organisation", ""))
        path = page_path(self.request, form.get("next", ""))
        found = await self.running.run(AccountPage, {})
        is_admin = any(
            organisation.number == organisation_id and organisation.role == ADMIN
            for organisation in found.viewer.account.organisations
        )
        if path == ACCESS and not is_admin:
            path = HOME
        return await self._go(organisation_id, path)

    async def _answer(self, organisation_id: int, *, is_yes: bool) -> Response:
        """Accept or decline an invitation; the user stays in their organisation."""
        answer = accept_invitation if is_yes else decline_invitation
        assert self.caller.sign_ins_from is not None, "people come by sessions"
        invitee = Invitee(self.user_id, self.caller.sign_ins_from)
        try:
            is_done = await answer(
                self.database, organisation_id, invitee, now=real_now()
            )
        except NotProved:
            message = (
                "Nothing shows yet that the invitation is yours: open the link that the"
                " organisation sent you while you are signed in."
            )
            return error_page(self.request, 403, "Open the link", message)
        if not is_done:
            message = "The invitation was taken back, or answered before."
            return error_page(self.request, 404, "No such invitation", message)
        saved = "accepted" if is_yes else "declined"
        return RedirectResponse(f"{ACCOUNT}?saved={saved}", 303)

    async def _set_mail(self, format_: str, events: Sequence[str]) -> Response:
        """Save what mail the user wants."""
        wanted = wanted_mail(format_, events)
        if wanted is None:
            message = "The form was incomplete. Go back and send it again."
            return error_page(self.request, 400, "Nothing was changed", message)
        await set_mail_preferences(self.database, self.user_id, wanted)
        return RedirectResponse(f"{ACCOUNT}?saved=mail", 303)

    async def _set_password(self, form: Mapping[str, str]) -> Response:
        password, mine = form.get("password", ""), self.caller.organisation_id
        if password != form.get("again", ""):
            problem = Problem("again", "The two differ: type the same password twice.")
            return await self.show([problem])
        # The present password can be guessed no more often than at the sign-in page.
        email, address = self.caller.name, address_of(self.request)
        credentials = self.cookies.device(self.request)
        device = device_of(credentials, self.user_id, self.caller.sign_ins_from)
        try:
            attempt = await begin_attempt(
                self.database, email, address, real_now(), device
            )
            sign_ins_from = await set_password(
                self.database,
                mine,
                user_id=self.user_id,
                password=password,
                current=form.get("current"),
                now=real_now(),
                sign_ins_from=self.caller.sign_ins_from,
            )
        except TooManyAttempts as refused:
            return await self.show([Problem("current", str(refused))])
        except Rejected as rejected:
            problems = [
                Problem(
                    problem.path[0] if problem.path else "password", problem.message
                )
                for problem in rejected.problems
            ]
            return await self.show(problems)
        await forget_attempts(self.database, attempt, real_now())
        # Whoever chose their first one came in by a link, to which no page belongs.
        is_first = form.get("current") is None
        path = HOME if is_first else f"{ACCOUNT}?saved=password"
        return await self._go(mine, path, sign_ins_from)

    async def _go(
        self, organisation_id: int, path: str, sign_ins_from: int | None = None
    ) -> Response:
        """Redirect with a new session token, which lasts as long as the old one.

        With a new password only this browser stays known.
        """
        token = credentials_of(self.request.headers, self.cookies.settings).session
        signed_in = await move_session(
            self.database,
            token or "",
            organisation_id=organisation_id,
            sign_ins_from=sign_ins_from,
        )
        if signed_in is None:
            message = "You don't belong to that organisation."
            return error_page(self.request, 404, "Organisation not found", message)
        answer = RedirectResponse(path, 303)
        if sign_ins_from is None:
            set_session(answer, signed_in, self.cookies.settings)
        else:
            self.cookies.enter(self.request, answer, signed_in)
        return answer
