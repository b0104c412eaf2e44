"""Signing in and out: sessions, one-time links, and attempts that failed.

All of it is in the runtime store, so that nobody waits for an import to sign in.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, text

from daybook.access.models import FailedSignIn, SignInLink, User, WebSession
from daybook.access.queries import organisations_of
from daybook.access.rules import (
    ATTEMPTS_OF_ADDRESS,
    ATTEMPTS_OF_EMAIL,
    ATTEMPTS_OF_EMAIL_AND_ADDRESS,
    ATTEMPTS_SINCE,
    EMAIL_MAX,
    LINK_LIFE,
    PASSWORD_MAX,
    SESSION_LIFE,
)
from daybook.access.secrets import TOKEN_MAX, hash_of_token, is_password, new_token
from daybook.db.engine import Database


class SignedIn(NamedTuple):
    """The token for somebody's cookie, and until when it holds."""

    token: str
    user_id: int
    until: datetime
    has_password: bool


class SignInFailed(Exception):
    """Nobody was signed in; the message says no more than a stranger may know."""


class TooManyAttempts(SignInFailed):
    """So many attempts failed that none is looked at for a while."""

    def __init__(self, wait: timedelta) -> None:
        self.wait_seconds = max(int(wait.total_seconds()), 1)
        minutes = -(-self.wait_seconds // 60)
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"Too many attempts failed: try again in {minutes} {unit}.")


async def sign_in(
    database: Database, *, email: str, password: str, address: str, now: datetime
) -> SignedIn:
    """Sign somebody in with a password; `address` is where they call from.

    Raises SignInFailed, in the same words and after the same time for a wrong password
    and for nobody's address; and TooManyAttempts.
    """
    email = email.strip().lower()[:EMAIL_MAX]
    email = email if email.isprintable() else ""  # which is nobody's
    attempt = await _begin_attempt(database, email, address, now)
    async with database.reads() as session:
        user = (
            await session.scalars(select(User).where(User.email == email))
        ).one_or_none()
    stored = user.password_hash if user else None
    is_right = await is_password(stored, password[: PASSWORD_MAX + 1])
    signed_in = None
    if user is not None and is_right:
        signed_in = await start_session(database, user.id, now=now)
    if signed_in is None:
        raise SignInFailed("The address or the password is not right.")
    await _forget_attempts(database, email, address, attempt)
    return signed_in


async def start_session(
    database: Database,
    user_id: int,
    *,
    now: datetime,
    organisation_id: int | None = None,
) -> SignedIn | None:
    """A new session of a user; None for who belongs to no organisation, or not to it.

    Without an organisation it is the one that they belong to the longest.
    """
    async with database.reads() as session:
        user = await session.get(User, user_id)
        theirs = await organisations_of(session, user_id)
    ids = [one.id for one in theirs if organisation_id in {None, one.id}]
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
                sign_ins_from=user.sign_ins_from,
                expires_at=until,
            )
        )
    return SignedIn(token, user_id, until, user.password_hash is not None)


async def sign_out(database: Database, token: str) -> None:
    """End a session; who has none is signed out already."""
    async with database.runtime.writes() as runtime:
        await runtime.execute(
            delete(WebSession).where(WebSession.token_hash == hash_of_token(token))
        )


async def make_link(
    database: Database, *, user_id: int, organisation_id: int, now: datetime
) -> str:
    """The token of a link that signs a user in, once; the user's earlier ones end."""
    token = new_token()
    async with database.runtime.writes() as runtime:
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
                expires_at=now + LINK_LIFE,
            )
        )
    return token


async def sign_in_by_link(database: Database, token: str, now: datetime) -> SignedIn:
    """Sign somebody in by a link, which then is used up.

    Raises SignInFailed for one that was used, has ended, or was never made.
    """
    used = None
    if len(token) <= TOKEN_MAX:
        async with database.runtime.writes() as runtime:
            # Deleting is using: of two at once, one finds it.
            used = (
                await runtime.execute(
                    delete(SignInLink)
                    .where(SignInLink.token_hash == hash_of_token(token))
                    .returning(
                        *(SignInLink.user_id, SignInLink.organisation_id),
                        SignInLink.expires_at,
                    )
                )
            ).one_or_none()
    signed_in = None
    if used is not None and used.expires_at > now:
        signed_in = await start_session(
            database, used.user_id, now=now, organisation_id=used.organisation_id
        )
    if signed_in is None:
        raise SignInFailed(
            "This link was used before, or is too old. Ask for a new one, or sign in"
            " with your password."
        )
    return signed_in


async def _begin_attempt(
    database: Database, email: str, address: str, now: datetime
) -> int:
    """Count an attempt as failed until it succeeds; raises TooManyAttempts.

    It is counted before the password is looked at: of a hundred attempts at once, no
    more are looked at than are allowed.
    """
    since = now - ATTEMPTS_SINCE
    its = FailedSignIn.email == email
    from_there = FailedSignIn.address == address
    async with database.runtime.writes() as runtime:
        if not database.is_sqlite:  # which has one writer at a time anyway
            await runtime.execute(text("LOCK TABLE failed_sign_ins IN EXCLUSIVE MODE"))
        await runtime.execute(
            delete(FailedSignIn).where(FailedSignIn.failed_at <= since)
        )
        limits: list[tuple[ColumnElement[bool], int]] = [
            (its & from_there, ATTEMPTS_OF_EMAIL_AND_ADDRESS),
            (from_there, ATTEMPTS_OF_ADDRESS),
            (its, ATTEMPTS_OF_EMAIL),
        ]
        for which, most in limits:
            statement = select(func.count(), func.min(FailedSignIn.failed_at))
            count, first = (await runtime.execute(statement.where(which))).one()
            if count >= most:
                raise TooManyAttempts(first - since)
        attempt = FailedSignIn(email=email, address=address, failed_at=now)
        runtime.add(attempt)
        await runtime.flush()
        return attempt.id


async def _forget_attempts(
    database: Database, email: str, address: str, attempt: int
) -> None:
    """Who signed in is no attacker: what failed from there before is forgotten."""
    async with database.runtime.writes() as runtime:
        await runtime.execute(
            delete(FailedSignIn).where(
                FailedSignIn.email == email, FailedSignIn.address == address
            )
        )
        await runtime.execute(delete(FailedSignIn).where(FailedSignIn.id == attempt))
