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

TOKEN_BYTES = 32
TOKEN_MAX = 200
"""No token is longer; longer input is rejected without being hashed."""
KEY_PREFIX = "daybook_"
"""API keys begin with it, so that people and scanners recognise a leaked one."""

_HASHER = PasswordHasher()  # RFC 9106's option for constrained memory: 64 MiB
_HASHING = ThreadPoolExecutor(2, "passwords")
"""Two threads, so that many sign-ins at once leave memory and processors free."""


async def hash_of_password(password: str) -> str:
    """The hash of a password, as it is stored."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_HASHING, _HASHER.hash, password)


async def is_password(stored: str | None, password: str) -> bool:
    """Whether a password matches a stored hash; without one, it takes just as long."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_HASHING, _verify, stored, password)


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash to compare with when no password is stored."""
    return _HASHER.hash(token_bytes(16))


def new_token() -> str:
    """A token that nobody can guess."""
    return token_urlsafe(TOKEN_BYTES)


def new_key() -> str:
    """An API key."""
    return KEY_PREFIX + new_token()


def hash_of_token(token: str) -> bytes:
    """The hash of a token, as it is stored."""
    return sha256(token[:TOKEN_MAX].encode(errors="replace")).digest()
