"""One-time links: what they offer, and the button that uses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.attempts import SignInFailed
from daybook.access.invitations import Offer, Offered
from daybook.access.links import offer_of_link, sign_in_by_link
from daybook.access.rules import Caller
from daybook.access.sessions import SignedIn, sign_out
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.transport.callers import credentials_of
from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_with_list
from daybook_web.kit.guard import ACCOUNT, HOME, SIGN_IN, local_path
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site
from daybook_web.signing_in.invitations import organisation_in

NEVER_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""The headers of pages whose address is a secret."""
CHOOSE = "Tick the organisations to join: the link is used up once."


@dataclass(frozen=True, slots=True)
class LinkView(View):
    """What a link offers, and the button that uses it.

    `member_of` is the organisation that they belong to already; empty for none. A link
    that `leads_on` to a page doesn't ask for a password first.
    """

    page: ClassVar[str] = "signing_in/sign_in_link.html"
    has_secret: ClassVar[bool] = True

    title: str
    email: str
    invitations: Sequence[Offered]
    member_of: str
    button: str
    leads_on: bool
    problems: Sequence[Problem]

    @classmethod
    def of(
        cls, offer: Offer, back_to: str, problems: Sequence[Problem] = ()
    ) -> "LinkView":
        """The page of an offer; `back_to` is the page that its address names."""
        invitations = [its for its in offer.organisations if not its.is_member]
        member_of = [its.name for its in offer.organisations if its.is_member]
        title = "Your invitations" if invitations else "Sign in"
        if len(invitations) == 1 and not member_of:
            title = button = f"Join {invitations[0].name}"
        else:
            button = "Sign in" if member_of else "Join what is ticked"
        return cls(
            title=title,
            email=offer.email,
            invitations=invitations,
            member_of="".join(member_of),
            button=button,
            leads_on=bool(back_to),
            problems=problems,
        )


def link_routes(site: Site) -> list[Route]:
    """The page of a link, and its form."""

    async def link(request: Request) -> Response:
        use = _use if request.method == "POST" else _show
        try:
            return await use(request, site, await caller_who_opens(request))
        except SignInFailed as failed:
            links = [Link("Sign in with a password", SIGN_IN)]
            title = "This link let nobody in"
            return error_page(request, HTTPStatus.GONE, title, str(failed), links)

    async def caller_who_opens(request: Request) -> Caller:
        """The caller who is signed in already; the stranger if nobody is."""
        return await site.authenticator.caller(
            credentials_of(request.headers, site.settings)
        )

    return [Route(f"{SIGN_IN}/link/{{token}}", link, methods=["GET", "POST"])]


async def _show(request: Request, site: Site, by: Caller) -> Response:
    """Show what the link does: programs that follow a link don't use it up."""
    token = request.path_params["token"]
    offer = await offer_of_link(site.database, token, real_now(), by=by)
    view = LinkView.of(offer, _named_page(request))
    return respond(request, view, headers=NEVER_KEPT)


async def _use(request: Request, site: Site, by: Caller) -> Response:
    """Sign in by a link, and go on to where its address says, or else `_after`."""
    token, now = request.path_params["token"], real_now()
    form, values = await form_with_list(request, "organisation")
    chosen = {organisation_in(value) for value in values} if "choice" in form else None
    if chosen is not None:
        offer = await offer_of_link(site.database, token, now, by=by)
        if not any(
            its.is_member or its.number in chosen for its in offer.organisations
        ):
            problems = [Problem("organisation", CHOOSE)]
            view = LinkView.of(offer, _named_page(request), problems)
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return respond(request, view, status=status, headers=NEVER_KEPT)
    signed_in = await sign_in_by_link(site.database, token, now, by=by, chosen=chosen)
    await end_session(site.database, site.settings, request)
    path = _after(signed_in, chosen, _named_page(request))
    answer = RedirectResponse(path, HTTPStatus.SEE_OTHER)
    site.cookies.enter(request, answer, signed_in)
    return answer


def _named_page(request: Request) -> str:
    """The page that the link's address names to go on to; empty if it names none."""
    named = request.query_params.get("next", "")
    return local_path(named) if named else ""


def _after(signed_in: SignedIn, chosen: set[int] | None, back_to: str) -> str:
    """The page to go on to: what became of invitations, or what the link names.

    One that names none leads to the overview; to their account those who can't come
    again before they chose a password.
    """
    if chosen and chosen - set(signed_in.accepted):
        return f"{ACCOUNT}?saved=partly"
    if len(signed_in.accepted) > 1:
        return f"{ACCOUNT}?saved=joined"
    return back_to or (HOME if signed_in.has_password else ACCOUNT)


async def end_session(database: Database, settings: Settings, request: Request) -> None:
    """End the session that the browser has."""
    token = credentials_of(request.headers, settings).session
    if token is not None:
        await sign_out(database, token)
