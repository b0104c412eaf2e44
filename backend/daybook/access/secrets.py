"""Secrets: passwords, and tokens of sessions, links and API keys.

Passwords are hashed with argon2id, slowly. Tokens have 256 random bits, so a plain hash
of them is enough: it can't be reversed by guessing.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from daybook.settings import Switches

TOKEN_BYTES = 32
TOKEN_MAX = 200
"""No token is longer; longer input is rejected without being hashed."""
KEY_PREFIX = "daybook_"
"""API keys begin with it, so that people and scanners recognise a leaked one."""

_HASHING = ThreadPoolExecutor(2, "passwords")
"""Two threads, so that many sign-ins at once leave memory and processors free."""


async def hash_of_password(password: str) -> str:
    """The hash of a password, as it is stored."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_HASHING, _hasher().hash, password)


async def is_password(stored: str | None, password: str) -> bool:
    """Whether a password matches a stored hash; without one, it takes just as long."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_HASHING, _verify, stored, password)


@cache
def _hasher() -> PasswordHasher:
    """The hasher of this process."""
    if Switches().weak_passwords:
        return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return PasswordHasher()  # RFC 9106's option for constrained memory: 64 MiB


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _hasher().verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash to compare with when no password is stored."""
    return _hasher().hash(token_bytes(16))


def new_token() -> str:
    """A token that nobody can guess."""
    return token_urlsafe(TOKEN_BYTES)


def new_key() -> str:
    """An API key."""
    return KEY_PREFIX + new_token()


def hash_of_token(token: str) -> bytes:
    """The hash of a token, as it is stored."""
    return sha256(token[:TOKEN_MAX].encode(errors="replace")).digest()
