"""Attempts to sign in: counted before they are looked at, and too many refused."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from daybook.access.models import FailedSignIn
from daybook.access.rules import (
    ATTEMPTS_OF_ADDRESS,
    ATTEMPTS_OF_EMAIL,
    ATTEMPTS_OF_EMAIL_AND_ADDRESS,
    ATTEMPTS_SINCE,
    place_of,
)
from daybook.db.engine import Database, lock_table


class SignInFailed(Exception):
    """Nobody was signed in; the message says no more than a stranger may know."""


class TooManyAttempts(SignInFailed):
    """So many attempts failed that none is looked at for a while."""

    def __init__(self, wait: timedelta) -> None:
        self.wait_seconds = max(int(wait.total_seconds()), 1)
        minutes = -(-self.wait_seconds // 60)
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"Too many attempts failed: try again in {minutes} {unit}.")


async def begin_attempt(
    database: Database, email: str, address: str, now: datetime
) -> int:
    """Count an attempt as failed until it succeeds; raises TooManyAttempts.

    It is counted before the password is looked at: of a hundred attempts at once, no
    more are looked at than are allowed.
    """
    address, since = place_of(address), now - ATTEMPTS_SINCE
    its = FailedSignIn.email == email
    from_there = FailedSignIn.address == address
    async with database.runtime.writes() as runtime:
        await lock_table(runtime, FailedSignIn)
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


async def forget_attempts(
    database: Database, email: str, address: str, attempt: int
) -> None:
    """Who signed in is no attacker: what failed from there before is forgotten."""
    address = place_of(address)
    async with database.runtime.writes() as runtime:
        await runtime.execute(
            delete(FailedSignIn).where(
                FailedSignIn.email == email, FailedSignIn.address == address
            )
        )
        await runtime.execute(delete(FailedSignIn).where(FailedSignIn.id == attempt))
