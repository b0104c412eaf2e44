"""One-time links: what an invitation, or an operator, lets somebody in with."""

from datetime import datetime

from sqlalchemy import delete, func, or_, select

from daybook.access.attempts import SignInFailed
from daybook.access.commands import accept_invitation, tell_of_link
from daybook.access.models import Membership, SignInLink, User
from daybook.access.rules import LINK_LIFE
from daybook.access.secrets import TOKEN_MAX, hash_of_token, new_token
from daybook.access.sessions import SignedIn, start_session
from daybook.db.engine import Database, lock_table

ASK_FOR_LINK = (
    "This link was used before, or is too old. Ask for a new one, or sign in with your"
    " password."
)
SIGN_IN_FIRST = (
    "You belong to another organisation too: sign in with your password first, and then"
    " open this link again."
)


async def make_link(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    user_id: int,
    organisation_id: int,
    now: datetime,
    made_by: str,
    is_operators: bool = False,
) -> str:
    """The token of a link that lets a user in, once; their earlier ones end.

    It is in the audit trail. An operator's signs in whoever it is for; an admin's does
    so for who belongs to no other organisation.
    """
    async with database.reads() as session:
        user = await session.get_one(User, user_id)
    await tell_of_link(
        database, organisation_id, email=user.email, now=now, made_by=made_by
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
                sign_ins_from=user.sign_ins_from,
                is_operators=is_operators,
                expires_at=now + LINK_LIFE,
            )
        )
    return token


async def sign_in_by_link(
    database: Database, token: str, now: datetime, *, by_user: int | None = None
) -> SignedIn:
    """Let somebody in by a link, which then is used up; their invitation is accepted.

    Who isn't signed in needs a new password then: the old one is forgotten.

    An admin of one organisation may not sign in as somebody of another's: who belongs
    to several must be signed in already (`by_user`). Raises SignInFailed for that, and
    for a link that was used, has ended, or was never made.
    """
    link = await _link_of(database, token, now)
    if link is None or not await _is_theirs(database, link, by_user):
        raise SignInFailed(ASK_FOR_LINK if link is None else SIGN_IN_FIRST)
    async with database.runtime.writes() as runtime:
        # Deleting is using: of two at once, one finds it.
        used = await runtime.execute(
            delete(SignInLink)
            .where(SignInLink.token_hash == link.token_hash)
            .returning(SignInLink.user_id)
        )
        if used.one_or_none() is None:
            raise SignInFailed(ASK_FOR_LINK)
    signed_in, user_id = None, link.user_id
    number = await accept_invitation(
        database,
        link.organisation_id,
        user_id=user_id,
        now=now,
        forgets_password=by_user != user_id,
    )
    if number is not None:
        signed_in = await start_session(
            database,
            user_id,
            number,
            now=now,
            organisation_id=link.organisation_id,
        )
    if signed_in is None:
        raise SignInFailed(ASK_FOR_LINK)
    return signed_in


async def _link_of(database: Database, token: str, now: datetime) -> SignInLink | None:
    """A link that holds: not too old, and no password was set since it was made."""
    if len(token) > TOKEN_MAX:
        return None
    async with database.runtime.reads() as runtime:
        link = await runtime.get(SignInLink, hash_of_token(token))
    if link is None or link.expires_at <= now:
        return None
    async with database.reads() as session:
        user = await session.get(User, link.user_id)
    holds = user is not None and user.sign_ins_from == link.sign_ins_from
    return link if holds else None


async def _is_theirs(database: Database, link: SignInLink, by_user: int | None) -> bool:
    if link.is_operators or by_user == link.user_id:
        return True
    async with database.reads() as session:
        elsewhere = await session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(
                Membership.user_id == link.user_id,
                Membership.organisation_id != link.organisation_id,
            )
        )
    return not elsewhere
