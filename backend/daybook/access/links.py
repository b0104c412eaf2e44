"""One-time sign-in links, made by an invitation or an operator."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, or_

from daybook.access.attempts import SignInFailed
from daybook.access.changing import access_change, subject_of
from daybook.access.invitations import (
    NotProved,
    OfAnother,
    Offer,
    accept_by_link,
    offer_to,
)
from daybook.access.link_rules import Bearer
from daybook.access.models import Membership, SignInLink, User
from daybook.access.rules import (
    LINK_LIFE,
    Authority,
    Caller,
    MemberRole,
    Permission,
    check_role,
    refused,
)
from daybook.access.secrets import TOKEN_MAX, hash_of_token, new_token
from daybook.access.sessions import SignedIn, start_session
from daybook.audit.rules import Action
from daybook.db.engine import Database, lock_table
from daybook.errors import ProblemCode

ASK_FOR_LINK = (
    "This link was used before, is too old, or its invitation was taken back. Ask for a"
    " new one, or sign in with your password."
)
SIGN_IN_FIRST = (
    "You have an account already: sign in first, as you always do, and then open this"
    " link again. If you can't sign in, ask whoever runs the server for a link."
)

OF_ANOTHER = (
    "This link is for {email}, and you are signed in as {name}. If it is yours, sign"
    " out first, and then open it again."
)


async def make_link(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    user_id: int,
    organisation_id: int,
    now: datetime,
    made_by: str,
    authority: Authority,
    is_operators: bool = False,
    maker_id: int | None = None,
) -> str:
    """Make a link that signs a member in once, and end the organisation's earlier ones.

    Returns its token; the audit trail records the link. An operator's link signs any
    member in; an admin's only those who belong to no other organisation. What else it
    opens is in `link_rules`; `maker_id` is the user who makes it. Raises Rejected for
    a user who is not a member, or has permissions that `authority` lacks.
    """
    number = await _record_link(
        database, organisation_id, user_id, (now, made_by), authority
    )
    token = new_token()
    async with database.runtime.writes() as runtime:
        await lock_table(runtime, SignInLink)
        await runtime.execute(
            delete(SignInLink).where(
                or_(
                    SignInLink.expires_at <= now,
                    (SignInLink.user_id == user_id)
                    & (SignInLink.organisation_id == organisation_id),
                )
            )
        )
        runtime.add(
            SignInLink(
                token_hash=hash_of_token(token),
                user_id=user_id,
                organisation_id=organisation_id,
                sign_ins_from=number,
                is_operators=is_operators,
                permissions=int(authority.permissions),
                maker_id=maker_id,
                expires_at=now + LINK_LIFE,
            )
        )
    return token


async def _record_link(
    database: Database,
    organisation_id: int,
    user_id: int,
    by: tuple[datetime, str],
    authority: Authority,
) -> int:
    """Record a link in the audit trail; return its user's `sign_ins_from`."""
    async with access_change(database, organisation_id, *by) as change:
        user = await change.session.get(User, user_id)
        membership = await change.session.get(Membership, (organisation_id, user_id))
        if user is None or membership is None:
            raise refused("they are not a member", "email", ProblemCode.NOT_FOUND)
        check_role(MemberRole(membership.role), authority)
        await change.record(Action.MAKE_SIGN_IN_LINK, subject_of(user.email), {})
        return user.sign_ins_from


async def offer_of_link(
    database: Database, token: str, now: datetime, *, by: Caller | None = None
) -> Offer:
    """What a link would do for the person who opens it (`by`, if they are signed in).

    Raises SignInFailed where `sign_in_by_link` would.
    """
    link = await _link_of(database, token, now)
    if link is None:
        raise SignInFailed(ASK_FOR_LINK)
    with _refusals(by):
        async with database.reads() as session:
            offer = await offer_to(session, link.user_id, _bearer_of(link, by))
    if offer is None or not offer.organisations:
        raise SignInFailed(ASK_FOR_LINK)
    return offer


async def sign_in_by_link(
    database: Database,
    token: str,
    now: datetime,
    *,
    by: Caller | None = None,
    chosen: Collection[int] | None = None,
) -> SignedIn:
    """Sign a user in by a link, which is used up, and accept their invitations.

    `chosen` are the organisations whose invitations they accept; None for all that the
    link opens. A user who isn't signed in (`by`) loses their password and needs a new
    one.

    Since an admin must not be able to sign in as a user whom others rely on, a member
    of another organisation, and a user whom a provider vouched for, must be signed in
    already. Raises SignInFailed if they aren't, if somebody else is, and for a link
    that was used, has expired, or opens nothing that they chose.
    """
    link = await _link_of(database, token, now)
    if link is None:
        raise SignInFailed(ASK_FOR_LINK)
    bearer = _bearer_of(link, by)
    with _refusals(by):
        # Signing in by the link alone changes the user's number, which ends the link:
        # of two who use it at once, only one gets in.
        entered = await accept_by_link(
            database, user_id=link.user_id, bearer=bearer, now=now, chosen=chosen
        )
    signed_in = None
    if entered is not None:
        async with database.runtime.writes() as runtime:
            await runtime.execute(
                delete(SignInLink).where(SignInLink.token_hash == link.token_hash)
            )
        signed_in = await start_session(
            database,
            link.user_id,
            entered.number,
            now=now,
            organisation_id=entered.organisation_id,
        )
    if entered is None or signed_in is None:
        raise SignInFailed(ASK_FOR_LINK)
    return signed_in._replace(accepted=entered.accepted)


@contextmanager
def _refusals(by: Caller | None) -> Iterator[None]:
    """Raise SignInFailed, in words, for a bearer whom a link doesn't let in."""
    try:
        yield
    except NotProved:
        raise SignInFailed(SIGN_IN_FIRST) from None
    except OfAnother as link:
        name = by.name if by else ""
        raise SignInFailed(OF_ANOTHER.format(email=link.email, name=name)) from None


async def _link_of(database: Database, token: str, now: datetime) -> SignInLink | None:
    if len(token) > TOKEN_MAX:
        return None
    async with database.runtime.reads() as runtime:
        link = await runtime.get(SignInLink, hash_of_token(token))
    return None if link is None or link.expires_at <= now else link


def _bearer_of(link: SignInLink, by: Caller | None) -> Bearer:
    is_person = by is not None and by.user_id is not None
    is_theirs = by is not None and by.user_id == link.user_id
    known = link.permissions
    return Bearer(
        organisation_id=link.organisation_id,
        link_number=link.sign_ins_from,
        permissions=None if known is None else Permission(known),
        is_operators=link.is_operators,
        signed_in_number=by.sign_ins_from if by is not None and is_theirs else None,
        maker_id=link.maker_id,
        is_of_another=is_person and not is_theirs,
    )
