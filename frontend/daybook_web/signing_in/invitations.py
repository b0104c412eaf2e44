"""Where somebody whom the provider vouched for, and who belongs nowhere yet, says yes.

Until then they are an invitee: without a session, they see the organisations' names.
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
from daybook_web.kit.callers import HOME, SIGN_IN
from daybook_web.kit.cookies import INVITATIONS, INVITEE_COOKIE, Cookies
from daybook_web.kit.forms import form_of
from daybook_web.kit.rendering import respond


@dataclass(frozen=True, slots=True)
class InvitationsView:
    """The organisations that invite somebody, each with a yes and a no."""

    page: ClassVar[str] = "signing_in/invitations.html"
    fragment: ClassVar[str] = "signing_in/invitations.html"

    title: str
    email: str
    invitations: Sequence[ListedOrganisation]
    place: str
    is_verified: bool


def invitation_routes(database: Database, cookies: Cookies) -> list[Route]:
    """The page and its forms."""

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
                its = await invitations_of(session, user.id)
            view = InvitationsView(
                title="Invitations",
                email=user.email,
                invitations=its,
                place=INVITATIONS,
                is_verified=user.verified_at is not None,
            )
            answer = respond(request, view)
        return answer

    return [Route(INVITATIONS, invitations, methods=["GET", "POST"])]


async def _user_of(database: Database, invitee: Invitee | None) -> User | None:
    """The user, if nothing has ended what the provider vouched for."""
    if invitee is None:
        return None
    async with database.reads() as session:
        user = await session.get(User, invitee.user_id)
    holds = user is not None and user.sign_ins_from == invitee.sign_ins_from
    return user if holds else None


async def _answer(
    request: Request, database: Database, cookies: Cookies, invitee: Invitee
) -> Response:
    given = await form_of(request)
    organisation_id = organisation_in(given.get("organisation", ""))
    now, again = real_now(), RedirectResponse(INVITATIONS, 303)
    try:
        if given.get("form") == "decline":
            await decline_invitation(database, organisation_id, invitee, now=now)
        is_yes = given.get("form") == "accept"
        if not is_yes or not await accept_invitation(
            database, organisation_id, invitee, now=now
        ):
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
    """An organisation's number in a form; 0, which none has, for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else 0
