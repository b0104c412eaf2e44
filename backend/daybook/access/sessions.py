"""Signing in and out: sessions, which are kept in the runtime store.

So nobody waits for an import to sign in.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete

from daybook.access.attempts import SignInFailed, begin_attempt, forget_attempts
from daybook.access.cookies import Device, device_of
from daybook.access.models import User, WebSession
from daybook.access.queries import organisations_of, user_by_email
from daybook.access.rules import EMAIL_MAX, PASSWORD_MAX, SESSION_LIFE
from daybook.access.secrets import hash_of_token, is_password, new_token
from daybook.db.engine import Database


class SignedIn(NamedTuple):
    """The token for somebody's cookie, and until when it holds."""

    token: str
    user_id: int
    sign_ins_from: int
    """The user's number: once it is another, the session has ended."""
    until: datetime
    has_password: bool


async def sign_in(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    email: str,
    password: str,
    address: str,
    now: datetime,
    device: Device | None = None,
) -> SignedIn:
    """Sign somebody in with a password; `address` is where they call from.

    `device` is the browser's, if somebody signed in with it before: where it was the
    same user, and nothing has ended their sessions since, the attempt counts for it and
    for nobody else until its budget is used up. Raises SignInFailed, in
    the same words and after the same time for a wrong password and for nobody's
    address; and TooManyAttempts.
    """
    email = email.strip().lower()[:EMAIL_MAX]
    email = email if email.isprintable() else ""  # which is nobody's
    user = await _user_of(database, email)
    device = device_of(device, user.id, user.sign_ins_from) if user else None
    attempt = await begin_attempt(database, email, address, now, device)
    # As it is after the attempt was counted: the password may be new since.
    user = await _user_of(database, email)
    stored = user.password_hash if user else None
    is_right = await is_password(stored, password[: PASSWORD_MAX + 1])
    signed_in = None
    if user is not None and is_right:
        # As of the password that was right: one that is new since ends it.
        number = user.sign_ins_from
        signed_in = await start_session(database, user.id, number, now=now)
    if signed_in is None:
        raise SignInFailed("The address or the password is not right.")
    await forget_attempts(database, attempt, now)
    return signed_in


async def _user_of(database: Database, email: str) -> User | None:
    async with database.reads() as session:
        return await user_by_email(session, email)


async def start_session(
    database: Database,
    user_id: int,
    sign_ins_from: int,
    *,
    now: datetime,
    organisation_id: int | None = None,
) -> SignedIn | None:
    """A new session of a user; None for who belongs to no organisation, or not to it.

    `sign_ins_from` is the user's number when they proved who they are.

    Without an organisation it is the one that they belong to the longest.
    """
    async with database.reads() as session:
        user = await session.get(User, user_id)
        theirs = await organisations_of(session, user_id)
    ids = [its.id for its in theirs if organisation_id in {None, its.id}]
    if user is None or not ids:
        return None
    token, until = new_token(), now + SESSION_LIFE
    async with database.runtime.writes() as runtime:
        await runtime.execute(delete(WebSession).where(WebSession.expires_at <= now))
        runtime.add(
            WebSession(
                token_hash=hash_of_token(token),
                user_id=user_id,
                organisation_id=ids[0],
                sign_ins_from=sign_ins_from,
                expires_at=until,
            )
        )
    has_password = user.password_hash is not None
    return SignedIn(token, user_id, sign_ins_from, until, has_password)


async def move_session(
    database: Database,
    token: str,
    *,
    organisation_id: int,
    sign_ins_from: int | None = None,
) -> SignedIn | None:
    """Go on in an organisation with another token, which holds no longer than this one.

    None for a session that has ended, and for who doesn't belong there. With a new
    password it goes on from the user's new number.
    """
    old, new = hash_of_token(token), new_token()
    async with database.runtime.reads() as runtime:
        its = await runtime.get(WebSession, old)
    if its is None:
        return None
    async with database.reads() as session:
        theirs = await organisations_of(session, its.user_id)
    if organisation_id not in {known.id for known in theirs}:
        return None
    async with database.runtime.writes() as runtime:
        ended = delete(WebSession).where(WebSession.token_hash == old)
        found = await runtime.execute(ended.returning(WebSession.user_id))
        if found.one_or_none() is None:
            return None
        number = sign_ins_from or its.sign_ins_from
        runtime.add(
            WebSession(
                token_hash=hash_of_token(new),
                user_id=its.user_id,
                organisation_id=organisation_id,
                sign_ins_from=number,
                expires_at=its.expires_at,
            )
        )
    return SignedIn(new, its.user_id, number, its.expires_at, has_password=True)


async def sign_out(database: Database, token: str) -> None:
    """End a session; who has none is signed out already."""
    async with database.runtime.writes() as runtime:
        await runtime.execute(
            delete(WebSession).where(WebSession.token_hash == hash_of_token(token))
        )
