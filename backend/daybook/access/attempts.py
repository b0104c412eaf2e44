"""Attempts to sign in: counted before they are looked at, and too many refused.

They count by where they come from and whom they name, but for those from a device that
somebody signed in with before: it has a budget of its own, which no stranger uses up.
Once that is used up, they count as anybody's.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter

from daybook.access.cookies import Device
from daybook.access.rules import (
    ATTEMPTS_OF_ADDRESS,
    ATTEMPTS_OF_DEVICE,
    ATTEMPTS_OF_DEVICES,
    ATTEMPTS_OF_EMAIL,
    ATTEMPTS_OF_EMAIL_AND_ADDRESS,
    ATTEMPTS_SINCE,
    PROVIDER_WAYS_OF_ADDRESS,
    place_of,
)
from daybook.db.engine import Database
from daybook.limiting.storage import StoredHits, moment_of


class SignInFailed(Exception):
    """Nobody was signed in; the message says no more than a stranger may know."""


class TooManyAttempts(SignInFailed):
    """There were so many attempts that none is looked at for a while."""

    def __init__(self, wait: timedelta) -> None:
        self.wait_seconds = max(int(wait.total_seconds()), 1)
        minutes = -(-self.wait_seconds // 60)
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"Too many attempts: try again in {minutes} {unit}.")


class Attempt(NamedTuple):
    """One that was counted: who succeeds takes it back."""

    hits: list[int]
    own_key: str
    """Under which what failed before counts for the same person in the same place."""


class _Limit(NamedTuple):
    item: RateLimitItem
    key: str

    @property
    def stored_key(self) -> str:
        return self.item.key_for(self.key)


async def begin_attempt(
    database: Database,
    email: str,
    address: str,
    now: datetime,
    device: Device | None = None,
) -> Attempt:
    """Count an attempt as failed until it succeeds; raises TooManyAttempts.

    It is counted before the password is looked at: of a hundred attempts at once, no
    more are looked at than are allowed. `device` is one of this user's own; where its
    budget is used up, the attempt counts as a stranger's.
    """
    if device is not None:
        its = str(device.user_id), str(device.sign_ins_from)
        limits = [
            _limit("device", ATTEMPTS_OF_DEVICE, device.id),
            _limit("devices", ATTEMPTS_OF_DEVICES, *its),
        ]
        with suppress(TooManyAttempts):
            return await _count(database, limits, now)
    place = place_of(address)
    limits = [
        _limit("pair", ATTEMPTS_OF_EMAIL_AND_ADDRESS, place, email),
        _limit("address", ATTEMPTS_OF_ADDRESS, place),
        _limit("email", ATTEMPTS_OF_EMAIL, email),
    ]
    return await _count(database, limits, now)


async def begin_at_provider(database: Database, address: str, now: datetime) -> Attempt:
    """Count a way to the provider, or back from it, as failed until the end of it."""
    limit = _limit("provider", PROVIDER_WAYS_OF_ADDRESS, place_of(address))
    return await _count(database, [limit], now)


async def forget_attempts(database: Database, attempt: Attempt, now: datetime) -> None:
    """Who signed in is no attacker: what failed from there before is forgotten."""
    async with database.runtime.writes() as runtime:
        stored = StoredHits(runtime, now)
        await stored.clear(attempt.own_key)
        await stored.take_back(attempt.hits)


async def _count(
    database: Database, limits: Sequence[_Limit], now: datetime
) -> Attempt:
    """Count under all of the limits, or under none: raises TooManyAttempts."""
    async with database.runtime.writes() as runtime:
        stored = StoredHits(runtime, now)
        limiter = MovingWindowRateLimiter(stored)
        for item, key in limits:
            if not await limiter.hit(item, key):
                until, _ = await limiter.get_window_stats(item, key)
                # What the limits before counted is rolled back with it.
                raise TooManyAttempts(moment_of(until) - now)
    return Attempt(stored.counted, limits[0].stored_key)


def _limit(kind: str, most: int, *names: str) -> _Limit:
    item = RateLimitItemPerSecond(
        most, int(ATTEMPTS_SINCE.total_seconds()), namespace=kind
    )
    # Hashed, so that no address or name is taken for another's end and beginning.
    return _Limit(item, sha256(json.dumps(names).encode()).hexdigest())
