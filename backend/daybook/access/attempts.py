"""Attempts to sign in: they are counted before they are checked, and too many refused.

They are counted by network address and by the e-mail address they name. A device that
a user signed in with before has a budget of its own, which strangers can't use up. Once
it is used up, its attempts count like anybody's.
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
    attempts_key,
)
from daybook.db.engine import Database
from daybook.limiting.storage import StoredHits, moment_of


class SignInFailed(Exception):
    """Nobody was signed in; the message says no more than a stranger may know."""


class TooManyAttempts(SignInFailed):
    """There were too many attempts: further ones are refused for a while."""

    def __init__(self, wait: timedelta) -> None:
        self.wait_seconds = max(int(wait.total_seconds()), 1)
        minutes = -(-self.wait_seconds // 60)
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"Too many attempts: try again in {minutes} {unit}.")


class Attempt(NamedTuple):
    """An attempt that was counted; success takes it back."""

    hits: list[int]
    own_key: str
    """The key that counts failures of the same person from the same place."""


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

    It is counted before the password is checked: of a hundred simultaneous attempts, no
    more are checked than are allowed. `device` must be the user's own; if its budget is
    used up, the attempt counts as a stranger's.
    """
    if device is not None:
        user = str(device.user_id), str(device.sign_ins_from)
        limits = [
            _limit("device", ATTEMPTS_OF_DEVICE, device.id),
            _limit("devices", ATTEMPTS_OF_DEVICES, *user),
        ]
        with suppress(TooManyAttempts):
            return await _count(database, limits, now)
    place = attempts_key(address)
    limits = [
        _limit("pair", ATTEMPTS_OF_EMAIL_AND_ADDRESS, place, email),
        _limit("address", ATTEMPTS_OF_ADDRESS, place),
        _limit("email", ATTEMPTS_OF_EMAIL, email),
    ]
    return await _count(database, limits, now)


async def begin_at_provider(database: Database, address: str, now: datetime) -> Attempt:
    """Count a trip to the provider, or back, as failed until it succeeds."""
    limit = _limit("provider", PROVIDER_WAYS_OF_ADDRESS, attempts_key(address))
    return await _count(database, [limit], now)


async def forget_attempts(database: Database, attempt: Attempt, now: datetime) -> None:
    """Forget a user's failed attempts from the same place, since they signed in."""
    async with database.runtime.writes() as runtime:
        stored = StoredHits(runtime, now)
        await stored.clear(attempt.own_key)
        await stored.take_back(attempt.hits)


async def _count(
    database: Database, limits: Sequence[_Limit], now: datetime
) -> Attempt:
    """Count under all limits; raises TooManyAttempts and counts under none of them."""
    async with database.runtime.writes() as runtime:
        stored = StoredHits(runtime, now)
        limiter = MovingWindowRateLimiter(stored)
        for item, key in limits:
            if not await limiter.hit(item, key):
                until, _ = await limiter.get_window_stats(item, key)
                # The transaction rolls back the hits of the limits before this one.
                raise TooManyAttempts(moment_of(until) - now)
    return Attempt(stored.counted, limits[0].stored_key)


def _limit(kind: str, most: int, *names: str) -> _Limit:
    item = RateLimitItemPerSecond(
        most, int(ATTEMPTS_SINCE.total_seconds()), namespace=kind
    )
    # Hashed as JSON, so that names that are joined can't be mistaken for other names.
    return _Limit(item, sha256(json.dumps(names).encode()).hexdigest())
