"""Signing in and out: sessions, which are kept in the runtime store.

Signing in therefore never waits for an import, which locks the ledger's store.
"""

from collections.abc import Sequence
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
    """The token for a user's cookie, and when it expires."""

    token: str
    user_id: int
    sign_ins_from: int
    """The user's number when they signed in: when it changes, the session ends."""
    until: datetime
    has_password: bool
    accepted: Sequence[int] = ()
    """The organisations whose invitations they accepted as they signed in."""


async def sign_in(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    *,
    email: str,
    password: str,
    address: str,
    now: datetime,
    device: Device | None = None,
) -> SignedIn:
    """Sign a user in with a password; `address` is their network address.

    `device` is the browser, if a user signed in with it before. If that was the same
    user, and nothing has ended their sessions since, the attempt counts against the
    device's own budget until that is used up. Raises SignInFailed, with the same words
    and after the same time for a wrong password and an unknown address, and
    TooManyAttempts.
    """
    email = email.strip().lower()[:EMAIL_MAX]
    email = email if email.isprintable() else ""  # no user has an empty address
    user = await _user_of(database, email)
    device = device_of(device, user.id, user.sign_ins_from) if user else None
    attempt = await begin_attempt(database, email, address, now, device)
    # Read again after counting: the password may have been changed meanwhile.
    user = await _user_of(database, email)
    stored = user.password_hash if user else None
    is_right = await is_password(stored, password[: PASSWORD_MAX + 1])
    signed_in = None
    if user is not None and is_right:
        # The number that belongs to this password: a newer password ends the session.
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
    """Start a session of a user; None if they don't belong to the organisation.

    `sign_ins_from` is the user's number when they proved their identity. Without
    `organisation_id`, it is the organisation that they joined first.
    """
    async with database.reads() as session:
        user = await session.get(User, user_id)
        organisations = await organisations_of(session, user_id)
    ids = [known.id for known in organisations if organisation_id in {None, known.id}]
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
    """Replace a session with one in another organisation, which expires no later.

    None if the session has ended or the user doesn't belong to the organisation. After
    a new password, `sign_ins_from` is the user's new number.
    """
    old, new = hash_of_token(token), new_token()
    async with database.runtime.reads() as runtime:
        web_session = await runtime.get(WebSession, old)
    if web_session is None:
        return None
    user_id, until = web_session.user_id, web_session.expires_at
    async with database.reads() as session:
        organisations = await organisations_of(session, user_id)
    if organisation_id not in {known.id for known in organisations}:
        return None
    async with database.runtime.writes() as runtime:
        ended = delete(WebSession).where(WebSession.token_hash == old)
        found = await runtime.execute(ended.returning(WebSession.user_id))
        if found.one_or_none() is None:
            return None
        number = sign_ins_from or web_session.sign_ins_from
        runtime.add(
            WebSession(
                token_hash=hash_of_token(new),
                user_id=user_id,
                organisation_id=organisation_id,
                sign_ins_from=number,
                expires_at=until,
            )
        )
    return SignedIn(new, user_id, number, until, has_password=True)


async def sign_out(database: Database, token: str) -> None:
    """End a session; a token without one is ignored."""
    async with database.runtime.writes() as runtime:
        await runtime.execute(
            delete(WebSession).where(WebSession.token_hash == hash_of_token(token))
        )
