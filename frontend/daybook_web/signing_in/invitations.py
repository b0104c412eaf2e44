"""The invitations of a user whom the provider vouched for and who belongs nowhere yet.

Until they accept one they are an invitee: without a session, they see only the names of
the organisations that invite them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook.access.invitations import (
    NotProved,
    accept_invitation,
    decline_invitation,
)
from daybook.access.models import User
from daybook.access.queries import ListedOrganisation, invitations_of
from daybook.access.rules import Invitee
from daybook.access.sessions import start_session
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook_web.kit.cookies import INVITATIONS, INVITEE_COOKIE, Cookies
from daybook_web.kit.forms import form_of
from daybook_web.kit.guard import HOME, SIGN_IN
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site


@dataclass(frozen=True, slots=True)
class InvitationsView(View):
    """The organisations that invite a user, each to be joined or declined."""

    page: ClassVar[str] = "signing_in/invitations.html"

    title: str
    email: str
    invitations: Sequence[ListedOrganisation]
    place: str
    is_verified: bool


def invitation_routes(site: Site) -> list[Route]:
    """The page and its forms."""
    database, cookies = site.database, site.cookies

    async def invitations(request: Request) -> Response:
        invitee = cookies.invitee(request)
        user = await _user_of(database, invitee)
        if invitee is None or user is None:
            answer: Response = RedirectResponse(SIGN_IN, 303)
            answer.delete_cookie(INVITEE_COOKIE, path=INVITATIONS)
        elif request.method == "POST":
            answer = await _answer(request, database, cookies, invitee)
        else:
            async with database.reads() as session:
                listed = await invitations_of(session, user.id)
            view = InvitationsView(
                title="Invitations",
                email=user.email,
                invitations=listed,
                place=INVITATIONS,
                is_verified=user.verified_at is not None,
            )
            answer = respond(request, view)
        return answer

    return [Route(INVITATIONS, invitations, methods=["GET", "POST"])]


async def _user_of(database: Database, invitee: Invitee | None) -> User | None:
    """The invitee's user; None if their sign-ins were ended since."""
    if invitee is None:
        return None
    async with database.reads() as session:
        user = await session.get(User, invitee.user_id)
    is_valid = user is not None and user.sign_ins_from == invitee.sign_ins_from
    return user if is_valid else None


async def _answer(
    request: Request, database: Database, cookies: Cookies, invitee: Invitee
) -> Response:
    form = await form_of(request)
    organisation_id = organisation_in(form.get("organisation", ""))
    now, again = real_now(), RedirectResponse(INVITATIONS, 303)
    try:
        if form.get("form") == "decline":
            await decline_invitation(database, organisation_id, invitee, now=now)
        is_accepted = form.get("form") == "accept" and await accept_invitation(
            database, organisation_id, invitee, now=now
        )
        if not is_accepted:
            return again
    except NotProved:
        return RedirectResponse(SIGN_IN, 303)
    signed_in = await start_session(
        database, *invitee, now=now, organisation_id=organisation_id
    )
    if signed_in is None:
        return again
    answer = RedirectResponse(HOME, 303)
    cookies.enter(request, answer, signed_in)
    return answer


def organisation_in(text: str) -> int:
    """The number of an organisation; 0, which none has, for any other text."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else 0
